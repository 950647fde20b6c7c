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
_MEDIAN_OF_STEPS: Final = 0.6745 * float(np.sqrt(2))  # of the difference of two of sigma 1
_CODED: Final = 4.0  # neighbours that a codec makes alike: so much more is left of noise in a mean
_LEAST_COLOUR: Final = 1.9
_LEAST_VARIANCE: Final = 1.0
_TINY: Final = 1e-3
_LEVELS: Final = np.arange(256, dtype=np.float32)
_SHARES: Final = np.array([0.05, 0.95, 0.98], np.float32)
_NEAR_PX, _FAR_PX = 1.0, 3.0  # softened by both, an edge loses the less between them the wider it already is


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
    shade_noise: float
    """Spread of a block's mean that noise by pixel, row and column explains."""
    contrast: Grid
    """Per block: variance of brightness (half size), which a lens out of focus leaves nearly as it was."""
    slope: Slope
    light: Light


def measure(picture: Picture) -> Measures:
    """Everything that one picture tells by itself."""
    y = picture.y
    counted: Any = cv2.calcHist([y[::2]], [0], None, [256], [0, 256])
    histogram = counted.ravel() / np.float32(y[::2].size)
    low, high, top = (float(level) for level in np.searchsorted(np.cumsum(histogram), _SHARES))
    mean, mode = float(histogram @ _LEVELS), int(histogram.argmax())
    cast, spread = _colour(picture)
    half: Any = cv2.resize(y, HALF, interpolation=cv2.INTER_AREA)
    sums: Any = cv2.integral(half)
    shade, noise_sigma = _means(sums, BLOCKS[1], BLOCKS[0]), _noise(y)
    return Measures(
        mean=mean,
        low=low,
        high=high,
        top=top,
        saturated_share=float(histogram[250:].sum()),
        mode_share=float(histogram[max(0, mode - 2) : mode + 3].sum()),
        noise_sigma=noise_sigma,
        rows=_line(sums, 1),
        columns=_line(sums, 0),
        cast=cast,
        colour_spread=spread,
        detail=_laplacian_energy(y),
        shade=shade,
        shade_noise=_shade_noise(sums, noise_sigma),
        contrast=_variance(half, shade),
        slope=slope_of(half),
        light=Light.NIGHT if mean < 40 or spread < _LEAST_COLOUR else Light.DAY,
    )


def slope_of_picture(y: Plane) -> Slope:
    """Slopes of a picture that was not measured otherwise."""
    return slope_of(np.asarray(cv2.resize(y, HALF, interpolation=cv2.INTER_AREA), np.uint8))


def slope_of(half: npt.NDArray[np.uint8]) -> Slope:
    """Direction of the rise at every pixel, with hardly any strength: fog, dusk and exposure leave it as it is."""
    calm: Any = cv2.GaussianBlur(half, (3, 3), 0)  # wind moves masts by a pixel: a thin line must not change its sign
    slope = np.empty((2, *half.shape), np.float32)
    slope[0], slope[1] = cv2.spatialGradient(calm)  # what Sobel gives, both at once
    strength: Any = cv2.magnitude(slope[0], slope[1])
    strength += np.float32(_FAINT)
    slope *= np.divide(np.float32(1), strength, out=strength)
    return slope


@dataclass(frozen=True, slots=True)
class Edges:
    """The steepest edge of each block."""

    steepness: Grid
    """Grey levels per pixel, softened, so that noise has little."""
    width_px2: Grid
    """Variance of the lens that would have made a step this wide; below 0 for lines, which are narrower than a step."""


def edges_of(y: Plane) -> Edges:
    """How wide edges are, whatever the light on them (1 ms on a quiet machine, so only on suspicion).

    A step seen through a lens of sigma w and softened by s rises by its height over sqrt(w^2 + s^2) per pixel: two
    softenings give w, and height and light fall out. At half size: noise has a third of what it has at the whole.
    """
    half: Any = cv2.resize(y, HALF, interpolation=cv2.INTER_AREA).astype(np.float32)
    near, far = (_steepest(half, softened_px) for softened_px in (_NEAR_PX, _FAR_PX))
    left = np.square(np.clip(far / np.maximum(near, _TINY), 0, 0.99))
    return Edges(near, (left * _softened(_FAR_PX) - _softened(_NEAR_PX)) / (1 - left))


def _softened(softened_px: float) -> float:
    # Variance in all: a pixel of half size is the mean of two, and a slope the difference of two neighbours but one.
    return softened_px**2 + 2**2 / 12 + 4**2 / 12


def _steepest(half: npt.NDArray[np.float32], softened_px: float) -> Grid:
    soft: Any = cv2.GaussianBlur(half, (0, 0), softened_px / 2)
    dx: Any = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=1)
    dy = np.zeros_like(soft)
    np.subtract(soft[2:], soft[:-2], out=dy[1:-1])  # what Sobel gives, in a sixth of the time
    steep: Any = cv2.magnitude(dx, dy).reshape(BLOCKS[1], -1, HALF[0])
    # Down first, along whole rows: both at once takes three times as long.
    return np.asarray(steep.max(axis=1).reshape(BLOCKS[1], BLOCKS[0], -1).max(axis=2) * np.float32(0.25), np.float32)


