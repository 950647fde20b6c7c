"""Has the view moved? The same corners are looked for in two pictures (2 to 8 ms, so only on suspicion)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.measure import HALF
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Plane

Matrix = npt.NDArray[np.float64]
"""2x3: where a point of the reference lies now, in pixels of 640x360."""

_CORNERS: Final = 120
_CORNER_QUALITY: Final = 0.01
_CORNER_APART_PX: Final = 7
_WINDOW: Final = (15, 15)
_LEVELS: Final = 3  # pyramids of the half picture: reaches about 60 px of the whole
_FEATURES: Final = 500
_RATIO: Final = 0.8  # Lowe's test
_FIT_PX: Final = 2.5
_TRIES: Final = 400  # finds 30 % of inliers with 99 % certainty: a similarity needs two
_LEAST_INLIERS: Final = 12
_LEAST_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Motion:
    """How a view lies against its reference, at 640x360."""

    matrix: Matrix

    @property
    def shift_px(self) -> float:
        """Of the picture's middle."""
        middle = np.array([WIDTH_PX / 2, HEIGHT_PX / 2, 1.0])
        return float(np.hypot(*(self.matrix @ middle - middle[:2])))

    @property
    def roll_deg(self) -> float:
        """Clockwise on the screen."""
        return float(np.degrees(np.arctan2(self.matrix[1, 0], self.matrix[0, 0])))

    @property
    def scale(self) -> float:
        """Zoomed in above 1."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))


@dataclass(frozen=True)
class View:
    """A picture that others are laid against; what is found in it is found once."""

    picture: Plane

    @cached_property
    def even(self) -> Plane:
        """Half size and without its exposure."""
        half: Any = cv2.resize(self.picture, HALF, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.equalizeHist(half), np.uint8)

    @cached_property
    def corners(self) -> npt.NDArray[np.float32]:
        """Places that can be found again (Shi and Tomasi); empty in a plain picture."""
        inside = _between_writing(self.even.shape)
        found: Any = cv2.goodFeaturesToTrack(self.even, _CORNERS, _CORNER_QUALITY, _CORNER_APART_PX, mask=inside)
        return np.zeros((0, 1, 2), np.float32) if found is None else np.asarray(found, np.float32)

    @cached_property
    def features(self) -> tuple[npt.NDArray[np.float32], Any]:
        """Corners with a description of each (ORB)."""
        points, descriptors = _orb().detectAndCompute(self.picture, _between_writing(self.picture.shape))
        return np.array([point.pt for point in points], np.float32), descriptors


@cache
def _between_writing(shape: tuple[int, ...]) -> Plane:
    # Cameras write clock and name at the top and at the bottom: what stands there does not move with the view.
    mask = np.zeros(shape, np.uint8)
    mask[shape[0] // 9 : -(shape[0] // 9)] = 255
    return mask


@cache
def _orb() -> Any:
    return cv2.ORB_create(_FEATURES)  # type: ignore[attr-defined]


def follow(reference: View, now: View) -> Motion | None:
    """Motion by following corners (Lucas and Kanade): quick, for views that moved little. None: nothing holds."""
    corners = reference.corners
    if len(corners) < _LEAST_INLIERS:
        return None
    found: Any
    status: Any
    found, status, _ = cv2.calcOpticalFlowPyrLK(
        reference.even, now.even, corners, np.zeros_like(corners), winSize=_WINDOW, maxLevel=_LEVELS
    )
    kept = status.ravel() == 1
    return _fit(corners[kept] * 2, found[kept] * 2, len(corners))


def match(reference: View, now: View) -> Motion | None:
    """Motion by describing corners and comparing (ORB): dearer, for views that moved far. None: nothing holds."""
    points, descriptors = reference.features
    points_now, descriptors_now = now.features
    if descriptors is None or descriptors_now is None or len(points) < 2 or len(points_now) < 2:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(descriptors, descriptors_now, k=2)
    good = [pair[0] for pair in pairs if len(pair) == 2 and pair[0].distance < _RATIO * pair[1].distance]
    source = np.array([points[pair.queryIdx] for pair in good], np.float32)
    target = np.array([points_now[pair.trainIdx] for pair in good], np.float32)
    return _fit(source, target, len(good))


def _fit(source: npt.NDArray[np.float32], target: npt.NDArray[np.float32], tried: int) -> Motion | None:
    if len(source) < _LEAST_INLIERS:
        return None
    matrix: Any
    matrix, inliers = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_FIT_PX, maxIters=_TRIES
    )
    if matrix is None or int(inliers.sum()) < max(_LEAST_INLIERS, _LEAST_SHARE * tried):
        return None
    return Motion(np.asarray(matrix, np.float64))
