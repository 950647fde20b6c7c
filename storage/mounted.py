"""Which of the settings' volumes are there, as their disks say themselves: for roles that only read footage."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Self, TypeVar

from config.volume import Volume
from foundation.sqlite import Transaction
from storage.hands import LIMIT_S, Hands
from storage.volume import IDENTITY_FILE, trouble_of

READ_LIMIT_S: Final = 5.0
"""Per call, where somebody waits before a screen for footage."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume that is there now."""

    no: int
    id: str
    root: Path
    limit_s: float = LIMIT_S

    def do(self, call: Callable[[], T], /) -> T:
        """Make a call that touches the volume, but wait no longer than its limit. Raises OSError."""
        return _hands(self.root).do(call, limit_s=self.limit_s)


@dataclass(frozen=True, slots=True)
class Absent:
    """A volume with footage that cannot be read now."""

    id: str
    reason: str

    @classmethod
    def after(cls, volume: Mounted, error: OSError) -> Self:
        """One that was there and failed."""
        return cls(volume.id, str(trouble_of(Volume(id=volume.id, path=volume.root), error)))


@dataclass(frozen=True, slots=True)
class Present:
    """What of the footage can be read now, and what cannot."""

    here: tuple[Mounted, ...]
    absent: tuple[Absent, ...]


@cache
def _hands(root: Path) -> Hands:
    # One for each disk and process: whoever asks again after a share that still hangs is answered at once.
    return Hands(root.name)


def present(reader: Transaction, volumes: Iterable[Volume], *, limit_s: float = LIMIT_S) -> Present:
    """Look which volumes' disks are the ones that the catalogue knows; one that was never used is neither here nor
    absent. One that the recorder found to be away is not touched, for it may hang whoever does."""
    known: dict[str, tuple[int, str, int | None]] = {
        volume_id: (no, identity, away_ms)
        for no, volume_id, identity, away_ms in reader.rows(
            "SELECT v.no, v.id, v.uuid, p.away_ms FROM volume v LEFT JOIN presence p ON p.volume_no = v.no "
            "ORDER BY v.no"
        )
    }
    here: list[Mounted] = []
    absent: list[Absent] = []
    for volume in volumes:
        if volume.id not in known:
            continue
        no, identity, away_ms = known[volume.id]
        if away_ms is not None:
            absent.append(Absent(volume.id, f"volume {volume.id}: the recorder cannot reach {volume.path}"))
            continue
        candidate = Mounted(no, volume.id, volume.path, limit_s)
        try:
            said = json.loads(candidate.do((volume.path / IDENTITY_FILE).read_text))["uuid"]
        except OSError as error:
            absent.append(Absent(volume.id, str(trouble_of(volume, error))))
        except (ValueError, KeyError, TypeError):
            absent.append(Absent(volume.id, f"volume {volume.id}: {volume.path / IDENTITY_FILE} is damaged"))
        else:
            if said == identity:
                here.append(candidate)
            else:
                absent.append(Absent(volume.id, f"volume {volume.id}: the disk at {volume.path} is another one"))
    return Present(tuple(here), tuple(absent))


def mounted(reader: Transaction, volumes: Iterable[Volume], *, limit_s: float = LIMIT_S) -> list[Mounted]:
    """The volumes that are there."""
    return list(present(reader, volumes, limit_s=limit_s).here)
