// Where there is no picture of the moment, a sentence stands instead of a broken one.
for (const image of document.querySelectorAll(".alarm-stills img")) {
  const say = () => {
    const words = document.createElement("p");
    words.className = "empty";
    words.textContent = image.dataset.none;
    image.closest("a").replaceWith(words);
  };
  if (image.complete && image.naturalWidth === 0 && image.currentSrc) say();
  else image.addEventListener("error", say);
}
