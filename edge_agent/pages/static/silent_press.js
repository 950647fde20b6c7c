// The silent alarm: repeated until the box has it, and nothing on the screen but one dot beside the clock.
import { keep, pending, settle } from "./pending_press.js";

let busy = false;

async function send(address, at) {
  keep("silent", address, at);
  for (;;) {
    try {
      const answer = await fetch(address, { method: "POST", headers: { accept: "application/json" } });
      if (answer.ok) break;
    } catch {
      // the box is away; the same id again is the same alarm
    }
    await new Promise((resolve) => { setTimeout(resolve, 700); });
  }
  settle(address);
  document.getElementById("silent-mark").hidden = false;
}

document.addEventListener("submit", (event) => { // also for a form that came in after the page
  if (!event.target.matches("form[data-silent-press]")) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  send(event.target.action, Date.now());
});

for (const left of pending("silent")) send(left.id, left.at);
