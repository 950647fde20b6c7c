// The desk's own doings: opens a new alarm on a calm screen, sounds while one waits and a person may answer it.

const person = document.getElementById("person");
const confirming = document.querySelector(".acknowledge") !== null;
const silent = document.getElementById("silent");
const PERIOD_MS = 1000;
let sound = null;

// A calm desk turns to the first alarm that comes. A desk where a person works is not torn away from it.
function openFirst() {
  if (ringing() && !document.getElementById("history")) location.assign("/");
}

function ringing() {
  return document.querySelector("#queue[data-rings] .ticket.waits") !== null;
}

function beep() {
  if (!ringing()) { if (silent) silent.hidden = true; return; }
  sound ??= new AudioContext();
  if (silent) silent.hidden = sound.state === "running";
  if (sound.state !== "running") { sound.resume(); return; }
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  tone.frequency.value = 880;
  volume.gain.setValueAtTime(0.25, sound.currentTime);
  volume.gain.linearRampToValueAtTime(0, sound.currentTime + 0.35);
  tone.connect(volume).connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + 0.35);
}

document.getElementById("sound")?.addEventListener("click", () => { sound ??= new AudioContext(); sound.resume(); });
if (document.getElementById("queue")) setInterval(beep, PERIOD_MS);
document.addEventListener("renewed", openFirst);
// A colleague took it on; or it waits again, because somebody was forced to call it off (胁迫).
document.addEventListener("renewed", () => {
  const waits = document.querySelector("#alarm [data-waits]") !== null;
  if (confirming !== waits && document.getElementById("history")) location.reload();
});

// Where nobody is logged in the page remembers who sits here; otherwise the log-in says it.
if (person) {
  person.value ||= sessionStorage.getItem("person") ?? "";
  person.form.addEventListener("submit", () => sessionStorage.setItem("person", person.value.trim()));
}
if (confirming)
  (person && !person.value ? person : document.querySelector(".acknowledge button")).focus({ preventScroll: true });
