// A page that was only looked at gives the form back as it was.
document.querySelector("[data-history-back]")?.addEventListener("click", (event) => {
  if (history.length > 1) { // back to the form with everything that was typed
    event.preventDefault();
    history.back();
  }
});
