// A form that came back with mistakes stands at the first of them, however long it is.
const wrong = document.querySelector("main .field.wrong");
if (wrong && !wrong.closest("[data-steps]")) { // a form in steps shows its own
  wrong.querySelector("input:not([type=hidden]), textarea, select")?.focus({ preventScroll: true });
  wrong.scrollIntoView({ block: "center" });
}
