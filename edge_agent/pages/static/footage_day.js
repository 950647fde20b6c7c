// Choosing a stretch on the day's bar: a click sets the start and a quarter of an hour, a drag sets both ends.

import { barOf, moment, show } from "./footage_bar.js";

const QUARTER_MS = 900_000;
const CLICK_MS = 60_000;
const from = document.getElementById("from");
const to = document.getElementById("to");
const box = document.getElementById("timeline");
let pressed = null;

function chosen() { // the element is another one after each renewal of the page
  const svg = document.getElementById("bar");
  return { bar: barOf(svg), rect: svg.querySelector("#chosen") };
}

function choose(startMs, endMs) {
  const { bar } = chosen();
  from.value = moment(startMs).slice(11);
  to.value = endMs >= bar.end ? "00:00:00" : moment(endMs).slice(11);
  draw();
}

function draw() {
  const { bar, rect } = chosen();
  const at = (value) => {
    const [h, m, s] = value.split(":").map(Number);
    return bar.start + ((h * 60 + m) * 60 + (s || 0)) * 1000;
  };
  if (!from.value || !to.value) return show(rect, 0, 0);
  const start = bar.xOf(at(from.value));
  const endMs = at(to.value) <= at(from.value) ? bar.end : at(to.value);
  show(rect, start, Math.max(2, bar.xOf(endMs) - start));
}

function span(first, second) {
  const { bar } = chosen();
  const [start, end] = first < second ? [first, second] : [second, first];
  return end - start < CLICK_MS ? [start, Math.min(bar.end, start + QUARTER_MS)] : [start, end];
}

box.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("#bar")) return;
  pressed = chosen().bar.momentAt(event.clientX);
  event.preventDefault();
});
document.addEventListener("pointermove", (event) => {
  if (pressed !== null) choose(...span(pressed, chosen().bar.momentAt(event.clientX)));
});
document.addEventListener("pointerup", (event) => {
  if (pressed === null) return;
  choose(...span(pressed, chosen().bar.momentAt(event.clientX)));
  pressed = null;
});
for (const field of [from, to]) field.addEventListener("input", draw);
document.addEventListener("renewed", draw);
draw();
