// The sign-in form one thing at a time: big keypad, "next" at the bottom right, "back" always at the left.
// Without this script all steps stand below each other and the form works the same. The form is not seen before it is
// laid out here (gate.css), so that nothing moves under a finger; a form that a person sees already stays as it is.

const form = document.querySelector("form[data-steps]");
const steps = [...form.querySelectorAll("[data-step]")];
const next = form.querySelector("[data-next]");
const submit = form.querySelector("[data-submit]");
const back = form.querySelector("[data-back]");
const progress = form.querySelector("[data-progress]");
const summary = form.querySelector("[data-summary]");
let place = 0;

function skipped(step) {
  const [name, value] = (step.dataset.skipWhen ?? "=").split("=");
  return Boolean(name) && form.elements[name].value === value;
}

function show(number, { focus = true } = {}) {
  place = Math.max(0, Math.min(number, steps.length - 1));
  steps.forEach((step, index) => { step.hidden = index !== place; });
  const last = place === steps.length - 1;
  next.hidden = last;
  submit.hidden = !last;
  progress.textContent = `${place + 1} / ${steps.length}`;
  if (summary) summary.hidden = !last;
  if (last && summary) summarise();
  else if (focus) steps[place].querySelector("input:not([type=radio])")?.focus();
}

function move(direction) {
  let target = place + direction;
  while (steps[target] && skipped(steps[target])) target += direction;
  show(target);
}

function summarise() {
  const list = document.createElement("dl");
  for (const step of steps.slice(0, -1)) {
    if (skipped(step)) continue;
    for (const field of step.querySelectorAll(".field")) {
      const chosen = field.querySelector("input:checked");
      const value = chosen ? chosen.nextElementSibling.textContent : field.querySelector("input:not([type=radio])")?.value;
      if (!value) continue;
      const term = document.createElement("dt");
      term.textContent = field.querySelector("label, legend").firstChild.textContent.trim();
      const said = document.createElement("dd");
      said.textContent = value;
      list.append(term, said);
    }
  }
  summary.replaceChildren(list);
}

function complete(step) {
  const missing = [...step.querySelectorAll("input[required]")].find((input) => !input.value.trim());
  if (missing) {
    missing.closest(".field").classList.add("wrong");
    missing.focus();
  }
  return !missing;
}

function listen() {
  next.addEventListener("click", () => { if (complete(steps[place])) move(+1); });
  back.addEventListener("click", (event) => {
    if (place > 0) {
      event.preventDefault();
      move(-1);
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement && place < steps.length - 1) {
      event.preventDefault(); // card readers and scanners end with Enter: to the next field, then the next step
      next.click();
    }
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter && "anyhow" in event.submitter.dataset) return;
    const wrong = steps.findIndex((step) => !complete(step));
    if (wrong >= 0) {
      event.preventDefault();
      show(wrong);
      return;
    }
    submit.disabled = true;
  });
  for (const step of form.querySelectorAll("[data-step=choice]"))
    step.addEventListener("click", (event) => { // a choice is made by one touch, and again by touching what is chosen
      if (!(event.target instanceof HTMLInputElement) || event.detail === 0) return;
      setTimeout(() => { if (steps[place] === step) move(+1); }, 150); // the second touch of two is no further step
    });
}

function begin() {
  const firstWrong = steps.findIndex((step) => step.querySelector(".wrong"));
  const asked = steps.findIndex((step) => "start" in step.dataset); // what holds today is asked of those who came before too
  form.dataset.laidOut = "yes";
  show(firstWrong >= 0 ? firstWrong : form.dataset.start === "last" ? (asked >= 0 ? asked : steps.length - 1) : 0);
  if (firstWrong >= 0) steps[firstWrong].querySelector(".wrong input")?.focus(); // and into view, however long the last step is
}

if (getComputedStyle(form).visibility === "hidden") {
  listen();
  begin();
}
