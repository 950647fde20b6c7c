// The keys of a plate: provinces first, then letters and digits; without this script all keys stand there.
const input = document.getElementById("plate");
const first = document.querySelector("[data-first]");
const then = document.querySelector("[data-then]");
function show() {
  first.hidden = input.value !== "";
  then.hidden = input.value === "";
}
if (input && first && then) {
  input.addEventListener("input", show);
  show();
}
