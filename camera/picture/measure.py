"""What can be measured in one picture. Pure; about 2 ms at 640x360."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane

Grid = npt.NDArray[np.float32]
Slope = npt.NDArray[np.float32]
"""Half size, two planes (right, down): which way brightness rises, as a vector shorter than 1."""
Line = npt.NDArray[np.float32]

HALF: Final = (WIDTH_PX // 2, HEIGHT_PX // 2)
BLOCKS: Final = (16, 9)
"""Columns and rows of blocks: 40x40 px each, about a head at the gate."""

_FAINT: Final = 10.0  # Sobel steps around it are sensor noise and compression: their vectors are shorter than a half
_NOISE_KERNEL: Final = np.array([1, -2, 1], np.float32)  # in both directions: flat and sloping surfaces give 0
_NOISE_SCALE: Final = float(np.sqrt(np.pi / 2) / 6)  # Immerkær 1996: mean absolute response to sigma
_LEAST_COLOUR: Final = 1.9
_LEAST_VARIANCE: Final = 1.0
_TINY: Final = 1e-3
_NEAR_PX, _FAR_PX = 1.0, 2.0  # softened by both, an edge loses the less between them the wider it already is


class Light(StrEnum):
    """By what light a picture was taken; references are kept apart."""

    DAY = "day"
    NIGHT = "night"


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of one picture; brightness from 0 to 255."""

    mean: float
    low: float
    """5th percentile of brightness."""
    high: float
    """95th percentile."""
    top: float
    """98th percentile: a capped lens shows nothing but the clock and name that the camera writes in."""
    saturated_share: float
    mode_share: float
    """Share of pixels within 2 of the commonest brightness."""
    noise_sigma: float
    """Of the calmest quarter of blocks."""
    rows: Line
    """How strongly rows as a whole differ from their neighbours, by frequency; where they do so does not matter."""
    columns: Line
    cast: float
    """Distance of the mean colour from grey."""
    colour_spread: float
    """Standard deviations of the two colour planes together; near 0 in infra-red pictures."""
    detail: Grid
    """Per block: energy of fine detail (Laplacian at full size)."""
    shade: Grid
    """Per block: mean brightness (half size)."""
    contrast: Grid
    """Per block: variance of brightness (half size), which a lens out of focus leaves nearly as it was."""
    slope: Slope
    light: Light


def measure(picture: Picture) -> Measures:
    """Everything that one picture tells by itself."""
    y = picture.y
    counted: Any = cv2.calcHist([y[::2]], [0], None, [256], [0, 256])
    histogram = counted.ravel()
    total = float(histogram.sum())
    cumulative = np.cumsum(histogram) / total
    low, high, top = (float(np.searchsorted(cumulative, share)) for share in (0.05, 0.95, 0.98))
    mean = float((histogram * np.arange(256)).sum() / total)
    mode = int(histogram.argmax())
    mode_share = float(histogram[max(0, mode - 2) : mode + 3].sum() / total)
    cast, spread = _colour(picture)
    half: Any = cv2.resize(y, HALF, interpolation=cv2.INTER_AREA)
    floats = half.astype(np.float32)
    shade = per_block(floats)
    return Measures(
        mean=mean,
        low=low,
        high=high,
        top=top,
        saturated_share=float(histogram[250:].sum() / total),
        mode_share=mode_share,
        noise_sigma=_noise(y),
        rows=_line(floats, 1),
        columns=_line(floats, 0),
        cast=cast,
        colour_spread=spread,
        detail=_laplacian_energy(y),
        shade=shade,
        contrast=_variance(floats, shade),
        slope=slope_of(half),
        light=Light.NIGHT if mean < 40 or spread < _LEAST_COLOUR else Light.DAY,
    )


def slope_of(half: npt.NDArray[np.uint8]) -> Slope:
    """Direction of the rise at every pixel, with hardly any strength: fog, dusk and exposure leave it as it is."""
    calm: Any = cv2.GaussianBlur(half, (3, 3), 0)  # wind moves masts by a pixel: a thin line must not change its sign
    dx: Any = cv2.Sobel(calm, cv2.CV_32F, 1, 0)
    dy: Any = cv2.Sobel(calm, cv2.CV_32F, 0, 1)
    scale: Any = 1 / (cv2.magnitude(dx, dy) + np.float32(_FAINT))
    slope = np.empty((2, *half.shape), np.float32)
    np.multiply(dx, scale, out=slope[0])
    np.multiply(dy, scale, out=slope[1])
    return slope


