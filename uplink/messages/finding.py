"""Findings (隐患): whatever a campus notices, and its end."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from foundation.ids import RecordId
from uplink.event import LongText, Message, ShortText, WireModel, WireTime


class FindingSeverity(StrEnum):
    """◆ attention (注意) or ▲ failing (异常)."""

    ATTENTION = "attention"
    FAILING = "failing"


class FoundTrouble(WireModel):
    """One finding; open while `cleared_at` is absent."""

    id: RecordId
    subject: ShortText
    kind: ShortText
    severity: FindingSeverity
    since: WireTime
    cleared_at: WireTime | None = None
    evidence: Annotated[dict[str, LongText], Field(max_length=32)] = Field(default_factory=dict)
    """Plain values as text: fractions have no canonical form."""


class FindingMessage(Message):
    """A finding opened, changed or cleared; the last word on an id counts."""

    event_type: ClassVar[str] = "campus.finding"

    finding: FoundTrouble


class FindingList(Message):
    """Ids of all open findings, said after each birth and every hour: what is not in it is no longer open."""

    event_type: ClassVar[str] = "campus.finding.list"

    open: Annotated[tuple[RecordId, ...], Field(max_length=1_000)] = ()
    at: WireTime
