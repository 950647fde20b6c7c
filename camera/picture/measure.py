"""What can be measured in one picture. Pure; about 2 ms at 640x360."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture

Grid = npt.NDArray[np.float32]
EdgeMap = npt.NDArray[np.uint8]
Line = npt.NDArray[np.float32]

HALF: Final = (WIDTH_PX // 2, HEIGHT_PX // 2)
BLOCKS: Final = (16, 9)
"""Columns and rows of blocks: 40x40 px each, about a head at the gate."""

_EDGE_PERCENTILE: Final = 91.0
_LEAST_EDGE: Final = 24.0  # Sobel steps below it are sensor noise and compression
_NOISE_KERNEL: Final = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
_NOISE_SCALE: Final = float(np.sqrt(np.pi / 2) / 6)  # Immerkær 1996: mean absolute response to sigma
_TINY: Final = 1e-3


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
    """99.5th percentile: lamps in the dark stay below it, a capped lens shows nothing at all."""
    saturated_share: float
    mode_share: float
    """Share of pixels within 2 of the commonest brightness."""
    noise_sigma: float
    """Of the calmest quarter of blocks."""
    rows: Line
    """Half size: how much brighter each row is than its neighbours, as a whole."""
    columns: Line
    cast: float
    """Distance of the mean colour from grey."""
    colour_spread: float
    """Mean distance of colours from the mean colour; near 0 in infra-red pictures."""
    detail: Grid
    """Per block: energy of fine detail (Laplacian at full size)."""
    coarse: Grid
    """Per block: energy of coarse detail (Laplacian at a quarter of the size)."""
    edges: EdgeMap
    """Half size, 1 where an edge is."""
    light: Light


def measure(picture: Picture) -> Measures:
    """Everything that one picture tells by itself."""
    y = picture.y
    counted: Any = cv2.calcHist([y], [0], None, [256], [0, 256])
    histogram = counted.ravel()
    total = y.size
    cumulative = np.cumsum(histogram) / total
    low, high, top = (float(np.searchsorted(cumulative, share)) for share in (0.05, 0.95, 0.995))
    mean = float((histogram * np.arange(256)).sum() / total)
    mode = int(histogram.argmax())
    mode_share = float(histogram[max(0, mode - 2) : mode + 3].sum() / total)
    cast, spread = _colour(picture)
    half: Any = cv2.resize(y, HALF, interpolation=cv2.INTER_AREA)
    quarter: Any = cv2.resize(half, (HALF[0] // 2, HALF[1] // 2), interpolation=cv2.INTER_AREA)
    return Measures(
        mean=mean,
        low=low,
        high=high,
        top=top,
        saturated_share=float(histogram[250:].sum() / total),
        mode_share=mode_share,
        noise_sigma=_noise(y),
        rows=_line(half, 1),
        columns=_line(half, 0),
        cast=cast,
        colour_spread=spread,
        detail=_laplacian_energy(y),
        coarse=_laplacian_energy(quarter),
        edges=edges_of(half),
        light=Light.NIGHT if mean < 40 or spread < 1.5 else Light.DAY,
    )


def edges_of(half: npt.NDArray[np.uint8]) -> EdgeMap:
    """Edges by rank of their strength, so that fog, dusk and exposure change them little."""
    dx: Any = cv2.Sobel(half, cv2.CV_16S, 1, 0)
    dy: Any = cv2.Sobel(half, cv2.CV_16S, 0, 1)
    strength = np.abs(dx[::2, ::2]) + np.abs(dy[::2, ::2])
    threshold = max(_LEAST_EDGE, float(np.percentile(strength, _EDGE_PERCENTILE)))
    edges: Any = cv2.Canny(dx, dy, threshold * 0.5, threshold)
    return np.asarray(edges // 255, np.uint8)


def per_block(values: npt.NDArray[Any]) -> Grid:
    """Mean of each of the 16x9 blocks."""
    floats = values.astype(np.float32, copy=False)
    return np.asarray(cv2.resize(floats, BLOCKS, interpolation=cv2.INTER_AREA), np.float32)


def _laplacian_energy(plane: npt.NDArray[np.uint8]) -> Grid:
    return np.asarray(np.square(_block_magnitude(cv2.Laplacian(plane, cv2.CV_16S), BLOCKS[1])) + _TINY, np.float32)


def _block_magnitude(response: Any, rows: int) -> Grid:
    # Sums by an integral picture: a third of the time that squares in floats take.
    total: Any = cv2.integral(cv2.convertScaleAbs(response))
    height, width = response.shape
    corners = total[:: height // rows, :: width // BLOCKS[0]].astype(np.float32)
    sums = corners[1:, 1:] - corners[:-1, 1:] - corners[1:, :-1] + corners[:-1, :-1]
    return np.asarray(sums / (height // rows * (width // BLOCKS[0])), np.float32)


def _noise(y: npt.NDArray[np.uint8]) -> float:
    rows = y.reshape(BLOCKS[1], HEIGHT_PX // BLOCKS[1], WIDTH_PX)[::2]  # every other row of blocks is enough
    response: Any = cv2.filter2D(np.ascontiguousarray(rows).reshape(-1, WIDTH_PX), cv2.CV_16S, _NOISE_KERNEL)
    blocks = _block_magnitude(response, rows.shape[0]) * _NOISE_SCALE
    return float(np.percentile(blocks, 25))


def _line(half: npt.NDArray[np.uint8], axis: int) -> Line:
    # The median of five strips: an object fills a part of each row, interference all of it.
    strips = [strip.mean(axis=axis, dtype=np.float32) for strip in np.array_split(half, 5, axis=axis)]
    line = np.median(np.stack(strips), axis=0)
    smooth: Any = cv2.blur(line.reshape(1, -1), (9, 1))
    return np.asarray(line - smooth.ravel(), np.float32)


def _colour(picture: Picture) -> tuple[float, float]:
    u = picture.u[::2, ::2].astype(np.float32) - 128
    v = picture.v[::2, ::2].astype(np.float32) - 128
    mean_u, mean_v = float(u.mean()), float(v.mean())
    spread = float(np.abs(u - mean_u).mean() + np.abs(v - mean_v).mean())
    return float(np.hypot(mean_u, mean_v)), spread
