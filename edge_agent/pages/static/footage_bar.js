// A bar of time: from a place on the screen to a moment and back.

const WIDTH = 1440;

export function barOf(element) {
  const start = Number(element.dataset.startMs);
  const end = Number(element.dataset.endMs);
  return {
    start, end,
    momentAt(clientX) {
      const box = element.getBoundingClientRect();
      const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
      return Math.round(start + share * (end - start));
    },
    xOf(ms) {
      return Math.min(WIDTH, Math.max(0, ((ms - start) / (end - start)) * WIDTH));
    },
  };
}

export function show(rect, x, width) {
  rect.setAttribute("x", x.toFixed(1));
  rect.setAttribute("width", width.toFixed(1));
}

const beijing = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai", dateStyle: "short", timeStyle: "medium" });

export function moment(ms) { // 2026-11-21 07:41:20
  return beijing.format(new Date(ms));
}

export function playable(codecs) {
  const type = `video/mp4; codecs="${codecs}"`;
  return Boolean(codecs) && window.MediaSource !== undefined && MediaSource.isTypeSupported(type);
}
