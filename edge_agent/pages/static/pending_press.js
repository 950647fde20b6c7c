// Presses that the box has not answered yet, kept over a page that goes away meanwhile: the next one sends them on.
// A browser that keeps nothing (forbidden, full) must not cost a press: then it lives as long as its page.
const NAME = "pending-presses";
const KEPT_FOR_MS = 600000; // one that is found still later would call for help where nobody needs any

function all() {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "[]").filter((one) => Math.abs(Date.now() - one.at) < KEPT_FOR_MS);
  } catch {
    return [];
  }
}

function write(presses) {
  try {
    localStorage.setItem(NAME, JSON.stringify(presses));
  } catch {
    // as said above
  }
}

export const pending = (kind) => all().filter((one) => one.kind === kind);
export const settle = (id) => write(all().filter((one) => one.id !== id));
export const keep = (kind, id, at) => write([...all().filter((one) => one.id !== id), { kind, id, at }]);
