"""What else the machine was doing while something was timed: printed beside the figures, for they mean little alone."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Final

_STEAL, _COUNTED = 7, 8
"""Of the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal (proc(5))."""
_STAT: Final = Path("/proc/stat")
_SYNCS, _BETWEEN_S = 200, 0.01
_PAGE_BYTES: Final = 4096


class Conditions:
    """Made when the timing begins."""

    def __init__(self) -> None:
        self._began = _jiffies()

    def words(self) -> dict[str, float]:
        """Load of the last minute, and the share of processor time since the beginning that the host gave to others."""
        spent = [now - before for before, now in zip(self._began, _jiffies(), strict=True)]
        return {
            "load_1m": round(os.getloadavg()[0], 1),
            "steal_percent": round(100 * spent[_STEAL] / max(1, sum(spent)), 1),
        }


def _jiffies() -> list[int]:
    return [int(word) for word in _STAT.read_text(encoding="ascii").split("\n", 1)[0].split()[1 : 1 + _COUNTED]]


def disk_sync_ms() -> tuple[float, float]:
    """Median and 99th percentile of a bare fdatasync of one page where the benchmarks keep their files.

    Nothing that is answered only when it is on this disk can be faster at that percentile.
    """
    took_ms = []
    with tempfile.TemporaryFile(buffering=0) as file:
        for number in range(_SYNCS):
            began = time.perf_counter()
            os.pwrite(file.fileno(), bytes(_PAGE_BYTES), number * _PAGE_BYTES)
            os.fdatasync(file.fileno())
            took_ms.append((time.perf_counter() - began) * 1_000)
            time.sleep(_BETWEEN_S)
    took_ms.sort()
    return round(took_ms[_SYNCS // 2], 2), round(took_ms[_SYNCS * 99 // 100], 2)
