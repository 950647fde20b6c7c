// Keeps what was typed while the guard types; the answer is what should be known of that person.
const form = document.getElementById("visit");
const marks = document.getElementById("notices");
const PAUSE_MS = 600;
let timer = 0;
let number = 0;
let left = false;

async function keep() {
  if (left) return;
  number += 1;
  const mine = number;
  try {
    const answer = await fetch(`${form.dataset.draft}`, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { accept: "text/html" }, keepalive: true,
    });
    if (!answer.ok || mine !== number || !marks) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    marks.replaceChildren(...document.adoptNode(fresh.body).childNodes);
  } catch {
    // the line at the top says that the box cannot be reached; the form still holds everything
  }
}

if (form?.dataset.draft) {
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, PAUSE_MS);
  });
  form.addEventListener("submit", () => {
    left = true;
    clearTimeout(timer);
  });
}