def per_block(values: npt.NDArray[Any]) -> Grid:
    """Mean of each of the 16x9 blocks: of brightness, of truth (a share), or of any floats."""
    if values.dtype == np.float32:
        return np.asarray(cv2.resize(values, BLOCKS, interpolation=cv2.INTER_AREA), np.float32)
    return _means(cv2.integral(values.view(np.uint8)), BLOCKS[1], BLOCKS[0])


def _means(sums: Any, rows: int, columns: int) -> Grid:
    # Of rows x columns equal parts of a plane, by its integral picture: a third of the time of a mean in floats.
    down, across = (sums.shape[0] - 1) // rows, (sums.shape[1] - 1) // columns
    corners = sums[::down, ::across]
    parts = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    return np.asarray(parts.astype(np.float32) * np.float32(1 / (down * across)), np.float32)


def _laplacian_energy(plane: npt.NDArray[np.uint8]) -> Grid:
    return np.asarray(np.square(_block_magnitude(cv2.Laplacian(plane, cv2.CV_16S), BLOCKS[1])) + _TINY, np.float32)


def _variance(half: npt.NDArray[np.uint8], mean: Grid) -> Grid:
    squares: Any = cv2.multiply(half, half, dtype=cv2.CV_32F)
    return np.asarray(np.maximum(per_block(squares) - mean * mean, _LEAST_VARIANCE), np.float32)


def _block_magnitude(response: Any, rows: int) -> Grid:
    size: Any = cv2.convertScaleAbs(response)
    down, across = size.shape[0] // rows, size.shape[1] // BLOCKS[0]
    # Rows first: an integral of so large a plane would push what is measured next out of the processor's cache.
    sums = np.empty((rows, size.shape[1]), np.int32)
    for row in range(rows):
        cv2.reduce(size[row * down : (row + 1) * down], 0, cv2.REDUCE_SUM, dst=sums[row : row + 1], dtype=cv2.CV_32S)
    blocks = sums.reshape(rows, BLOCKS[0], across).sum(axis=2).astype(np.float32)
    return np.asarray(blocks * np.float32(1 / (down * across)), np.float32)


def _noise(y: npt.NDArray[np.uint8]) -> float:
    rows = y.reshape(BLOCKS[1], HEIGHT_PX // BLOCKS[1], WIDTH_PX)[::2]  # every other row of blocks is enough
    strips = np.ascontiguousarray(rows).reshape(-1, WIDTH_PX)
    response: Any = cv2.sepFilter2D(strips, cv2.CV_16S, _NOISE_KERNEL, _NOISE_KERNEL)
    blocks = _block_magnitude(response, rows.shape[0]) * _NOISE_SCALE
    return _quantile(blocks.ravel(), 0.25)


def _quantile(values: npt.NDArray[np.float32], share: float) -> float:
    # What np.quantile gives, at a fifth of its time for so few values.
    ordered, at = np.sort(values), (len(values) - 1) * share
    below = int(at)
    low, high = float(ordered[below]), float(ordered[min(below + 1, len(values) - 1)])
    return low + (high - low) * (at - below)


def _shade_noise(sums: Any, noise_sigma: float) -> float:
    # Rows and columns as a whole, against their neighbours: the median leaves out where the place itself steps.
    variance = _CODED * (noise_sigma * BLOCKS[0] / WIDTH_PX) ** 2
    width, height = HALF
    for means, blocks in ((_means(sums, 1, width), BLOCKS[0]), (_means(sums, height, 1), BLOCKS[1])):
        step = _quantile(np.abs(np.diff(means.ravel())), 0.5) / _MEDIAN_OF_STEPS
        variance += step**2 / (means.size // blocks)
    return float(np.sqrt(variance))


def _line(sums: Any, axis: int) -> Line:
    # Of five strips what all but one have: interference fills all of each row, a shutter's slats a part.
    width, height = HALF
    lines = np.ascontiguousarray(_means(sums, height, 5).T) if axis == 1 else _means(sums, 5, width)
    smooth: Any = cv2.blur(lines, (9, 1))
    waves: Any = np.abs(np.fft.rfft(lines - smooth))
    return np.asarray(np.sort(waves, axis=0)[1] * (2 / lines.shape[1]), np.float32)


def _colour(picture: Picture) -> tuple[float, float]:
    mean_u, spread_u = cv2.meanStdDev(picture.u)
    mean_v, spread_v = cv2.meanStdDev(picture.v)
    cast = float(np.hypot(mean_u[0, 0] - 128, mean_v[0, 0] - 128))
    return cast, float(spread_u[0, 0] + spread_v[0, 0])
