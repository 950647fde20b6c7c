// The live picture: fragments as they come onto the disk, a few seconds behind the camera, kept close to its end.

import { moment, playable } from "./footage_bar.js";

const POLL_MS = 700;
const FAR_S = 6;      // further behind than this: jump
const CLOSE_S = 1.5;  // to this far from the end
const KEPT_S = 60;
const STOPPED_MS = 8000;

const film = document.getElementById("film");
const baseMs = Number(film.dataset.baseMs);
const media = new MediaSource();
let buffer = null;
let head = "";
let after = 0;
let lastPiece = performance.now();
let serverMs = null; // the box's clock less this screen's running time: a screen's own clock may be wrong

film.src = URL.createObjectURL(media);

function state(name) {
  for (const each of document.querySelectorAll("[data-state]")) each.hidden = each.dataset.state !== name;
}

function appended(data) {
  return new Promise((resolve, reject) => {
    buffer.addEventListener("updateend", resolve, { once: true });
    buffer.addEventListener("error", reject, { once: true });
    buffer.appendBuffer(data);
  });
}

function removed(end) {
  return new Promise((resolve) => {
    buffer.addEventListener("updateend", resolve, { once: true });
    buffer.remove(0, end);
  });
}

async function take(answer) {
  const codecs = answer.headers.get("x-codecs");
  const type = `video/mp4; codecs="${codecs}"`;
  if (!playable(codecs)) {
    document.getElementById("undecodable").hidden = false;
    return false;
  }
  const data = await answer.arrayBuffer();
  const headBytes = Number(answer.headers.get("x-head-bytes"));
  if (buffer === null) buffer = media.addSourceBuffer(type);
  else if (head !== answer.headers.get("x-head")) buffer.changeType(type);
  const known = head === answer.headers.get("x-head");
  await appended(known ? data.slice(headBytes) : data);
  head = answer.headers.get("x-head");
  after = Number(answer.headers.get("x-end-ms"));
  lastPiece = performance.now();
  return true;
}

async function stayClose() {
  if (buffer === null || buffer.buffered.length === 0) return;
  const end = buffer.buffered.end(buffer.buffered.length - 1);
  const start = buffer.buffered.start(buffer.buffered.length - 1);
  if (end - film.currentTime > FAR_S || film.currentTime < start) film.currentTime = Math.max(start, end - CLOSE_S);
  if (film.currentTime > KEPT_S * 2) await removed(film.currentTime - KEPT_S);
  if (film.paused) await film.play().catch(() => undefined);
  document.getElementById("shown").textContent = moment(baseMs + film.currentTime * 1000);
  document.getElementById("behind").textContent = Math.max(0, (serverMs + performance.now() - baseMs) / 1000 - film.currentTime).toFixed(0);
}

async function poll() {
  let goOn = true;
  try {
    const answer = await fetch(`/footage/looks/${film.dataset.look}/tail?after=${after}`, { signal: AbortSignal.timeout(5000) });
    if (answer.status === 410) {
      state("ended");
      return;
    }
    const refused = answer.status >= 500 ? await answer.json() : null;
    document.getElementById("why").textContent = refused ? `${refused.error}。${refused.to_do}` : "";
    if (refused === null) serverMs = Number(answer.headers.get("x-now-ms")) - performance.now();
    if (answer.status === 200) goOn = await take(answer);
    await stayClose();
  } catch {
    // the next poll tries again; the state says that the picture stopped
  }
  if (performance.now() - lastPiece > STOPPED_MS) state("stopped");
  else if (buffer !== null) state("live");
  if (goOn) setTimeout(poll, POLL_MS);
}

media.addEventListener("sourceopen", poll, { once: true });
