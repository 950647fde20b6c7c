"""The fault ledger in words (隐患台账): what grades, stages and entries of a history are called, and their signs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from safety.fault import Fault, FaultEntry, Happening, Source
from safety.grade import Grade, Stage, is_overdue
from safety.look import Done, Half
from web.finding_words import words_of
from web.language import Catalogue, mark
from web.signs import State

GRADES: Final = {Grade.GENERAL: mark("一般隐患"), Grade.MAJOR: mark("重大隐患")}
STAGES: Final = {
    Stage.OPEN: mark("待整改"),
    Stage.REPAIRED: mark("待复查"),
    Stage.RECHECKED: mark("待销账"),
    Stage.CLOSED: mark("已销账"),
}
SOURCES: Final = {
    Source.FINDING: mark("系统发现"),
    Source.HAND: mark("人工登记"),
    Source.NOTICE: mark("整改通知书"),
}
HALVES: Final = {Half.MORNING: mark("上午"), Half.AFTERNOON: mark("下午")}
DONE: Final = {Done.SIGNED: mark("已签字"), Done.MISSED: mark("漏查"), Done.DUE: mark("待巡查")}
DONE_STATES: Final = {Done.SIGNED: State.OK, Done.MISSED: State.FAILING, Done.DUE: State.ATTENTION}
_HAPPENINGS: Final = {
    Happening.OPENED: mark("发现"),
    Happening.JOINED: mark("同一原因又发现"),
    Happening.WORSENED: mark("变严重"),
    Happening.CLEARED: mark("一项已恢复"),
    Happening.GRADED: mark("定级"),
    Happening.ASSIGNED: mark("指定责任人"),
    Happening.REPAIRED: mark("整改"),
    Happening.RECHECKED: mark("复查合格"),
    Happening.RECHECK_FAILED: mark("复查不合格"),
    Happening.RETURNED: mark("销账前又出现"),
    Happening.CLOSED: mark("销账"),
    Happening.REOPENED: mark("重新打开"),
    Happening.LOOKED: mark("巡查签字"),
    Happening.PHOTOGRAPHED: mark("照片"),
    Happening.REPLIED: mark("回复教育局"),
}
_SYSTEM: Final = mark("系统")
_BY_MEASUREMENT: Final = mark("系统测量")
_BY_RULE: Final = mark("按规则")
_SEVERITIES: Final = {"attention": State.ATTENTION.word, "failing": State.FAILING.word}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An entry of a history as it is shown."""

    at_utc_ns: int
    who: str
    what: str
    words: str
    detail: str
    photo: str = ""
    """SHA-256 where the entry is a photo."""


@dataclass(frozen=True, slots=True)
class FaultWords:
    """Says faults in a reader's language; `name_of` names a finding's subject."""

    texts: Catalogue
    name_of: Callable[[str], str]

    def title(self, fault: Fault) -> str:
        """隐患: what is wrong."""
        return fault.title or self.texts(words_of(fault.kind).what)

    def to_do(self, fault: Fault) -> str:
        """The next step for what the agent measured; '' for what a person wrote."""
        return self.texts(words_of(fault.kind).to_do) if fault.source is Source.FINDING else ""

    def place(self, fault: Fault) -> str:
        """部位: where."""
        return fault.place or self.name_of(fault.subject)

    def about(self, kind: str, subject: str) -> str:
        """A finding in words."""
        return f"{self.texts(words_of(kind).what)} · {self.name_of(subject)}"

    def line(self, entry: FaultEntry) -> Line:
        """An entry of a history."""
        return Line(
            at_utc_ns=entry.at_utc_ns,
            who=entry.person or self.texts(self._nobody(entry)),
            what=self.texts(_HAPPENINGS[entry.what]),
            words=self._spoken(entry.words) if not entry.person else entry.words,
            detail=self._detail(entry),
            photo=entry.detail if entry.what is Happening.PHOTOGRAPHED else "",
        )

    @staticmethod
    def _nobody(entry: FaultEntry) -> str:
        if entry.what is Happening.RECHECKED:
            return _BY_MEASUREMENT
        return _BY_RULE if entry.what is Happening.CLOSED else _SYSTEM

    def _detail(self, entry: FaultEntry) -> str:
        if entry.what is Happening.PHOTOGRAPHED:
            return ""
        if entry.detail in set(Grade):
            return self.texts(GRADES[Grade(entry.detail)])
        if entry.what is Happening.WORSENED:
            before, _, after = entry.detail.partition(" → ")
            return " → ".join(self.texts(_SEVERITIES.get(one, one)) for one in (before, after))
        return self._spoken(entry.detail)

    def _spoken(self, text: str) -> str:
        # The ledger itself writes 'kind subject'; it knows no language.
        kind, blank, subject = text.partition(" ")
        return self.about(kind, subject) if blank and "." in kind and ":" in subject else text


def state_of(fault: Fault, now_utc_ns: int) -> State:
    """The sign of a fault: grave and late ones are failing; a closed one has none to show."""
    if fault.stage.mended:
        return State.ATTENTION
    late = is_overdue(fault.stage, fault.due_utc_ns, now_utc_ns)
    return State.FAILING if late or fault.grade is Grade.MAJOR else State.ATTENTION
