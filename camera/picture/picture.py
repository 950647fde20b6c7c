"""A picture as it is judged: 640x360, brightness and colour apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

WIDTH_PX: Final = 640
HEIGHT_PX: Final = 360

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Picture:
    """Brightness at 640x360 and the two colour planes at whatever size they came (BT.601 or 709, 128 is grey)."""

    y: Plane
    u: Plane
    v: Plane
    taken_utc_ns: int = 0


def from_planes(y: Plane, u: Plane, v: Plane, taken_utc_ns: int = 0) -> Picture:
    """A picture of any size, brought to the judged size."""
    if y.shape != (HEIGHT_PX, WIDTH_PX):
        y = _resized(y)
    return Picture(y, u, v, taken_utc_ns)


def from_bgr(bgr: npt.NDArray[np.uint8], taken_utc_ns: int = 0) -> Picture:
    """A picture as OpenCV reads it."""
    small = _resized(bgr)
    planar: Any = cv2.cvtColor(small, cv2.COLOR_BGR2YUV)
    y, u, v = (np.ascontiguousarray(planar[:, :, index]) for index in range(3))
    return Picture(y, u, v, taken_utc_ns)


def to_jpeg(picture: Picture, quality: int = 70) -> bytes:
    """The picture's brightness as a JPEG, to be kept beside a finding."""
    done, data = cv2.imencode(".jpg", picture.y, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return bytes(data)


def _resized(plane: npt.NDArray[np.uint8]) -> Any:
    return cv2.resize(plane, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)
