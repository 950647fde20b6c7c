// A film in wall time: its zero is a moment, gaps are passed over, a click on the bar jumps.

import { barOf, moment, playable, show } from "./footage_bar.js";

const film = document.getElementById("film");
const svg = document.getElementById("bar");
const bar = barOf(svg);
const cursor = svg.querySelector("#cursor");
const shown = document.getElementById("shown");
const startMs = Number(film.dataset.startMs);
const gaps = film.dataset.gaps.trim().split(" ").filter(Boolean).map((text) => text.split("-").map(Number));

const atMs = () => startMs + film.currentTime * 1000;
function jump(ms) {
  const gap = gaps.find(([from, to]) => ms >= from && ms < to);
  const target = gap && gap[1] < bar.end ? gap[1] : ms;
  film.currentTime = Math.max(0, (target - startMs) / 1000);
}

function follow() {
  const ms = atMs();
  const gap = gaps.find(([from, to]) => ms >= from + 500 && ms < to - 500);
  if (gap && gap[1] < bar.end && !film.paused && !film.seeking) jump(gap[1]);
  shown.textContent = moment(ms);
  show(cursor, bar.xOf(ms) - 2, 4);
}

function fail() {
  document.getElementById(playable(film.dataset.codecs) ? "broken" : "undecodable").hidden = false;
  film.hidden = true;
}

if (!playable(film.dataset.codecs) || film.error) fail();
film.addEventListener("error", fail);
const showAsked = () => jump(Number(film.dataset.askedMs));
// The film may know itself before this script runs: the event is then over and would be waited for in vain.
if (film.readyState >= HTMLMediaElement.HAVE_METADATA) showAsked();
else film.addEventListener("loadedmetadata", showAsked, { once: true });
for (const event of ["timeupdate", "seeked"]) film.addEventListener(event, follow);
svg.addEventListener("click", (event) => jump(bar.momentAt(event.clientX)));
for (const button of document.querySelectorAll("[data-skip-s]"))
  button.addEventListener("click", () => jump(atMs() + Number(button.dataset.skipS) * 1000));
for (const button of document.querySelectorAll("[data-rate]"))
  button.addEventListener("click", () => { film.playbackRate = Number(button.dataset.rate); });
