"""How the processor is used for looks: one thread each, and the memory of a look serves the next one."""

from __future__ import annotations

import ctypes
from typing import Final

import cv2

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # mallopt(3)
_KEPT_BYTES: Final = 8 << 20
"""More than any plane of a look (0.9 MB) and than what a look holds at once (about 6 MB)."""


def use_sparingly() -> None:
    """For the whole process: OpenCV without threads of its own, which cost more than they bring at 640x360, and planes
    from memory that is kept.

    Otherwise the C library gives each plane back to the kernel and gets it again page by page: a third of the time.
    """
    cv2.setNumThreads(1)
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's; others do without
    if set_option is not None:
        for option in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            set_option(option, _KEPT_BYTES)
