// One touch is an alarm. The screen answers first, then the press is sent, to every door the box has, with an id made
// here, again and again until the box has answered; the same id is the same alarm, so nothing is doubled.

const RETRY_MS = 700;
const PHONE_AFTER_MS = 15000; // without a receipt by then a person must phone
const STEPS = ["stored_utc", "sent_utc", "received_utc", "acknowledged_utc"];

const form = document.getElementById("alarm-form");
const button = document.getElementById("alarm");
const overlay = document.getElementById("alarm-overlay");
const part = (selector) => overlay.querySelector(selector);
const silent = form.dataset.silent === "yes";
const doors = ["/api/alarm/press"];
if (form.dataset.pressPort) doors.unshift(`${location.protocol}//${location.hostname}:${form.dataset.pressPort}/press`);

const beijing = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

let current = null; // the alarm shown: {pressId, id once answered, received, tries}

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
  if (current && (silent || !overlay.hidden) && performance.now() - current.begun < 2000) return; // a second finger
  const alarm = { pressId: newId(), id: null, received: false, tries: 0, begun: performance.now() };
  current = alarm;
  show();
  send(alarm);
  setTimeout(() => {
    if (current === alarm && !alarm.received && !silent) part("[data-phone]").hidden = false;
  }, PHONE_AFTER_MS);
}

function show() {
  if (silent) {
    document.getElementById("silent-mark").hidden = false;
    return;
  }
  for (const step of overlay.querySelectorAll("[data-step]")) {
    step.classList.remove("reached");
    step.querySelector("time").textContent = "";
  }
  for (const selector of ["[data-phone]", "[data-trouble]", "[data-called-off]"]) {
    const element = part(selector);
    if (element) element.hidden = true;
  }
  const callOff = part("[data-call-off]");
  if (callOff) callOff.hidden = false;
  part("[data-overlay-time]").textContent = beijing.format(new Date());
  overlay.hidden = false;
  overlay.focus();
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
  if (current === alarm) part("[data-trouble]").hidden = true;
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
    if (current !== alarm) return source.close();
    const steps = JSON.parse(event.data);
    if (!steps) return undefined;
    for (const name of STEPS) {
      const step = overlay.querySelector(`[data-step="${name}"]`);
      if (steps[name]) {
        step.classList.add("reached");
        step.querySelector("time").textContent = beijing.format(new Date(steps[name]));
      }
    }
    if (steps.received_utc) {
      alarm.received = true;
      part("[data-phone]").hidden = true;
    }
    if (steps.acknowledged_utc) source.close();
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
part("[data-close]").addEventListener("click", () => { overlay.hidden = true; button.focus(); });
part("[data-call-off]")?.addEventListener("click", async (event) => {
  const mark = event.currentTarget;
  if (!current.id) return; // the press itself comes first
  const answer = await fetch(`/api/alarm/${current.id}/call-off`, { method: "POST" });
  if (answer.ok) {
    mark.hidden = true;
    part("[data-called-off]").hidden = false;
  }
});
