// One touch is an alarm. The screen answers first, then the press is sent, to every door the box has, with an id made
// here, again and again until the box has answered; the same id is the same alarm, so nothing is doubled.
// An alarm pressed elsewhere in the school takes this screen too, with sound, until somebody here has seen it.

import { isMuted, sound } from "./alarm_sound.js";
import { keep, pending, settle } from "./pending_press.js";
import "./silent_press.js";

const RETRY_MS = 700;
const PHONE_AFTER_MS = 15000; // without a receipt by then a person must phone
const STEPS = ["stored_utc", "sent_utc", "received_utc", "acknowledged_utc"];

const form = document.getElementById("alarm-form");
const button = document.getElementById("alarm");
const overlay = document.getElementById("alarm-overlay");
const part = (selector) => overlay.querySelector(selector);
const parts = (selector) => overlay.querySelectorAll(selector);
const show = (selector, visible) => { for (const element of parts(selector)) element.hidden = !visible; };
const silent = form.dataset.silent === "yes";
const doors = ["/api/alarm/press"];
if (form.dataset.pressPort) doors.unshift(`${location.protocol}//${location.hostname}:${form.dataset.pressPort}/press`);

const beijing = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

let current = null; // the alarm shown: {own, pressId, id once answered, received, tries}
let calls = []; // alarms that call for people in the school now, newest first

function newId() {
  // UUIDv7: 48 bits of milliseconds, then random bits.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let ms = Date.now();
  for (let place = 5; place >= 0; place -= 1) {
    bytes[place] = ms % 256;
    ms = Math.floor(ms / 256);
  }
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function press() {
  const again = current?.own && (silent || !overlay.hidden) && performance.now() - current.begun < 2000;
  if (!again) raise(newId(), Date.now()); // else a second finger
}

function raise(pressId, at) {
  const alarm = { own: true, pressId, id: null, received: false, tries: 0, begun: performance.now() };
  current = alarm;
  fill(new Date(at), overlay.dataset.ownPlace);
  keep("alarm", pressId, at);
  send(alarm);
  setTimeout(() => {
    if (current === alarm && !alarm.received && !alarm.drill && !silent) show("[data-phone]", true);
  }, PHONE_AFTER_MS);
}

function fill(at, place) {
  if (silent && current.own) {
    document.getElementById("silent-mark").hidden = false;
    return;
  }
  for (const step of parts("[data-step]")) {
    step.classList.remove("reached");
    step.querySelector("time").textContent = "";
  }
  show("[data-phone], [data-trouble], [data-known], [data-louder], [data-drill]", false);
  show("[data-own]", current.own);
  show("[data-real]", true);
  show("[data-elsewhere], [data-acknowledge]", !current.own);
  for (const element of parts("[data-place]")) element.textContent = place;
  part("[data-overlay-time]").textContent = beijing.format(at);
  name();
  overlay.hidden = false;
  overlay.focus();
}

function name() { // once the box has named the alarm, it can be spoken of
  show("[data-false]", Boolean(current.id));
  if (!current.id) return;
  part("[data-false]").href = `/alarm/${current.id}/false`;
  part("[data-acknowledge]").action = `/alarm/${current.id}/acknowledge`;
}

async function send(alarm) {
  while (!alarm.id) {
    alarm.tries += 1;
    if (alarm.tries > 1 && current === alarm) {
      part("[data-tries]").textContent = String(alarm.tries);
      part("[data-trouble]").hidden = silent;
    }
    await Promise.any(doors.map((door) => sendTo(door, alarm))).then(
      (id) => { alarm.id = id; },
      () => new Promise((resolve) => setTimeout(resolve, RETRY_MS)),
    );
  }
  settle(alarm.pressId);
  remember("own-alarms", alarm.id);
  if (current === alarm) {
    show("[data-trouble]", false);
    name();
  }
  follow(alarm);
}

async function sendTo(door, alarm) {
  const answer = await fetch(door, {
    method: "POST", body: JSON.stringify({ id: alarm.pressId }), keepalive: true, credentials: "include",
    // a simple type, so that the press door on its other port is asked once and not twice
    headers: { "content-type": door.startsWith("/") ? "application/json" : "text/plain" },
    signal: AbortSignal.timeout(5000),
  });
  if (!answer.ok) throw new Error(`the box answered ${answer.status}`);
  return (await answer.json()).alarm_id;
}

function follow(alarm) {
  const source = new EventSource(`/api/alarm/${alarm.id}/steps`);
  source.onmessage = (event) => {
    if (current !== alarm || overlay.hidden) return source.close();
    const steps = JSON.parse(event.data);
    if (!steps) return undefined;
    for (const name of STEPS) {
      const step = overlay.querySelector(`[data-step="${name}"]`);
      if (steps[name]) {
        step.classList.add("reached");
        step.querySelector("time").textContent = beijing.format(new Date(steps[name]));
      }
    }
    alarm.received = Boolean(steps.received_utc);
    alarm.drill = steps.drill;
    if (alarm.received || steps.cancelled_utc) show("[data-phone]", false);
    show("[data-drill]", steps.drill);
    show("[data-real]", !steps.drill);
    show("[data-known]", Boolean(steps.known_utc));
    if (steps.known_utc) {
      show("[data-acknowledge]", false);
      part("[data-known-by]").textContent = steps.known_by ?? "";
      part("[data-known-at]").textContent = beijing.format(new Date(steps.known_utc));
    }
    return undefined;
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED && current === alarm) setTimeout(() => follow(alarm), RETRY_MS);
  };
}

