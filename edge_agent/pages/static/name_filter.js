// Hides what does not fit the typed letters; without it the whole list stands there and works the same.
for (const input of document.querySelectorAll("[data-filter]")) {
  const items = [...document.querySelectorAll(`${input.dataset.filter} [data-finds]`)];
  const fit = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const item of items) item.hidden = !words.every((word) => item.dataset.finds.includes(word));
  };
  input.addEventListener("input", fit);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return; // one name left: Enter touches it
    const left = items.filter((item) => !item.hidden);
    if (input.value && left.length === 1) left[0].querySelector("button")?.click();
  });
  fit();
}
