"""What may not be said of an incident, and its written report made fit to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from safety.incident import ReportText
from safety.incident_deadline import Report
from safety.said import SHORT_LIMIT, long_words, short_words

PART_LIMIT: Final = 8_000
"""Of each part of the written report: four pages."""


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


class SaidTimeError(IncidentError):
    """A time that lies in the future or before the incident."""


def checked_text(text: ReportText) -> ReportText:
    """The report with each part made fit to be kept. Raises WordsError."""
    return ReportText(
        recipient=short_words(text.recipient, "recipient"),
        course=long_words(text.course, "course", PART_LIMIT, needed=True),
        losses=long_words(text.losses, "losses", PART_LIMIT),
        measures=long_words(text.measures, "measures", PART_LIMIT),
        cause=long_words(text.cause, "cause", PART_LIMIT),
        next_steps=long_words(text.next_steps, "next_steps", PART_LIMIT),
        contact=long_words(text.contact, "contact", SHORT_LIMIT),
    )
