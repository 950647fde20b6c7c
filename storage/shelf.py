"""Which volume a point's footage goes to now, and what is wrong with the others."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from config.volume import Volume
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from storage.catalogue import Catalogue
from storage.segment import FOOTAGE
from storage.volume import VolumeRefused, VolumeTrouble, identify, room, trouble_of

LOOK_EVERY_S: Final = 10.0

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

    def __init__(self, volumes: Sequence[Volume], catalogue: Catalogue, findings: FindingBoard) -> None:
        super().__init__("volumes")
        self._volumes = {volume.id: volume for volume in volumes}
        self._catalogue = catalogue
        self._findings = findings
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._refused: dict[str, VolumeRefused] = {}

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
                _refuse_if_full(volume)
            except VolumeRefused as refused:
                self._refuse(volume, refused)
            else:
                with self._lock:
                    self._refused.pop(volume.id, None)
                for trouble in VolumeTrouble:
                    self._findings.clear(f"volume:{volume.id}", f"storage.volume_{trouble}")

    def _identified(self, volume: Volume) -> Place:
        known = self._catalogue.known_volume(volume.id)
        identity = identify(volume, known_uuid=known[1] if known else None)
        if known is None:
            no = self._catalogue.enrol_volume(identity, empty=not (volume.path / FOOTAGE).exists())
        else:
            no = known[0]
        return Place(volume, no, identity.uuid)

    def _refuse(self, volume: Volume, refused: VolumeRefused) -> None:
        with self._lock:
            before = self._refused.get(volume.id)
            self._refused[volume.id] = refused
            if refused.trouble is not VolumeTrouble.FULL:
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
        """The point's own volume, else another that takes footage: recording moves on.

        `urgent` footage, around an alarm, may use a full volume's reserve. Raises NoPlace.
        """
        with self._lock:
            own = self._places.get(volume_id)
            if own is not None and volume_id not in self._refused:
                return own
            for other_id, other in self._places.items():
                if other_id not in self._refused:
                    return other
            refused = self._refused.get(volume_id)
            if urgent and own is not None and refused is not None and refused.trouble is VolumeTrouble.FULL:
                return own
        if refused is None:
            raise NoPlace(VolumeTrouble.MISSING, f"volume {volume_id} has not been looked at yet")
        raise NoPlace(refused.trouble, str(refused))

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

    def report(self, place: Place, error: OSError) -> VolumeRefused:
        """A write failed: the volume takes nothing more until the next look finds it well."""
        refused = trouble_of(place.volume, error)
        self._refuse(place.volume, refused)
        return refused


def _refuse_if_full(volume: Volume) -> None:
    free = room(volume).free
    if free < volume.reserve_bytes:
        raise VolumeRefused(
            VolumeTrouble.FULL,
            f"volume {volume.id}: {free // 2**20} MiB are free, {volume.reserve_bytes // 2**20} MiB are kept in "
            "reserve and nothing on it is old enough to go; add a disk",
        )
