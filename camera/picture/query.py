"""What other roles read of the points' pictures; imports no OpenCV."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from camera.device_state import DeviceState
from foundation.clock import NS_PER_S
from foundation.sqlite import open_read_only

FRESH_NS: Final = 60 * NS_PER_S
"""Six looks: what was seen longer ago is not known any more."""


@dataclass(frozen=True, slots=True)
class PictureStatus:
    """The latest look at a point."""

    point_id: str
    state: DeviceState
    unjudged: str
    """Why something could not be judged: 'no_reference', 'too_little_texture', 'too_dark', 'partly'; empty: all was."""
    unseen: tuple[str, ...]
    """Conditions that would pass unseen at this place by this light, if it is judged in part."""
    suspicions: dict[str, tuple[float, float]]
    """Condition to measure and threshold."""
    open: tuple[str, ...]
    light: str
    looked_utc_ns: int | None
    trouble: str


@dataclass(frozen=True, slots=True)
class PictureEpisode:
    """A time in which a point's picture was bad."""

    id: str
    point_id: str
    condition: str
    suspected_utc_ns: int
    opened_utc_ns: int
    ended_utc_ns: int | None
    measure: float
    threshold: float


def picture_states(path: Path, *, now_utc_ns: int | None = None) -> tuple[PictureStatus, ...]:
    """Every point, by id; with `now_utc_ns`, one not looked at for a minute is unknown. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT point_id, state, unjudged, suspicions, open, light, looked_utc_ns, trouble FROM picture "
            "ORDER BY point_id"
        )
    found = [
        PictureStatus(
            row[0],
            DeviceState(row[1]),
            *_unjudged(row[2]),
            {condition: (figures[0], figures[1]) for condition, figures in json.loads(row[3]).items()},
            tuple(json.loads(row[4])),
            *row[5:],
        )
        for row in rows
    ]
    if now_utc_ns is None:
        return tuple(found)
    oldest = now_utc_ns - FRESH_NS
    return tuple(
        status if (status.looked_utc_ns or 0) >= oldest else replace(status, state=DeviceState.UNKNOWN)
        for status in found
    )


def _unjudged(written: str) -> tuple[str, tuple[str, ...]]:
    reason, _, unseen = written.partition(":")
    return reason, tuple(unseen.split(",")) if unseen else ()


def picture_episodes(path: Path, *, from_utc_ns: int, until_utc_ns: int) -> tuple[PictureEpisode, ...]:
    """Episodes that began within a stretch, oldest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, point_id, condition, suspected_utc_ns, opened_utc_ns, ended_utc_ns, measure, threshold "
            "FROM picture_episode WHERE suspected_utc_ns >= ? AND suspected_utc_ns < ? ORDER BY suspected_utc_ns",
            (from_utc_ns, until_utc_ns),
        )
    return tuple(PictureEpisode(*row) for row in rows)


def episode_pictures(path: Path, episode_id: str) -> tuple[bytes, bytes | None] | None:
    """The bad picture and how it should be, as JPEG; None if there is no such episode. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT picture, reference FROM picture_episode WHERE id = ?", (episode_id,))
    return (row[0], row[1]) if row else None
