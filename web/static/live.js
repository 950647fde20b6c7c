// Keeps a page fresh. The server beats every second with its time and a version; when the version is another one than
// the page was drawn with, or what is shown has grown old, every element with an id and data-live is renewed from the
// same page. A page that does not say what it was drawn with is renewed at its first beat.
// No beat for 2.4 s means a dead or cut-off server: the page says so within 3 s and what it shows turns pale.

const STALE_AFTER_MS = 2400;
const RENEW_AFTER_MS = 5000; // ages such as "3 秒前" are words of the server

const url = document.body.dataset.liveUrl;
const stale = document.getElementById("stale");
let lastBeat = performance.now();
let lastRenewal = performance.now();
let drawn = document.body.dataset.liveVersion ?? null; // the version of what is shown; null: not known
let offsetMs = null;
let source = null;
let renewing = false;

const beijing = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
});

function listen() {
  source?.close();
  source = new EventSource(url);
  source.onmessage = (event) => {
    const beat = JSON.parse(event.data);
    lastBeat = performance.now();
    offsetMs = beat.now_ms - Date.now();
    showStale(false);
    if (beat.version !== drawn || lastBeat - lastRenewal > RENEW_AFTER_MS) renew(beat.version);
    document.dispatchEvent(new CustomEvent("beat", { detail: beat }));
  };
  source.onerror = () => {
    if (source.readyState === EventSource.CLOSED) renew(null); // refused: the log-in may have ended
  };
}

function showStale(isStale) {
  document.body.classList.toggle("is-stale", isStale);
  if (stale) stale.hidden = !isStale;
}

// `version` was told before the page is asked for, so what comes is at least that new; a change meanwhile, or a
// renewal that failed, leaves `drawn` behind the next beat's version, which asks again.
async function renew(version) {
  if (renewing) return;
  renewing = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", "x-renewal": "1" }, signal: AbortSignal.timeout(5000) });
    if (answer.redirected && new URL(answer.url).pathname === "/login") { location.assign(answer.url); return; }
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live][id]")) {
      const replacement = fresh.getElementById(old.id);
      if (replacement && !old.contains(document.activeElement) && old.innerHTML !== replacement.innerHTML)
        old.replaceChildren(...document.adoptNode(replacement).childNodes);
    }
    lastRenewal = performance.now();
    drawn = fresh.body.dataset.liveVersion ?? version;
    document.dispatchEvent(new CustomEvent("renewed"));
  } catch {
    // the missing beat tells the person
  } finally {
    renewing = false;
  }
}

function tick() {
  const now = performance.now();
  if (now - lastBeat > STALE_AFTER_MS) {
    showStale(true);
    if (source.readyState === EventSource.CLOSED || now - lastBeat > 3 * STALE_AFTER_MS) {
      lastBeat = now - STALE_AFTER_MS - 1; // a new try each few seconds, and stale meanwhile
      listen();
    }
  }
  if (offsetMs !== null)
    for (const clock of document.querySelectorAll("[data-clock]"))
      clock.textContent = beijing.format(new Date(Date.now() + offsetMs));
}

if (url) {
  listen();
  setInterval(tick, 200);
}
