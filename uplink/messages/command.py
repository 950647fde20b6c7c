"""What the center asks of a campus, and the campus's answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from foundation.ids import RecordId
from uplink.event import LongText, Message, ShortText, WireTime


class Command(Message):
    """Done at most once, by its event id, and never after `not_after`: a replayed one does nothing."""

    event_type: ClassVar[str] = "campus.command"

    name: Annotated[str, Field(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=40)]
    """What to do: 'report_findings', 'report_points', 'upload_still' …; an unknown one is answered as refused."""
    arguments: Annotated[dict[str, LongText], Field(max_length=16)] = Field(default_factory=dict)
    person: ShortText
    """Who asks."""
    reason: LongText = ""
    not_after: WireTime


class AnswerStatus(StrEnum):
    """What became of a command."""

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


class Answer(Message):
    """Said once for each command that was signed by a pinned key, also if it was refused."""

    event_type: ClassVar[str] = "campus.answer"

    command_id: RecordId
    status: AnswerStatus
    text: LongText = ""
    """For the person who asked."""
    values: Annotated[dict[str, LongText], Field(max_length=32)] = Field(default_factory=dict)
