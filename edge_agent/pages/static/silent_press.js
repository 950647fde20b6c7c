// The silent alarm: repeated until the box has it, and nothing on the screen but one dot beside the clock.
const form = document.querySelector("form[data-silent-press]");
let busy = false;

async function send() {
  for (;;) {
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" } });
      if (answer.ok) break;
    } catch {
      // the box is away; the same id again is the same alarm
    }
    await new Promise((resolve) => { setTimeout(resolve, 700); });
  }
  document.getElementById("silent-mark").hidden = false;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  if (busy) return;
  busy = true;
  send();
});
document.querySelector("[data-history-back]")?.addEventListener("click", (event) => {
  if (history.length > 1) { // back to the form with everything that was typed
    event.preventDefault();
    history.back();
  }
});
