// The sound of an alarm that calls for people, made here: "calling" in strokes, "louder" without a pause, "" is silence.
// A browser lets a page sound only after somebody has touched it, unless it was started as a kiosk is (see deploy/).

const STROKE_S = 0.35;
const LEVELS = { calling: { strokes: 2, every: 6, gain: 0.3 }, louder: { strokes: 6, every: 6, gain: 1 } };

let context = null;
let level = "";
let timer = null;

export function sound(wanted) {
  if (wanted === level) return;
  level = wanted;
  document.documentElement.dataset.sound = level;
  clearInterval(timer);
  if (!level) {
    context?.suspend();
    return;
  }
  context ??= new AudioContext();
  context.resume();
  play();
  timer = setInterval(play, LEVELS[level].every * STROKE_S * 1000);
}

export function isMuted() {
  return Boolean(level) && context?.state !== "running";
}

function play() {
  const { strokes, gain } = LEVELS[level];
  if (context.state !== "running") return;
  for (let stroke = 0; stroke < strokes; stroke += 1) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = "square";
    tone.frequency.value = stroke % 2 ? 660 : 880;
    volume.gain.value = gain;
    tone.connect(volume).connect(context.destination);
    tone.start(context.currentTime + stroke * STROKE_S);
    tone.stop(context.currentTime + (stroke + 0.9) * STROKE_S);
  }
}

document.addEventListener("pointerdown", () => { if (level) context?.resume(); });
