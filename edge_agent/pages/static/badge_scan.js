// A badge that was scanned leaves at once; and wherever no field has the focus, what a scanner types is a badge.
document.querySelector("form[data-at-once]")?.requestSubmit();
let typed = "";
let last = 0;
addEventListener("keydown", (event) => {
  if (event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement) return;
  if (event.timeStamp - last > 300) typed = ""; // a person types slower
  last = event.timeStamp;
  if (/^\d$/.test(event.key)) typed += event.key;
  else if (event.key === "Enter" && typed.length === 20) {
    event.preventDefault();
    location.href = `/visits/new?q=${typed}`;
  }
});
