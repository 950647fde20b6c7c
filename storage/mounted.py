"""Which of the settings' volumes are there, as their disks say themselves: for roles that only read footage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from config.volume import Volume
from foundation.sqlite import Transaction
from storage.volume import IDENTITY_FILE


@dataclass(frozen=True, slots=True)
class Mounted:
    """A volume that is there now."""

    no: int
    id: str
    root: Path


def mounted(reader: Transaction, volumes: Iterable[Volume]) -> list[Mounted]:
    """Volumes of the settings whose disk is the one that the catalogue knows; one that the recorder found to be away
    is not touched, for it may hang whoever does."""
    known = {
        (volume_id, identity): no
        for no, volume_id, identity in reader.rows(
            "SELECT no, id, uuid FROM volume WHERE no NOT IN (SELECT volume_no FROM presence WHERE away_ms IS NOT NULL)"
        )
    }
    found = []
    for volume in volumes:
        try:
            said = json.loads((volume.path / IDENTITY_FILE).read_text(encoding="utf-8"))
            no = known[(volume.id, said["uuid"])]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(Mounted(no, volume.id, volume.path))
    return found
