// Lets countdowns run between renewals. `data-due-ms` is the moment by the server's clock, whose time each beat tells;
// the server itself says "late", with sign and word, at the next renewal.

let offsetMs = null; // until a beat tells it the server's words stand: a screen's own clock may be wrong

function shown(ms) {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const two = (number) => String(number).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function tick() {
  if (offsetMs === null) return;
  const now = Date.now() + offsetMs;
  for (const one of document.querySelectorAll("[data-due-ms]")) one.textContent = shown(Number(one.dataset.dueMs) - now);
}

document.addEventListener("beat", (event) => { offsetMs = event.detail.now_ms - Date.now(); });
setInterval(tick, 500);
