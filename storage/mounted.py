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
    """Volumes of the settings whose disk is the one that the catalogue knows."""
    known = {(row[1], row[2]): row[0] for row in reader.rows("SELECT no, id, uuid FROM volume")}
    found = []
    for volume in volumes:
        try:
            said = json.loads((volume.path / IDENTITY_FILE).read_text(encoding="utf-8"))
            no = known[(volume.id, said["uuid"])]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        found.append(Mounted(no, volume.id, volume.path))
    return found
