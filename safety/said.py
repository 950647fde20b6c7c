"""What persons say when they write something down: who, when, in which words; checked before anything is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from web.document.plain_text import clean

WORDS_LIMIT: Final = 2_000
SHORT_LIMIT: Final = 100


class WordsError(Exception):
    """What was written is missing or too long, and nothing was changed; `field` says which."""

    def __init__(self, field: str, limit: int) -> None:
        super().__init__(f"{field} is missing or longer than {limit}")
        self.field = field
        self.limit = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who fills in a form; `form_id` makes a form that is sent twice one entry."""

    form_id: str
    person: str
    words: str = ""
    at_utc_ns: int | None = None
    """When it happened, where that is not now."""


def checked(said: Said, *, needed: bool = False) -> Said:
    """The form with its person and words made fit to be kept. Raises WordsError."""
    words = long_words(said.words, "words", WORDS_LIMIT, needed=needed)
    return replace(said, person=short_words(said.person, "person"), words=words)


def long_words(text: str, field: str, limit: int, *, needed: bool = False) -> str:
    """Words of several lines. Raises WordsError."""
    text = clean(text, lines=True).strip()
    if (needed and not text) or len(text) > limit:
        raise WordsError(field, limit)
    return text


def short_words(text: str, field: str) -> str:
    """A line that must be there. Raises WordsError."""
    text = clean(text).strip()
    if not 0 < len(text) <= SHORT_LIMIT:
        raise WordsError(field, SHORT_LIMIT)
    return text
