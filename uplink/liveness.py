"""Does a path carry? Pure rules for both ends; heartbeats decide, wills and connections are hints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from foundation.clock import NS_PER_S
from uplink.messages.heartbeat import LOST_AFTER_S, Heartbeat
from uplink.messages.path_state import Birth, Will

LOST_AFTER_NS: Final = round(LOST_AFTER_S * NS_PER_S)


class PathStatus(StrEnum):
    """What is known of a path; unknown is not good."""

    UNKNOWN = "unknown"
    """Not heard of long enough to say."""
    UP = "up"
    LOST = "lost"
    """断线."""
    LEFT = "left"
    """The agent said that it goes: stopped or restarted in order."""


# ── the center's side ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPath:
    """What the center has heard of one path of a campus."""

    birth: int = -1
    number: int = 0
    first_heard_ns: int = 0
    """Running clock at the first word of this birth."""
    last_beat_ns: int | None = None
    """Running clock at the last heartbeat of this birth."""
    left: bool = False
    fell: bool = False
    """The will of this birth was fired: the broker lost the connection."""


def hear(path: HeardPath, message: Birth | Will | Heartbeat, now_ns: int) -> HeardPath | None:
    """Take a word of state in; None if it is stale and says nothing (a half-open old session's will, a replay)."""
    if message.birth < path.birth:
        return None
    fresh = path if message.birth == path.birth else HeardPath(birth=message.birth, first_heard_ns=now_ns)
    match message:
        case Birth():
            return fresh if fresh is not path else None
        case Will():
            return replace(fresh, left=message.orderly, fell=not message.orderly)
        case Heartbeat():
            if message.number <= fresh.number:
                return None
            return replace(fresh, number=message.number, last_beat_ns=now_ns, left=False, fell=False)


def heard_status(path: HeardPath, now_ns: int) -> PathStatus:
    """The center's verdict on a path now."""
    if path.left:
        return PathStatus.LEFT
    if path.fell:
        return PathStatus.LOST
    if path.last_beat_ns is None:
        # A retained birth may be years old: it proves nothing until a heartbeat follows.
        return PathStatus.UNKNOWN if now_ns - path.first_heard_ns <= LOST_AFTER_NS else PathStatus.LOST
    return PathStatus.UP if now_ns - path.last_beat_ns <= LOST_AFTER_NS else PathStatus.LOST


# ── the campus's side ──────────────────────────────────────────────────────────────────────────────────────────────


class Loss(StrEnum):
    """Why a path is lost, as the campus sees it."""

    NO_CONNECTION = "no_connection"
    NO_HEARTBEAT = "no_heartbeat"
    """The broker is there, the center is not heard through it."""
    NOT_HEARD = "not_heard"
    """We hear the center, but it does not hear us."""
    NO_RECEIPTS = "no_receipts"
    """Heartbeats pass both ways, and yet alarms sent on it get no receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedPath:
    """What the campus has heard on one of its paths; all times by its running clock."""

    since_ns: int
    """When this was begun: nothing is judged before it could have been heard."""
    connected: bool = False
    last_beat_ns: int | None = None
    """The last heartbeat of the center."""
    last_echo_ns: int | None = None
    """The last heartbeat of the center that told of a new one of ours."""
    unanswered_since_ns: int | None = None
    """When the oldest message that still waits was first sent here, unless a receipt came here since."""


@dataclass(frozen=True, slots=True)
class PathVerdict:
    """Up, lost with a reason, or unknown."""

    status: PathStatus
    loss: Loss | None = None


def judge(path: CarriedPath, now_ns: int) -> PathVerdict:
    """The campus's verdict on a path now."""

    def silent(last_ns: int | None) -> bool:
        return now_ns - max(last_ns or 0, path.since_ns) > LOST_AFTER_NS

    if silent(path.last_beat_ns):
        return PathVerdict(PathStatus.LOST, Loss.NO_HEARTBEAT if path.connected else Loss.NO_CONNECTION)
    if silent(path.last_echo_ns):
        return PathVerdict(PathStatus.LOST, Loss.NOT_HEARD)
    if path.unanswered_since_ns is not None and now_ns - path.unanswered_since_ns > LOST_AFTER_NS:
        return PathVerdict(PathStatus.LOST, Loss.NO_RECEIPTS)
    if path.last_beat_ns is None or path.last_echo_ns is None or not path.connected:
        return PathVerdict(PathStatus.UNKNOWN)
    return PathVerdict(PathStatus.UP)
