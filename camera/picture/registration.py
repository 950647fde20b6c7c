"""Has the view moved? Slopes are laid on slopes, or corners looked for in both (2 to 8 ms, so only on suspicion)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.measure import Edges, Grid, Slope, edges_of, per_block
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Plane

Matrix = npt.NDArray[np.float64]
"""2x3: where a point of the reference lies now, in pixels of 640x360."""

_FEATURES: Final = 500
_RATIO: Final = 0.8  # Lowe's test
_FIT_PX: Final = 2.5
_TRIES: Final = 400  # finds 30 % of inliers with 99 % certainty: a similarity needs two
_LEAST_INLIERS: Final = 12
_LEAST_SHARE: Final = 0.3
_LEAST_SCALE: Final = 0.5  # corners that all lie on one spot are the same thing taken for many
_COARSE: Final = (WIDTH_PX // 4, HEIGHT_PX // 4)
_COARSE_PX: Final = 4
_ANGLES_DEG: Final = (0.0, *(sign * angle for angle in (2.5, 3.5, 4.5, 5.5, 6.5) for sign in (-1, 1)))
_REACH: Final = 16  # coarse pixels: 64 of the whole

Spectrum = npt.NDArray[np.float32]


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
    _turned: list[Turned] = field(default_factory=list, repr=False, compare=False)

    def turned(self, direction: Slope) -> Turned:
        """The place's slopes, as they were when first asked for: they change by little while the picture is the same,
        and are 4 ms to work out."""
        if not self._turned:
            self._turned.append(Turned.of(direction))
        return self._turned[0]

    @cached_property
    def shade(self) -> Grid:
        """Per block: mean brightness."""
        return per_block(self.picture)

    @cached_property
    def edges(self) -> Edges:
        """The steepest of each block."""
        return edges_of(self.picture)

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


@dataclass(frozen=True)
class Turned:
    """A place's slopes, turned by each angle that is tried, as spectra."""

    spectra: tuple[Spectrum, ...]

    @classmethod
    def of(cls, slope: Slope) -> Turned:
        """Of slopes at half size."""
        field, middle = _coarse(slope), (_COARSE[0] / 2 - 0.5, _COARSE[1] / 2 - 0.5)
        spectra = []
        for angle_deg in _ANGLES_DEG:
            cosine, sine = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
            laid: Any = cv2.warpAffine(field, cv2.getRotationMatrix2D(middle, -angle_deg, 1), _COARSE)
            right, down = laid[:, :, 0], laid[:, :, 1]
            spectra.append(_spectrum(np.dstack([cosine * right - sine * down, sine * right + cosine * down])))
        return cls(tuple(spectra))


def correlate(place: Turned, now: Slope) -> Motion:
    """The motion by which most of the slopes lie on each other (6 ms): of directions everywhere, so that noise and bare
    walls leave it what corners need. Turns of up to 6.5 degrees and shifts of up to 64 px; never surely one at all.
    """
    seen, best, peak_at, turned_deg = _spectrum(_coarse(now)), -np.inf, (0.0, 0.0), 0.0
    for angle_deg, spectrum in zip(_ANGLES_DEG, place.spectra, strict=True):
        product: Any = cv2.mulSpectrums(seen, spectrum, 0, conjB=True)
        likeness: Any = cv2.idft(product)[:, :, 0]
        near = np.roll(likeness, (_REACH, _REACH), axis=(0, 1))[: 2 * _REACH + 1, : 2 * _REACH + 1]
        row, column = np.unravel_index(int(near.argmax()), near.shape)
        if near[row, column] > best:
            best, turned_deg = float(near[row, column]), angle_deg
            peak_at = (_between(near[row], int(column)) - _REACH, _between(near[:, column], int(row)) - _REACH)
    matrix: Any = cv2.getRotationMatrix2D((WIDTH_PX / 2, HEIGHT_PX / 2), -turned_deg, 1)
    matrix[:, 2] += (peak_at[0] * _COARSE_PX, peak_at[1] * _COARSE_PX)
    return Motion(np.asarray(matrix, np.float64))


def _coarse(slope: Slope) -> npt.NDArray[np.float32]:
    planes = [cv2.resize(plane, _COARSE, interpolation=cv2.INTER_AREA) for plane in slope]
    field = np.dstack(planes).astype(np.float32)
    field[: _COARSE[1] // 9] = field[-(_COARSE[1] // 9) :] = 0  # writing stays
    return field


def _spectrum(field: npt.NDArray[np.float32]) -> Spectrum:
    # Right and down are the two parts of one complex number: the product is large where both point the same way.
    return np.asarray(cv2.dft(np.ascontiguousarray(field, np.float32), flags=cv2.DFT_COMPLEX_OUTPUT), np.float32)


def _between(values: npt.NDArray[np.float32], peak: int) -> float:
    # Where a parabola through the peak and its neighbours is highest.
    if not 0 < peak < len(values) - 1:
        return float(peak)
    before, at, after = (float(value) for value in values[peak - 1 : peak + 2])
    bend = before - 2 * at + after
    return peak + (0.5 * (before - after) / bend if bend < 0 else 0.0)


def _fit(source: npt.NDArray[np.float32], target: npt.NDArray[np.float32], tried: int) -> Motion | None:
    if len(source) < _LEAST_INLIERS:
        return None
    matrix: Any
    matrix, inliers = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_FIT_PX, maxIters=_TRIES
    )
    if matrix is None or int(inliers.sum()) < max(_LEAST_INLIERS, _LEAST_SHARE * tried):
        return None
    motion = Motion(np.asarray(matrix, np.float64))
    return motion if _LEAST_SCALE <= motion.scale <= 1 / _LEAST_SCALE else None
