"""What persons say of incidents: who, when, in which words; checked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from safety.incident import ReportText
from safety.incident_deadline import Report
from web.document.plain_text import clean

WORDS_LIMIT: Final = 2_000
PART_LIMIT: Final = 8_000
"""Of each part of the written report: four pages."""
SHORT_LIMIT: Final = 100


class IncidentError(Exception):
    """Something cannot be done to an incident; nothing was changed."""


class UnknownIncidentError(IncidentError):
    """There is no such incident."""


class IncidentStageError(IncidentError):
    """It is closed, or not closed, and so this cannot be done: somebody else was faster."""


class MeanwhileError(IncidentError):
    """Somebody else classified it, or wrote a version of its report, after this person's page was drawn."""


class NotYetError(IncidentError):
    """It cannot be closed yet: not graded, or a report that its grade asks for is not made."""

    def __init__(self, missing: Sequence[Report]) -> None:
        super().__init__(f"not graded or not reported: {', '.join(missing) or 'grade'}")
        self.missing = tuple(missing)


class IncidentWordsError(IncidentError):
    """What was written is missing or too long; `field` says which."""

    def __init__(self, field: str, limit: int) -> None:
        super().__init__(f"{field} is missing or longer than {limit}")
        self.field = field
        self.limit = limit


class SaidTimeError(IncidentError):
    """A time that lies in the future or before the incident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Who fills in a form; `form_id` makes a form that is sent twice one entry."""

    form_id: str
    person: str
    words: str = ""
    at_utc_ns: int | None = None
    """When it happened, where that is not now."""


def checked(said: Said, *, needed: bool = False) -> Said:
    """The form with its person and words made fit to be kept. Raises IncidentWordsError."""
    words = long_words(said.words, "words", WORDS_LIMIT, needed=needed)
    return replace(said, person=short_words(said.person, "person"), words=words)


def checked_text(text: ReportText) -> ReportText:
    """The report with each part made fit to be kept. Raises IncidentWordsError."""
    return ReportText(
        recipient=short_words(text.recipient, "recipient"),
        course=long_words(text.course, "course", PART_LIMIT, needed=True),
        losses=long_words(text.losses, "losses", PART_LIMIT),
        measures=long_words(text.measures, "measures", PART_LIMIT),
        cause=long_words(text.cause, "cause", PART_LIMIT),
        next_steps=long_words(text.next_steps, "next_steps", PART_LIMIT),
        contact=long_words(text.contact, "contact", SHORT_LIMIT),
    )


def long_words(text: str, field: str, limit: int, *, needed: bool = False) -> str:
    """Words of several lines. Raises IncidentWordsError."""
    text = clean(text, lines=True).strip()
    if (needed and not text) or len(text) > limit:
        raise IncidentWordsError(field, limit)
    return text


def short_words(text: str, field: str) -> str:
    """A line that must be there. Raises IncidentWordsError."""
    text = clean(text).strip()
    if not 0 < len(text) <= SHORT_LIMIT:
        raise IncidentWordsError(field, SHORT_LIMIT)
    return text
