"""A fault (隐患) and its history, as readers see them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from safety.grade import Grade, Stage


class Source(StrEnum):
    """Where a fault comes from."""

    FINDING = "finding"
    """Measured by the agent (系统发现)."""
    HAND = "hand"
    """Written down by a person (人工登记)."""
    NOTICE = "notice"
    """A rectification notice of the district (整改通知书)."""


class Happening(StrEnum):
    """What an entry of a fault's history says."""

    OPENED = "opened"
    JOINED = "joined"
    """Another finding of the same cause."""
    WORSENED = "worsened"
    CLEARED = "cleared"
    """One of several findings is right again."""
    GRADED = "graded"
    ASSIGNED = "assigned"
    REPAIRED = "repaired"
    """整改"""
    RECHECKED = "rechecked"
    """复查合格"""
    RECHECK_FAILED = "recheck_failed"
    """复查不合格"""
    RETURNED = "returned"
    """Measured wrong again before it was closed."""
    CLOSED = "closed"
    """销账"""
    REOPENED = "reopened"
    LOOKED = "looked"
    """The look at a major fault, twice a day (巡查签字)."""
    PHOTOGRAPHED = "photographed"
    REPLIED = "replied"
    """A word to the district before the closing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the ledger."""

    id: str
    number: int
    """编号: 1, 2, 3 … over the life of the ledger."""
    source: Source
    kind: str
    """Kind of its first finding, 'hand.fault' or 'notice.rectification'."""
    subject: str
    title: str
    """'' for findings: their kind has words."""
    place: str
    grade: Grade
    stage: Stage
    owner: str
    opened_utc_ns: int
    due_utc_ns: int
    rounds: int
    """How often it was opened: 1, and one more for each reopening."""
    repaired_utc_ns: int | None = None
    rechecked_utc_ns: int | None = None
    closed_utc_ns: int | None = None
    measured_wrong: int = 0
    """How many of its findings are open now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultEntry:
    """An entry of a fault's history; never changed."""

    number: int
    at_utc_ns: int
    person: str
    """'' where the agent acted by itself."""
    what: Happening
    words: str
    detail: str
    """Finding, grade, photo …, as `what` needs it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFinding:
    """A finding that belongs to a fault."""

    id: str
    role: str
    subject: str
    kind: str
    severity: str
    since_utc_ns: int
    cleared_utc_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A rectification notice (整改通知书)."""

    id: str
    number: str
    """文号"""
    text: str
    sent_by: str
    received_utc_ns: int
    answered_utc_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultFile:
    """Everything about one fault."""

    fault: Fault
    history: tuple[FaultEntry, ...]
    findings: tuple[FaultFinding, ...]
    photos: tuple[str, ...]
    """SHA-256 of each, in the order taken."""
    notice: Notice | None
