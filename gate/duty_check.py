"""What is not as it should be with duty and patrols (值班检查); rules only, each named as the finding it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from foundation.clock import NS_PER_S, beijing_day, rfc3339
from gate.hours import GateHours
from gate.patrol import Round, RoundState
from gate.roster import Gap, Post, Shift, roster_gaps, unescorted

AHEAD_NS: Final = 24 * 3600 * NS_PER_S
GRACE_NS: Final = 15 * 60 * NS_PER_S
"""How long nobody may be signed on at any screen: a handover takes a while."""
ROSTER_GAP: Final = "gate.roster_gap"
LEADER_GAP: Final = "gate.leader_gap"
ESCORT_GAP: Final = "gate.escort_gap"
NOBODY_ON_DUTY: Final = "gate.nobody_on_duty"
PATROL_MISSED: Final = "gate.patrol_missed"
KINDS: Final = (ROSTER_GAP, LEADER_GAP, ESCORT_GAP, NOBODY_ON_DUTY, PATROL_MISSED)


@dataclass(frozen=True, slots=True)
class DutyTrouble:
    """Something that a person must know and put right."""

    kind: str
    failing: bool
    evidence: dict[str, str | int] = field(default_factory=dict)


def roster_troubles(shifts: Sequence[Shift], hours: GateHours, now_utc_ns: int) -> list[DutyTrouble]:
    """Where the coming 24 hours are not planned; nothing for a campus that keeps no roster here.

    `shifts` are those that touch the coming 24 hours.
    """
    if not shifts:
        return []
    found = []
    guard = roster_gaps(shifts, Post.GUARD, now_utc_ns, now_utc_ns + AHEAD_NS)
    leader = roster_gaps(shifts, Post.LEADER, now_utc_ns, now_utc_ns + AHEAD_NS)
    if guard:
        found.append(DutyTrouble(ROSTER_GAP, failing=True, evidence=_first(guard)))
    if leader:
        found.append(DutyTrouble(LEADER_GAP, failing=False, evidence=_first(leader)))
    bare = [
        at
        for day in sorted({beijing_day(now_utc_ns), beijing_day(now_utc_ns + AHEAD_NS)})
        for at in unescorted(shifts, hours, day)
        if now_utc_ns <= at < now_utc_ns + AHEAD_NS
    ]
    if bare:
        found.append(DutyTrouble(ESCORT_GAP, failing=False, evidence={"at": rfc3339(bare[0]), "times": len(bare)}))
    return found


def nobody_on_duty(
    spans: Sequence[tuple[int, int]], *, kept_since_utc_ns: int | None, now_utc_ns: int
) -> DutyTrouble | None:
    """Whether nobody has been signed on at any screen for longer than a handover takes.

    `spans` are when somebody was, in the last 24 hours; `kept_since_utc_ns` is the first sign-on ever (None: sign-on is
    not used here, and then nothing is said).
    """
    if kept_since_utc_ns is None or any(last >= now_utc_ns for _, last in spans):
        return None
    last_utc_ns = max((last for _, last in spans), default=max(kept_since_utc_ns, now_utc_ns - AHEAD_NS))
    if now_utc_ns - last_utc_ns < GRACE_NS:
        return None
    minutes = (now_utc_ns - last_utc_ns) // (60 * NS_PER_S)
    return DutyTrouble(NOBODY_ON_DUTY, failing=True, evidence={"since": rfc3339(last_utc_ns), "minutes": minutes})


def patrol_trouble(rounds: Sequence[Round], now_utc_ns: int) -> DutyTrouble | None:
    """Whether the latest round whose time is over was missed; the next whole round puts it right."""
    over = [one for one in rounds if one.ends_utc_ns <= now_utc_ns and (one.missing or one.scans)]
    done = [one for one in rounds if one.state(now_utc_ns) is RoundState.DONE]
    if not over:
        return None
    last = max(over, key=lambda one: one.due_utc_ns)
    if last.state(now_utc_ns) is not RoundState.MISSED or any(one.due_utc_ns > last.due_utc_ns for one in done):
        return None
    missed = sum(one.state(now_utc_ns) is RoundState.MISSED for one in over)
    names = "、".join(point.name for point in last.missing)
    return DutyTrouble(
        PATROL_MISSED, failing=False, evidence={"due": rfc3339(last.due_utc_ns), "points": names, "missed": missed}
    )


def _first(gaps: Sequence[Gap]) -> dict[str, str | int]:
    return {"from": rfc3339(gaps[0].begins_utc_ns), "to": rfc3339(gaps[0].ends_utc_ns), "gaps": len(gaps)}
