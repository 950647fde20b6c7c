"""What becomes of a finding (隐患规则): grade, owner, due date, and which findings are one fault. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from foundation.finding import Finding
from safety.grade import NS_PER_HOUR, Grade, Stage

HAND: Final = "hand.fault"
NOTICE: Final = "notice.rectification"
ANY: Final = "*"


class Merge(StrEnum):
    """Which findings are one fault."""

    CAUSE = "cause"
    """Those that share a cause; without one, those of the same kind about the same thing."""
    DEVICE = "device"
    """Those about one device and its points: a dead camera and the recording it ends are one trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row; `kind` is a finding's kind, 'room.*' or '*'."""

    kind: str
    grade: Grade
    owner: str
    due_h: int
    """Hours from finding to mended."""
    closes_itself: bool = False
    """Closed as soon as the measurement is right again; otherwise it waits for its owner (销账)."""
    reopen_h: int = 168
    """The same again within so many hours after the closing is the same fault; later it is a new one."""
    merge: Merge = Merge.CAUSE


_OFFICER: Final = "安全干部"
_TECHNICIAN: Final = "技术员"
_LEADER: Final = "校领导"


def _general(kind: str, due_h: int, owner: str = _TECHNICIAN, **more: object) -> Rule:
    return Rule(kind=kind, grade=Grade.GENERAL, owner=owner, due_h=due_h, **more)  # type: ignore[arg-type]


def _major(kind: str, due_h: int, owner: str = _TECHNICIAN) -> Rule:
    return Rule(kind=kind, grade=Grade.MAJOR, owner=owner, due_h=due_h)


DEFAULT_RULES: Final = (
    _major("alarm.no_receipt", 1, _OFFICER),
    _major("alarm.not_stored", 4),
    _general("uplink.path_lost", 24, closes_itself=True, reopen_h=24),
    _general("uplink.*", 72),
    _general("camera.unreachable", 24, merge=Merge.DEVICE),
    _major("camera.unreachable_together", 24),
    _major("camera.own_link_down", 4),
    _general("camera.login_refused", 24),
    _major("camera.relay_not_switched", 24),
    _general("camera.clock_wrong", 72, closes_itself=True),
    _general("camera.clocks_wrong_together", 72, closes_itself=True),
    _general("camera.*", 72),
    _general("picture.cannot_be_judged", 168, _OFFICER, closes_itself=True),
    _general("picture.*", 72),
    _major("storage.volume_missing", 4),
    _major("storage.volume_hung", 4),
    _major("storage.volume_failing", 4),
    _major("storage.volume_read_only", 4),
    _major("storage.volume_full", 24, _LEADER),
    _major("storage.catalogue_failed", 4),
    _general("storage.not_recording", 24, merge=Merge.DEVICE),
    _general("storage.unreachable", 24, merge=Merge.DEVICE),
    _general("storage.stalled", 24, merge=Merge.DEVICE),
    _general("storage.*", 24),
    _major("safety.*", 1, _LEADER),
    _major("coverage.private_view", 24, _OFFICER),
    _general("coverage.*", 720, _OFFICER),
    _general("drill.*", 168, _OFFICER, closes_itself=True, reopen_h=24),
    _general("gate.*", 24, _OFFICER, closes_itself=True, reopen_h=24),
    _general("role.*", 72, closes_itself=True, reopen_h=24),
    _general(HAND, 168, _OFFICER),
    _major(NOTICE, 168, _LEADER),
    _general(ANY, 168, _OFFICER),
)
"""Ours, to start from: the county papers ask that every fault has an owner and a date, and name none. Rows may be
edited; an edited row is never overwritten."""


def rule_for(kind: str, rules: Mapping[str, Rule]) -> Rule:
    """The rule of a kind: its own, else its room's, else the one for everything."""
    room = kind.split(".", 1)[0]
    for name in (kind, f"{room}.*", ANY):
        if name in rules:
            return rules[name]
    return DEFAULT_RULES[-1]


def cause_key(finding: Finding, rule: Rule, device_of: Callable[[str], str | None]) -> str:
    """What a fault is known by: findings with the same key are one fault.

    `device_of` names the device of a finding's subject, None if it has none.
    """
    if rule.merge is Merge.DEVICE:
        device = device_of(finding.subject)
        if device is not None:
            return f"device:{device}"
    if finding.cause:
        return f"cause:{finding.cause}"
    return f"{finding.kind}|{finding.subject}"


class Next(StrEnum):
    """What a new finding does to the ledger."""

    JOIN = "join"
    REOPEN = "reopen"
    NEW = "new"


def on_opened(last: tuple[Stage, int | None] | None, at_utc_ns: int, rule: Rule) -> Next:
    """What a finding does, given stage and closing time of the latest fault with its key."""
    if last is None:
        return Next.NEW
    stage, closed_utc_ns = last
    if stage is not Stage.CLOSED or closed_utc_ns is None:
        return Next.JOIN
    return Next.REOPEN if at_utc_ns - closed_utc_ns <= rule.reopen_h * NS_PER_HOUR else Next.NEW


def on_all_cleared(rule: Rule) -> Stage:
    """Where a fault stands once nothing of it is measured wrong any more."""
    return Stage.CLOSED if rule.closes_itself else Stage.RECHECKED