button.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  event.preventDefault();
  press();
});
form.addEventListener("submit", (event) => {
  event.preventDefault(); // Enter and Space come this way, and the end of a touch that pointerdown has answered
  press();
});
part("[data-close]").addEventListener("click", () => {
  dismiss();
  overlay.hidden = true;
  button.focus();
});
part("[data-false]").addEventListener("click", dismiss);
part("[data-acknowledge]").addEventListener("submit", dismiss);

// ── alarms pressed elsewhere ────────────────────────────────────────────────────────────────────────────────────────

function remembered(list) {
  return new Set(JSON.parse(sessionStorage.getItem(list) ?? "[]"));
}

function remember(list, ...items) {
  sessionStorage.setItem(list, JSON.stringify([...remembered(list), ...items].slice(-100)));
}

function stages(call) { // each is shown once: the alarm, a minute without anybody, the call to 110
  return [call.alarm.id, ...(call.louder ? [`${call.alarm.id}+`] : []), ...(call.call_police ? [`${call.alarm.id}!`] : [])];
}

function dismiss() { // this person has seen it, as it stands now
  const call = calls.find((one) => one.alarm.id === current?.id);
  remember("seen-alarms", ...(call ? stages(call) : current?.id ? [current.id] : []));
  sound("");
}

function listen() {
  const source = new EventSource("/api/alarm/calls");
  source.onmessage = (event) => {
    calls = JSON.parse(event.data);
    const seen = remembered("seen-alarms");
    const own = remembered("own-alarms");
    const mine = (call) => own.has(call.alarm.id) || call.alarm.id === current?.id && current.own;
    const unseen = calls.filter((call) => call.alarm.id !== form.dataset.busy
      && stages(call).some((stage) => !seen.has(stage) && (!mine(call) || stage.endsWith("!"))));
    const call = unseen[0];
    const ownOnScreen = current?.own && !overlay.hidden;
    if (call && !ownOnScreen && (overlay.hidden || current.id !== call.alarm.id)) showCall(call, mine(call));
    const shown = calls.find((one) => one.alarm.id === current?.id);
    show("[data-louder]", Boolean(shown?.louder) && !current.own);
    if (shown?.call_police) show("[data-phone]", true);
    const loud = unseen.filter((one) => !mine(one) && !one.alarm.known_utc);
    sound(loud.some((one) => one.louder) ? "louder" : loud.length ? "calling" : "");
    show("[data-muted]", isMuted());
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, RETRY_MS);
  };
}

function showCall(call, own) {
  current = { own, id: call.alarm.id, received: Boolean(call.alarm.received_utc), begun: performance.now() };
  fill(new Date(call.alarm.pressed_utc), call.alarm.place);
  follow(current);
}

listen();
for (const left of pending("alarm")) raise(left.id, left.at);
