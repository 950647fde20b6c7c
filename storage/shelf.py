"""Which volume a point's footage goes to now, and what is wrong with the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import structlog

from config.volume import Volume
from foundation.clock import NS_PER_S
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from storage.catalogue import Catalogue, SegmentKey
from storage.hands import LIMIT_S, Hands, nothing
from storage.segment import FOOTAGE
from storage.volume import VolumeIdentity, VolumeRefused, VolumeTrouble, identify, room, trouble_of
from storage.write_pace import WritePace

LOOK_EVERY_S: Final = 10.0
LOOK_LIMIT_S: Final = 5.0
STILL_THERE: Final = frozenset({VolumeTrouble.FULL, VolumeTrouble.SLOW})
"""Troubles of a volume that can be read and deleted on all the same."""

T = TypeVar("T")

_log = structlog.get_logger("shelf")


class NoPlace(Exception):
    """No volume takes footage now; `trouble` is that of the point's own volume."""

    def __init__(self, trouble: VolumeTrouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Place:
    """A volume that takes footage."""

    volume: Volume
    no: int
    uuid: str

    @property
    def root(self) -> Path:
        """Where it is mounted."""
        return self.volume.path


class Shelf(Service):
    """Looks at every volume again and again; a recorder asks it where to write and tells it what failed."""

    def __init__(
        self, volumes: Sequence[Volume], catalogue: Catalogue, findings: FindingBoard, *, limit_s: float = LIMIT_S
    ) -> None:
        """`limit_s` is how long anybody waits for a disk."""
        super().__init__("volumes")
        self._limit_s = limit_s
        self._volumes = {volume.id: volume for volume in volumes}
        self._catalogue = catalogue
        self._findings = findings
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._refused: dict[str, VolumeRefused] = {}
        self._hands = {volume.id: Hands(volume.id) for volume in volumes}
        self._paces = {volume.id: WritePace() for volume in volumes}
        self._set_aside: list[SegmentKey] = []

    def start(self) -> None:
        """Know every volume before the first recorder asks."""
        self.look()
        super().start()

    def _loop(self) -> None:
        while not self.stopping.wait(LOOK_EVERY_S):
            self.look()

    def look(self) -> None:
        """Identify every volume and measure its room; open and clear findings."""
        for volume in self._volumes.values():
            try:
                place = self._identified(volume)
                with self._lock:
                    self._places[volume.id] = place
                self._refuse_if_full(volume)
                self._refuse_if_slow(volume)
            except VolumeRefused as refused:
                self._refuse(volume, refused)
            else:
                with self._lock:
                    self._refused.pop(volume.id, None)
                for trouble in VolumeTrouble:
                    self._findings.clear(f"volume:{volume.id}", f"storage.volume_{trouble}")

    def _identified(self, volume: Volume) -> Place:
        known = self._catalogue.known_volume(volume.id)

        def look() -> tuple[VolumeIdentity, bool]:
            identity = identify(volume, known_uuid=known[1] if known else None)
            return identity, (volume.path / FOOTAGE).exists()

        identity, has_footage = self._looked(volume, look)
        no = known[0] if known else self._catalogue.enrol_volume(identity, empty=not has_footage)
        return Place(volume, no, identity.uuid)

    def _looked(self, volume: Volume, call: Callable[[], T]) -> T:
        try:
            return self._hands[volume.id].do(call, limit_s=min(LOOK_LIMIT_S, self._limit_s))
        except OSError as error:
            raise trouble_of(volume, error) from error

    def _refuse_if_full(self, volume: Volume) -> None:
        free = self._looked(volume, lambda: room(volume)).free
        if free < volume.reserve_bytes:
            raise VolumeRefused(
                VolumeTrouble.FULL,
                f"volume {volume.id}: {free // 2**20} MiB are free, {volume.reserve_bytes // 2**20} MiB are kept in "
                "reserve and nothing on it is old enough to go; add a disk",
            )

    def _refuse_if_slow(self, volume: Volume) -> None:
        with self._lock:
            slow_s = self._paces[volume.id].slow_s(self._catalogue.clock.running_ns())
        if slow_s is not None:
            raise VolumeRefused(
                VolumeTrouble.SLOW,
                f"volume {volume.id}: a fragment takes {slow_s:.1f} s to be on the disk, longer than it lasts; "
                "see to the disk or share",
            )

    def _refuse(self, volume: Volume, refused: VolumeRefused) -> None:
        with self._lock:
            before = self._refused.get(volume.id)
            self._refused[volume.id] = refused
            if refused.trouble not in STILL_THERE:
                self._places.pop(volume.id, None)
        if before is not None and before.trouble is refused.trouble:
            return
        _log.error("a volume takes no footage", volume=volume.id, trouble=refused.trouble.value, reason=str(refused))
        for trouble in VolumeTrouble:
            kind = f"storage.volume_{trouble}"
            if trouble is refused.trouble:
                self._findings.open(f"volume:{volume.id}", kind, Severity.FAILING, evidence={"reason": str(refused)})
            else:
                self._findings.clear(f"volume:{volume.id}", kind)

    def place_for(self, volume_id: str, *, urgent: bool = False) -> Place:
        """The point's own volume, else another that takes footage: recording moves on. A slow one is the last resort.

        `urgent` footage, around an alarm, may use a full volume's reserve. Raises NoPlace.
        """
        with self._lock:
            own = self._places.get(volume_id)
            candidates = [own] if own is not None else []
            candidates += [place for other_id, place in self._places.items() if other_id != volume_id]
            for trouble in (None, VolumeTrouble.SLOW):
                for place in candidates:
                    if self._trouble(place.volume.id) is trouble:
                        return place
            refused = self._refused.get(volume_id)
            if urgent and own is not None and self._trouble(volume_id) is VolumeTrouble.FULL:
                return own
        if refused is None:
            raise NoPlace(VolumeTrouble.MISSING, f"volume {volume_id} has not been looked at yet")
        raise NoPlace(refused.trouble, str(refused))

    def _trouble(self, volume_id: str) -> VolumeTrouble | None:
        refused = self._refused.get(volume_id)
        return None if refused is None else refused.trouble

    def places_for(self, volume_id: str, copy_volume_id: str | None, *, urgent: bool = False) -> list[Place]:
        """Where to write: `place_for`, and the copy's volume if that takes footage and is another. Raises NoPlace."""
        first = self.place_for(volume_id, urgent=urgent)
        with self._lock:
            copy = self._places.get(copy_volume_id or "")
            if copy is None or copy.no == first.no or copy_volume_id in self._refused:
                return [first]
            return [first, copy]

    def place(self, volume_id: str) -> Place | None:
        """A volume that is there (it may be full), to read from or delete on."""
        with self._lock:
            return self._places.get(volume_id)

    def places(self) -> list[Place]:
        """All volumes that are there."""
        with self._lock:
            return list(self._places.values())

    def do(
        self, place: Place, call: Callable[[], T], *, limit_s: float | None = None, late: Callable[[], None] = nothing
    ) -> T:
        """Make a call that touches a volume, but wait no longer than a limit (see storage.hands). Raises OSError."""
        return self._hands[place.volume.id].do(call, limit_s=limit_s or self._limit_s, late=late)

    def write(self, place: Place, call: Callable[[], None], *, late: Callable[[], None]) -> None:
        """The same for a fragment, whose time is measured. Raises OSError."""
        clock = self._catalogue.clock
        began_ns = clock.running_ns()
        self.do(place, call, late=late)
        now_ns = clock.running_ns()
        with self._lock:
            pace = self._paces[place.volume.id]
            pace.note((now_ns - began_ns) / NS_PER_S, now_ns)
            slow = pace.slow_s(now_ns) is not None and self._trouble(place.volume.id) is None
        if slow:
            try:
                self._refuse_if_slow(place.volume)
            except VolumeRefused as refused:
                self._refuse(place.volume, refused)  # the next minute goes elsewhere

    def set_aside(self, key: SegmentKey) -> None:
        """A file was left as the disk left it; StartupRepair closes it after its last whole fragment."""
        with self._lock:
            self._set_aside.append(key)

    def take_set_aside(self) -> list[SegmentKey]:
        """Files to repair, each handed out once."""
        with self._lock:
            keys, self._set_aside = self._set_aside, []
            return keys

    def report(self, place: Place, error: OSError) -> VolumeRefused:
        """A write failed: the volume takes nothing more until the next look finds it well."""
        refused = trouble_of(place.volume, error)
        self._refuse(place.volume, refused)
        return refused
