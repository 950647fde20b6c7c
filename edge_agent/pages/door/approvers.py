"""Who may be named as the one who approved (批准人): the leaders on duty today."""

from __future__ import annotations

from pathlib import Path

from foundation.clock import beijing_day
from gate.hours import DAY_MINUTES, moment_of
from gate.roster import Post, on_shift, read_shifts


def approver_names(orders: Path, now_utc_ns: int) -> tuple[str, ...]:
    """Leaders on duty now, else those of today; names once each. Raises DatabaseError."""
    day = beijing_day(now_utc_ns)
    shifts = read_shifts(orders, moment_of(day, 0), moment_of(day, DAY_MINUTES))
    now = on_shift(shifts, Post.LEADER, now_utc_ns) or tuple(one for one in shifts if one.post is Post.LEADER)
    return tuple(dict.fromkeys(one.name for one in now))
