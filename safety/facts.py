"""What gatehouse and office tell each other about faults and drills."""

from __future__ import annotations

from typing import ClassVar, Final

from foundation.journal import Fact

LEDGER: Final = "safety"
"""The database in which the office keeps the ledger and tells its facts."""


class NoticeReceived(Fact):
    """A rectification notice of the district (整改通知书) came by the uplink; told by the gatehouse."""

    kind: ClassVar[str] = "safety.notice_received"

    number: str
    """文号; the same number again is the same notice."""
    command_id: str
    """What the answer refers to."""
    title: str
    text: str
    place: str
    grade: str
    """'general', 'major' or '' for the rule's."""
    due_utc_ns: int | None
    sent_by: str


class NoticeAnswered(Fact):
    """The school's answer to a notice; told by the office, sent by the gatehouse."""

    kind: ClassVar[str] = "safety.notice_answered"

    number: str
    command_id: str
    final: bool
    """True once the fault is closed (销账)."""
    text: str
    person: str
    fault_number: int


class EvacuationTold(Fact):
    """An evacuation drill (应急疏散演练) came a step further; told by the office."""

    kind: ClassVar[str] = "safety.evacuation_told"

    evacuation_id: str
    step: str
    """See safety.evacuation.EvacuationHappening."""
    entry: int
    """Number of the entry of its history."""
