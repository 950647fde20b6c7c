"""Has the view moved? The same corners are looked for in two pictures (8 ms, so only on suspicion)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import cv2
import numpy as np

from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Plane

_FEATURES: Final = 500
_LEAST_INLIERS: Final = 18
_LEAST_SHARE: Final = 0.25
_RATIO: Final = 0.8  # Lowe's test


@dataclass(frozen=True, slots=True)
class Motion:
    """How a view lies against its reference, at 640x360."""

    shift_px: float
    """Of the picture's middle."""
    roll_deg: float
    scale: float


@cache
def _orb() -> Any:
    return cv2.ORB_create(_FEATURES)  # type: ignore[attr-defined]


def find_motion(reference: Plane, now: Plane) -> Motion | None:
    """How the view moved, or None if the two pictures have too little in common to say."""
    points, descriptors = _orb().detectAndCompute(reference, None)
    points_now, descriptors_now = _orb().detectAndCompute(now, None)
    if descriptors is None or descriptors_now is None or len(points) < 2 or len(points_now) < 2:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, descriptors_now, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    if len(good) < _LEAST_INLIERS:
        return None
    source = np.array([points[match.queryIdx].pt for match in good], np.float32)
    target = np.array([points_now[match.trainIdx].pt for match in good], np.float32)
    matrix: Any
    matrix, inliers = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=3.0)
    if matrix is None or int(inliers.sum()) < max(_LEAST_INLIERS, _LEAST_SHARE * len(good)):
        return None
    middle = np.array([WIDTH_PX / 2, HEIGHT_PX / 2, 1.0])
    moved = matrix @ middle - middle[:2]
    return Motion(
        shift_px=float(np.hypot(*moved)),
        roll_deg=float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
        scale=float(np.hypot(matrix[0, 0], matrix[1, 0])),
    )
