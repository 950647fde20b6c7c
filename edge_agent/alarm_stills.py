"""Stills of an alarm's nearest points (报警取图), taken as soon as it is told and kept for themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from alarms.facts import AlarmRaisedFact
from edge_agent.stills.still import Still, StillError, StillSource
from foundation.clock import NS_PER_S, Clock
from foundation.ids import is_slug
from foundation.journal import Entry

_log = structlog.get_logger("alarm-stills")

KEPT_DAYS: Final = 365
"""A school's own picture of an alarm ends with the year; what an inquiry needs is exported before."""
LARGEST_PX: Final = 1280
_DAY_S: Final = 86_400
_NS_PER_MS: Final = 1_000_000


class AlarmStills:
    """Files POINT.PRESSED_MS.SHOWS_MS.jpg in one folder; `still` stands before `Stills.still` on the pages."""

    def __init__(self, folder: Path, still: Callable[..., Still], clock: Clock) -> None:
        """`still` is edge_agent.stills.stills.Stills.still."""
        self._folder = folder
        self._still = still
        self._clock = clock

    def take(self, entry: Entry) -> None:
        """Handler for a Tail of alarms.sqlite, which is nobody's way: the alarm went out long before."""
        if entry.kind != AlarmRaisedFact.kind:
            return
        alarm = entry.read(AlarmRaisedFact)
        self._folder.mkdir(mode=0o750, exist_ok=True)
        self._sweep()
        for point in alarm.nearest_points:
            if self._filed(point, alarm.pressed_utc_ns // _NS_PER_MS) is None:
                self._keep(point, alarm.pressed_utc_ns)

    def still(self, point_id: str, at_utc_ns: int | None = None, *, largest_px: int | None = None) -> Still:
        """As `Stills.still`: the kept picture of an alarm pressed at that millisecond, else from footage or camera."""
        filed = self._filed(point_id, at_utc_ns // _NS_PER_MS) if at_utc_ns is not None else None
        if filed is None:
            return self._still(point_id, at_utc_ns, largest_px=largest_px)
        shows_utc_ns = int(filed.name.split(".")[2]) * _NS_PER_MS
        age_s = (self._clock.utc_ns() - shows_utc_ns) / NS_PER_S
        return Still(jpeg=filed.read_bytes(), shows_utc_ns=shows_utc_ns, age_s=age_s, source=StillSource.FOOTAGE)

    def _filed(self, point: str, at_ms: int) -> Path | None:
        return next(self._folder.glob(f"{point}.{at_ms}.*.jpg"), None) if is_slug(point) else None

    def _keep(self, point: str, pressed_utc_ns: int) -> None:
        try:
            still = self._still(point, pressed_utc_ns, largest_px=LARGEST_PX)
        except StillError as none:
            try:  # nothing recorded it; what the camera sees a moment later is better than nothing
                still = self._still(point, None, largest_px=LARGEST_PX)
            except StillError as error:
                _log.warning("no picture of a point at an alarm", point=point, then=str(none), now=str(error))
                return
        name = f"{point}.{pressed_utc_ns // _NS_PER_MS}.{still.shows_utc_ns // _NS_PER_MS}.jpg"
        fresh = self._folder / f"{name}.new"
        fresh.write_bytes(still.jpeg)
        fresh.rename(self._folder / name)

    def _sweep(self) -> None:
        oldest_s = self._clock.utc_ns() / NS_PER_S - KEPT_DAYS * _DAY_S
        for file in self._folder.glob("*.jpg"):
            if file.stat().st_mtime < oldest_s:
                file.unlink(missing_ok=True)
