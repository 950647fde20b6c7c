"""Whether the alarm database lies on a turning disk that footage is written to: then a press waits for the heads."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_SYS: Final = Path("/sys/dev/block")


def shares_spinning_disk(state: Path, volumes: Iterable[Path], *, sys_block: Path = _SYS) -> list[Path]:
    """Those volumes that lie on the same turning disk as the state directory; empty where the kernel does not say.

    Folders that are not there yet count by the nearest one above that is.
    """
    own = _disk_of(state, sys_block)
    if own is None or not _turns(own):
        return []
    return [volume for volume in volumes if _disk_of(volume, sys_block) == own]


def _disk_of(path: Path, sys_block: Path) -> Path | None:
    while not path.exists() and path != path.parent:
        path = path.parent
    number = path.stat().st_dev
    block = sys_block / f"{os.major(number)}:{os.minor(number)}"
    if not block.exists():
        return None  # a network share, a memory file system
    found = block.resolve()
    return found.parent if (found / "partition").exists() else found


def _turns(disk: Path) -> bool:
    try:
        return (disk / "queue" / "rotational").read_text(encoding="ascii").strip() == "1"
    except OSError:
        return False
