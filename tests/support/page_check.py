"""What a page must keep whatever it shows: axe finds nothing, no text is cut, nothing lies beside the screen."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_AXE = Axe()
_RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "resultTypes": ["violations"],
}
_NEVER_PALE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(".is-stale [data-live] { opacity: 1 !important; }");
  document.adoptedStyleSheets.push(sheet);
}"""
"""A machine that stands still for a moment misses a beat, and what is shown turns pale, contrast and all."""
_BESIDE_OR_CUT = """() => {
  const visible = (e) => e.checkVisibility() && !e.closest(".skip") && e.getBoundingClientRect().width > 0;
  const said = (e) => e.tagName.toLowerCase() + " " + (e.innerText || e.value || e.id).trim().slice(0, 30);
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page scrolls sideways");
  for (const e of document.querySelectorAll("body *")) {
    if (!visible(e)) continue;
    const texts = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!texts && !e.matches("input, img, svg")) continue;
    const box = e.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1) found.push("beside the screen: " + said(e));
    const line = e.closest(".top")?.getBoundingClientRect(); // a page may stand at its first mistake, scrolled
    if (line && (box.top < line.top - 1 || box.bottom > line.bottom + 1))
      found.push("out of the top line: " + said(e));
    for (let p = e; p && p !== document.body; p = p.parentElement) {
      if (p.matches("button, .button, .person, .tile, .steps li, .choices span") && p.scrollWidth > p.clientWidth + 1)
        found.push("cut: " + said(p));
    }
  }
  return [...new Set(found)];
}"""
_TARGETS = """const targets = [...document.querySelectorAll("a, button, select, input, .choices label")]
  .filter((e) => e.checkVisibility() && !e.matches(".skip, .choices input"))
  .map((e) => [e, e.getBoundingClientRect()])
  .filter(([, box]) => box.width > 0);
  const overlay = document.querySelector(".overlay:not([hidden])");
  const reached = targets.filter(([e, box]) => { // what lies under an overlay or is scrolled away is not touched
    const work = e.closest(".work")?.getBoundingClientRect();
    return (!overlay || overlay.contains(e)) && (!work || (box.top < work.bottom && box.bottom > work.top));
  }).map(([e, box]) => {
    const bottom = Math.min(box.bottom, e.closest(".work")?.getBoundingClientRect().bottom ?? box.bottom);
    return [e, { left: box.left, right: box.right, top: box.top, bottom }];
  });
  const said = (e) => (e.innerText || e.id || e.getAttribute("aria-label") || e.className).trim().slice(0, 30);"""
_SMALL = (
    """(least) => {"""
    + _TARGETS
    + """
  return targets.filter(([, box]) => box.height < least - .5 || box.width < least - .5)
    .map(([e, box]) => `${said(e)} ${Math.round(box.width)}x${Math.round(box.height)}`);
}"""
)
_CROWDED = (
    """(least) => {"""
    + _TARGETS
    + """
  const found = [];
  reached.forEach(([e, a], number) => {
    for (const [other, b] of reached.slice(number + 1)) {
      const between = Math.max(b.left - a.right, a.left - b.right, b.top - a.bottom, a.top - b.bottom);
      if (between < least - .5) found.push(`${said(e)} | ${said(other)}: ${Math.round(between)}`);
    }
  });
  return found;
}"""
)


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.1 A and AA, contrast included. It is evaluated from outside the page: the page's
    content policy stays as it is."""
    page.evaluate(_NEVER_PALE)
    found = _AXE.run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {node['target']} {node['html'][:160]}" for one in found for node in one["nodes"]]


def cut_texts(page: Page) -> list[str]:
    """Texts that leave their button or the screen."""
    return list(page.evaluate(_BESIDE_OR_CUT))


def small_targets(page: Page, least_px: int) -> list[str]:
    """What is touched and is smaller than so many pixels either way."""
    return list(page.evaluate(_SMALL, least_px))


def crowded_targets(page: Page, least_px: int) -> list[str]:
    """Neighbours with fewer pixels between them than a thick finger needs."""
    return list(page.evaluate(_CROWDED, least_px))
