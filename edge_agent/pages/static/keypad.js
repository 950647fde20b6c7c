// Keypads on the gate page: each key adds to the input that the pad names.
for (const pad of document.querySelectorAll("[data-keypad]"))
  pad.addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    const input = document.getElementById(pad.dataset.keypad);
    input.value = key === "erase" ? input.value.slice(0, -1) : input.value + key;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
