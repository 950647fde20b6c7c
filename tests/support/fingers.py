"""What a person's fingers do on a page, counted by the browser itself, and the time that takes."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

KEY_S, TOUCH_S = 0.5, 1.5
"""A person who seldom types takes about 0.5 s a key, and 1.5 s to find and touch a target (Card, Moran and Newell's
keystroke-level model for unskilled typists, with the time to look)."""
KEYS_OF_A_CHARACTER = 3
"""Keys of an input method for one Chinese character, which the browser of a test does not have."""
_COUNT = """
    sessionStorage.keys ??= 0; sessionStorage.touches ??= 0;
    addEventListener("click", (event) => { if (event.isTrusted && event.detail > 0) sessionStorage.touches++; }, true);
    addEventListener("keydown", (event) => { if (event.isTrusted) sessionStorage.keys++; }, true);
"""


_SCAN = """(keys) => {
  for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}"""


def count_in(context: BrowserContext) -> None:
    """From now on every page of the context counts what is really touched and typed, over all its pages."""
    context.add_init_script(_COUNT)


def start_counting(page: Page) -> None:
    """Begin at nothing."""
    page.evaluate("sessionStorage.touches = 0; sessionStorage.keys = 0")


def touches(page: Page) -> int:
    """Touches (or clicks) since then."""
    return int(page.evaluate("Number(sessionStorage.touches)"))


def needed_s(page: Page, *, characters: int = 0) -> float:
    """Seconds for what was typed and touched since then; so many Chinese characters of it came as one key each."""
    keys = int(page.evaluate("Number(sessionStorage.keys)"))
    return (keys + characters * (KEYS_OF_A_CHARACTER - 1)) * KEY_S + touches(page) * TOUCH_S


def scan(page: Page, digits: str) -> None:
    """What a scanner types where no field has the focus, with its Enter. It comes from inside the page: from outside, a
    busy machine takes longer between two keys than a scanner does."""
    page.evaluate(_SCAN, [*digits, "Enter"])
