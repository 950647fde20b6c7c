// Keypads on the gate page: each key adds to the input that the pad names, as long as it has room. The keys come dead from
// the server and live from here on, so that nobody's first digits fall into a page that does not listen yet.
for (const pad of document.querySelectorAll("[data-keypad]")) {
  const input = document.getElementById(pad.dataset.keypad);
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    const longer = input.value + key;
    if (key === "erase") input.value = input.value.slice(0, -1);
    else if (input.maxLength < 0 || longer.length <= input.maxLength) input.value = longer;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  pad.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus: Enter is no second key
  pad.disabled = false;
  if (document.activeElement === document.body && input.checkVisibility()) input.focus();
}
