"""Gives stills: the last keyframe on disk at or before an instant, the camera's own picture where "now" has none.

The process that asks stays light: files are read and pictures decoded in a child that lives for one picture.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from camera.device_error import DeviceError, LoginRefused
from camera.login import Login
from camera.query import may_try, stream_source
from camera.still import take_still
from config.credential import CredentialError
from config.settings import Settings
from edge_agent.role import Role
from edge_agent.stills.decode_reply import NOTHING_THEN, read_reply
from edge_agent.stills.still import (
    CameraRefused,
    CameraSilent,
    FootageUnreadable,
    NoCameraAddress,
    NoFootageThen,
    PointUnknown,
    Still,
    StillError,
    StillSource,
    TookTooLong,
    TooManyLooking,
)
from foundation.clock import NS_PER_S, Clock, rfc3339
from foundation.short_process import OutOfTimeError, RefusedWorkError, ShortProcessError, WorkLimits, run_short
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from storage.query import latest_segment, segments_between

LIMITS: Final = WorkLimits(wall_s=4, cpu_s=4, memory_bytes=1536 * 1024**2, output_bytes=32 * 1024**2, nice=0)
"""A 1080p keyframe takes about 0.3 s; a 4K one with its JPEG stays under 32 MB and 1.5 GB of address space."""
NOW_S: Final = 15
"""A keyframe of "now" is not older: cameras send one every 1 to 10 s."""
THEN_S: Final = 30
"""How far before the instant asked for a keyframe may lie; savings modes of cameras stretch to 20 s."""
MOST_AT_ONCE: Final = 2
WAIT_S: Final = 4.0
HOLD_S: Final = 1800
"""After a refused log-in; a camera locks an account after about five."""
_NS_PER_MS: Final = 1_000_000
_NOW_KEPT_S: Final = 1
_THEN_KEPT_S: Final = 60
_MOST_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class _Asked:
    point: str
    at_ms: int | None
    largest_px: int | None


class Stills:
    """Usable from any thread; at most two pictures are made at once."""

    def __init__(self, settings: Settings, state: StateDirectory, clock: Clock, *, limits: WorkLimits = LIMITS) -> None:
        self._settings = settings
        self._catalogue = state.database("catalogue")
        self._cameras = state.database("cameras")
        self._clock = clock
        self._limits = limits
        self._may_try = may_try(state.journal(Role.INSPECTOR), state.journal(Role.RECORDER))
        self._at_work = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Asked, tuple[Still, int]] = OrderedDict()
        self._refused: dict[str, int] = {}

    def still(self, point_id: str, at_utc_ns: int | None = None, *, largest_px: int | None = None) -> Still:
        """What a point shows now (None) or showed at an instant. `largest_px` bounds the longer side of footage.

        Raises the subclasses of StillError.
        """
        asked = _Asked(point_id, None if at_utc_ns is None else at_utc_ns // _NS_PER_MS, largest_px)
        found = self._from_kept(asked)
        if found is None:
            if not self._at_work.acquire(timeout=WAIT_S):
                raise TooManyLooking(f"{MOST_AT_ONCE} stills are being made and none was ready within {WAIT_S:g} s")
            try:
                found = self._from_kept(asked) or self._keep(asked, self._make(asked))
            finally:
                self._at_work.release()
        return replace(found, age_s=(self._clock.utc_ns() - found.shows_utc_ns) / NS_PER_S)

    def _from_kept(self, asked: _Asked) -> Still | None:
        with self._lock:
            still, until_ns = self._kept.get(asked, (None, 0))
            return still if until_ns > self._clock.running_ns() else None

    def _keep(self, asked: _Asked, still: Still) -> Still:
        kept_s = _NOW_KEPT_S if asked.at_ms is None else _THEN_KEPT_S
        with self._lock:
            self._kept[asked] = (still, self._clock.running_ns() + kept_s * NS_PER_S)
            self._kept.move_to_end(asked)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        return still

    def _make(self, asked: _Asked) -> Still:
        if asked.at_ms is not None:
            return self._footage(asked, asked.at_ms, THEN_S)
        try:
            return self._footage(asked, self._clock.utc_ns() // _NS_PER_MS, NOW_S)
        except PointUnknown:
            raise
        except StillError as none:
            return self._camera(asked.point, none)

    # ── from the disks ──

    def _footage(self, asked: _Asked, at_ms: int, reach_s: int) -> Still:
        not_before_ms = at_ms - reach_s * 1000
        files = self._files(asked.point, not_before_ms, at_ms)
        if not files:
            raise NoFootageThen(f"{asked.point}: nothing was recorded around {rfc3339(at_ms * _NS_PER_MS)}")
        order = {
            "files": [str(file) for file in files],
            "point": asked.point,
            "at_ms": at_ms,
            "not_before_ms": not_before_ms,
            "largest_px": asked.largest_px,
        }
        try:
            reply = run_short("edge_agent.stills.decode", json.dumps(order).encode(), self._limits)
        except OutOfTimeError as error:
            raise TookTooLong(f"{asked.point}: {error}") from error
        except RefusedWorkError as refused:
            if str(refused) == NOTHING_THEN:
                raise NoFootageThen(f"{asked.point}: no keyframe around {rfc3339(at_ms * _NS_PER_MS)}") from refused
            raise FootageUnreadable(f"{asked.point}: the footage does not decode") from refused
        except ShortProcessError as error:
            raise FootageUnreadable(f"{asked.point}: {error}") from error
        shows_ms, jpeg = read_reply(reply)
        return Still(jpeg=jpeg, shows_utc_ns=shows_ms * _NS_PER_MS, age_s=0, source=StillSource.FOOTAGE)

    def _files(self, point_id: str, from_ms: int, to_ms: int) -> list[Path]:
        """Where the footage of a stretch may lie, newest first: each segment below each volume's root."""
        in_settings = any(point.id == point_id for point in self._settings.points)
        try:
            segments = segments_between(self._catalogue, point_id, from_ms, to_ms + 1)
            known = in_settings or latest_segment(self._catalogue, point_id) is not None
        except DatabaseError as error:
            if not in_settings:
                raise PointUnknown(point_id) from error
            raise FootageUnreadable(f"the catalogue cannot be read: {error}") from error
        if not known:
            raise PointUnknown(point_id)
        roots = [volume.path for volume in self._settings.volumes]
        if in_settings:
            own = self._settings.volume(self._settings.point(point_id).volume).path
            roots = [own, *(root for root in roots if root != own)]
        newest = sorted(segments, key=lambda segment: segment.key.start_ms, reverse=True)
        return [root / segment.path for segment in newest for root in roots]

    # ── from the camera ──

    def _camera(self, point_id: str, none: StillError) -> Still:
        point = self._settings.point(point_id)
        device = self._settings.device(point.device)
        if not self._allowed(device.id):
            raise CameraRefused(f"{device.id} refused the log-in; nobody tries before that is mended") from none
        try:
            known = stream_source(self._cameras, device.id, point.source) if self._cameras.exists() else None
        except DatabaseError as error:
            raise NoCameraAddress(f"{device.id}: {error}") from error
        if known is None or known.snapshot_uri is None:
            raise NoCameraAddress(f"{device.id} has not told where it gives stills; {none}") from none
        try:
            login = self._login(device.credential)
            taken = take_still(known.snapshot_uri, login, self._clock)
        except (LoginRefused, CredentialError) as error:
            with self._lock:
                self._refused[device.id] = self._clock.running_ns()
            raise CameraRefused(f"{device.id}: {error}") from error
        except DeviceError as error:
            raise CameraSilent(f"{device.id}: {error}") from error
        return Still(jpeg=taken.jpeg, shows_utc_ns=taken.taken_utc_ns, age_s=0, source=StillSource.CAMERA)

    def _login(self, credential_id: str | None) -> Login | None:
        if credential_id is None:
            return None
        credential = self._settings.credential(credential_id)
        return Login(credential.user, credential.password())

    def _allowed(self, device_id: str) -> bool:
        with self._lock:
            refused_ns = self._refused.get(device_id)
        if refused_ns is not None and self._clock.running_ns() - refused_ns < HOLD_S * NS_PER_S:
            return False
        try:
            return self._may_try(device_id)
        except DatabaseError:  # in doubt no log-in is tried
            return False
