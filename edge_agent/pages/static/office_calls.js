// An alarm in the school takes a bar across every office page, with sound, until somebody has said that they know.
// Silent alarms are never told here (see alarms/escalation.py).

import { isMuted, sound } from "./alarm_sound.js";

const RETRY_MS = 1000;
const bar = document.getElementById("calls");
const beijing = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

function show(calls) {
  const louder = calls.some((call) => call.louder);
  const unknown = calls.filter((call) => !call.alarm.known_utc);
  bar.hidden = calls.length === 0;
  bar.classList.toggle("louder", louder);
  // Not from every tab at once: from the one that a person sees, and from the one that listens if they see none.
  const audible = listening || document.visibilityState === "visible";
  sound(!audible ? "" : louder ? "louder" : unknown.length ? "calling" : "");
  bar.querySelector("[data-muted]").hidden = !isMuted();
  bar.querySelector("[data-unknown]").hidden = unknown.length === 0;
  bar.querySelector("[data-call-police]").hidden = !calls.some((call) => call.call_police);
  const list = bar.querySelector("ul");
  list.replaceChildren(...calls.map((call) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `/alarms/${call.alarm.id}`;
    link.textContent = `${beijing.format(new Date(call.alarm.pressed_utc))} ${call.alarm.input_name} · ${call.alarm.place}`;
    item.append(link);
    return item;
  }));
}

let drawn = "[]";
let listening = false; // this tab is the one that asks the box

function take(data) {
  if (data !== drawn) show(JSON.parse(data));
  else bar.querySelector("[data-muted]").hidden = !isMuted();
  drawn = data;
}

// A browser keeps six connections to a host, for all its tabs together: one tab listens and tells the others.
const tabs = new BroadcastChannel("alarm-calls");
tabs.onmessage = (event) => take(event.data);

function listen() {
  listening = true;
  const source = new EventSource(bar.dataset.calls);
  source.onmessage = (event) => {
    take(event.data);
    tabs.postMessage(event.data);
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  };
}

if (bar && navigator.locks) navigator.locks.request("alarm-calls", () => new Promise(listen)); // held until the tab ends
else if (bar) listen();