@dataclass(frozen=True, slots=True)
class Edges:
    """The steepest edge of each block."""

    steepness: Grid
    """Grey levels per pixel, softened by 1 px, so that noise has little."""
    width_px: Grid
    """Sigma of the lens that would have made a step this wide; 0 for lines thinner than that."""


def edges_of(y: Plane) -> Edges:
    """How wide edges are, whatever the light on them (9 ms on a loaded machine, so only on suspicion).

    A step seen through a lens of sigma w and softened by s rises by its height over sqrt(w^2 + s^2) per pixel: two
    softenings give w, and height and light fall out.
    """
    near, far = (_steepest(y, softened_px) for softened_px in (_NEAR_PX, _FAR_PX))
    left = np.square(np.clip(far / np.maximum(near, _TINY), 0, 0.99))
    width = np.sqrt(np.maximum(left * _FAR_PX**2 - _NEAR_PX**2, 0) / (1 - left))
    return Edges(near, width.astype(np.float32))


def _steepest(y: Plane, softened_px: float) -> Grid:
    soft: Any = cv2.GaussianBlur(y.astype(np.float32), (0, 0), softened_px)
    dx: Any = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1, scale=0.5)
    dy: Any = cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=1, scale=0.5)
    steep: Any = cv2.magnitude(dx, dy).reshape(BLOCKS[1], HEIGHT_PX // BLOCKS[1], WIDTH_PX)
    # Down first, along whole rows: both at once takes three times as long.
    return np.asarray(steep.max(axis=1).reshape(BLOCKS[1], BLOCKS[0], -1).max(axis=2), np.float32)


def per_block(values: npt.NDArray[Any]) -> Grid:
    """Mean of each of the 16x9 blocks."""
    floats = values.astype(np.float32, copy=False)
    return np.asarray(cv2.resize(floats, BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def _laplacian_energy(plane: npt.NDArray[np.uint8]) -> Grid:
    return np.asarray(np.square(_block_magnitude(cv2.Laplacian(plane, cv2.CV_16S), BLOCKS[1])) + _TINY, np.float32)


def _variance(half: npt.NDArray[np.float32], mean: Grid) -> Grid:
    return np.asarray(np.maximum(per_block(half * half) - mean * mean, _LEAST_VARIANCE), np.float32)


def _block_magnitude(response: Any, rows: int) -> Grid:
    # Sums by an integral picture: a third of the time that squares in floats take.
    total: Any = cv2.integral(cv2.convertScaleAbs(response))
    height, width = response.shape
    corners = total[:: height // rows, :: width // BLOCKS[0]].astype(np.float32)
    sums = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    return np.asarray(sums / (height // rows * (width // BLOCKS[0])), np.float32)


def _noise(y: npt.NDArray[np.uint8]) -> float:
    rows = y.reshape(BLOCKS[1], HEIGHT_PX // BLOCKS[1], WIDTH_PX)[::2]  # every other row of blocks is enough
    strips = np.ascontiguousarray(rows).reshape(-1, WIDTH_PX)
    response: Any = cv2.sepFilter2D(strips, cv2.CV_16S, _NOISE_KERNEL, _NOISE_KERNEL)
    blocks = _block_magnitude(response, rows.shape[0]) * _NOISE_SCALE
    return float(np.percentile(blocks, 25))


def _line(half: npt.NDArray[np.float32], axis: int) -> Line:
    # The median of five strips: an object fills a part of each row, interference all of it.
    height, width = half.shape
    strips: Any = cv2.resize(half, (5, height) if axis == 1 else (width, 5), interpolation=cv2.INTER_AREA)
    line = np.sort(strips, axis=axis).take(2, axis=axis)
    smooth: Any = cv2.blur(line.reshape(1, -1), (9, 1))
    waves: Any = np.fft.rfft(line - smooth.ravel())
    return np.asarray(np.abs(waves) * (2 / line.size), np.float32)


def _colour(picture: Picture) -> tuple[float, float]:
    mean_u, spread_u = cv2.meanStdDev(picture.u)
    mean_v, spread_v = cv2.meanStdDev(picture.v)
    cast = float(np.hypot(mean_u[0, 0] - 128, mean_v[0, 0] - 128))
    return cast, float(spread_u[0, 0] + spread_v[0, 0])
