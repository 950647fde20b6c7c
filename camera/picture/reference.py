"""What a point looks like when all is well, learnt over time, by day and by night apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.measure import BLOCKS, HALF, Grid, Light, Line, Measures, Slope, per_block
from camera.picture.picture import Plane
from camera.picture.registration import Motion, View
from camera.picture.thresholds import Thresholds

LEARN_LOOKS: Final = 6
"""A minute at one look per 10 s: people have walked on by then, what stays belongs to the place."""
_FIRM: Final = 0.4
"""Length of the mean slope from which it belongs to the place: what comes and goes, and noise, average out."""
_KEPT: Final = 0.25
"""A slope is still there if its part in the place's direction is as long: fog leaves it, a smooth cover does not."""
_LEAST_FIRM: Final = 0.04
"""Share of a block's pixels (half size) that must be firm for the block to count as textured: 16 of 400."""
_SHADED: Final = 2.0  # variance within a block from which its shade can be compared
_BACKWARDS: Final = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
_NEW_VIEW: Final = 6  # looks: what is found in a picture to lay others against costs 4 ms
_LEAST_CONTRAST: Final = 9.0
_REGULAR: Final = 0.35  # share of a line's power in one frequency: a moved view has none so strong
_BEYOND: Final = 2.0  # times the place's own amplitude at that frequency
_STEEP: Final = 0.7
"""Length of the mean slope of an edge. A lamp's pool or a wall that falls off into shade has 0.4 to 0.6."""
_LEAST_STEEP: Final = 0.04
"""Share of a block's pixels (half size) that must be so steep for the block to have an edge: 16 of 400."""
_OVER_NOISE: Final = 2.6
"""Times the detail that noise alone gives: below it a lens out of focus takes too little of the whole to be told."""
_NOISE_DETAIL: Final = 12.7
"""Energy of the Laplacian under noise of sigma 1: 20 by its coefficients, 2 / pi of it by mean magnitude."""
_BARE: Final = 0.01
"""Share of a block's pixels with a slope of the place below which what detail it has is noise."""
_AS_BRIGHT: Final = 16.0
"""Grey levels within which noise is taken to be the same."""
_FEW_BARE: Final = 2
_LEAST_OWN: Final = 0.1
_SLOW: Final = 0.06  # of each third look: half of the old is forgotten in 6 minutes, dusk takes longer


UNWRITTEN: Final = np.zeros((BLOCKS[1], BLOCKS[0]), np.bool_)
"""Blocks that are not in the top or bottom row: there cameras write clock and name, sharp whatever the lens does."""
UNWRITTEN[1:-1] = True


def _two_fifths() -> npt.NDArray[np.bool_]:
    # What a hand or a sheet would hide that came from each of sixteen sides.
    rows, columns = np.mgrid[0 : BLOCKS[1], 0 : BLOCKS[0]] - np.array([BLOCKS[1] // 2, BLOCKS[0] / 2]).reshape(2, 1, 1)
    reaches = [columns * np.cos(turn) + rows * np.sin(turn) for turn in np.arange(16) * np.pi / 8]
    return np.stack([reach <= np.quantile(reach, 0.4) for reach in reaches])


_SIDES: Final = _two_fifths()


@dataclass(frozen=True, slots=True)
class _Bare:
    # Blocks by the group of like brightness that they belong to, and how many each group has.
    blocks: npt.NDArray[np.intp]
    alike: npt.NDArray[np.intp]
    counts: npt.NDArray[np.intp]


@dataclass(frozen=True)
class Reference:
    """The average of good looks at a point in one light."""

    light: Light
    looks: int
    slope: Slope
    """Mean of all looks."""
    detail: Grid
    contrast: Grid
    noise_sigma: float
    rows: Line
    columns: Line
    cast: float
    mean: float
    view: View
    """A late good picture, shown beside a bad one and laid against it."""

    @property
    def ready(self) -> bool:
        """Whether enough was seen to judge by."""
        return self.looks >= LEARN_LOOKS

    @cached_property
    def firm(self) -> npt.NDArray[np.bool_]:
        """Pixels (half size) where the place itself has a slope."""
        return self.steepness >= _FIRM

    @cached_property
    def steepness(self) -> npt.NDArray[np.float32]:
        """Length of the place's slope (half size)."""
        return _length(self.slope)

    @cached_property
    def direction(self) -> Slope:
        """The place's own slopes at length 1; 0 where it has none."""
        scale = self.firm / np.maximum(self.steepness, np.float32(_FIRM))
        return np.asarray(self.slope * scale, np.float32)

    @cached_property
    def firm_share(self) -> Grid:
        """Per block: share of pixels (half size) with a slope of the place."""
        return per_block(self.firm)

    @cached_property
    def textured(self) -> npt.NDArray[np.bool_]:
        """Blocks with enough slopes of the place to be judged by."""
        return (self.firm_share >= _LEAST_FIRM) & (self.contrast >= _LEAST_CONTRAST)

    @cached_property
    def edged(self) -> npt.NDArray[np.bool_]:
        """Blocks without writing that have an edge of the place."""
        steep = per_block(self.steepness >= _STEEP) >= _LEAST_STEEP
        return np.asarray(UNWRITTEN & self.textured & steep, np.bool_)

    @cached_property
    def content(self) -> float:
        """Share of the blocks without writing that have an edge of the place: what a view can be judged by.

        Where noise drowns the fine detail of edges, twice as many are asked for: by night a gate has them all over its
        view, and they move and are covered as by day. Lamplight on a bare wall has slopes, but goes where the lamp
        goes; what the camera writes stays when it turns.
        """
        clear = self.detail >= _OVER_NOISE * _NOISE_DETAIL * self.noise_sigma**2
        return max(float((self.edged & clear)[UNWRITTEN].mean()), float(self.edged[UNWRITTEN].mean()) / 2)

    @cached_property
    def _bare(self) -> _Bare:
        # Blocks without slopes of the place once looks are averaged, those of like brightness together.
        bare = np.flatnonzero(UNWRITTEN & (self.firm_share < _BARE))
        alike = (self.view.shade.ravel()[bare] / _AS_BRIGHT).astype(np.intp)
        counts = np.bincount(alike)
        enough = counts[alike] >= _FEW_BARE
        order = np.argsort(alike[enough], kind="stable")
        return _Bare(bare[enough][order], alike[enough][order], counts[counts >= _FEW_BARE])

    @cached_property
    def noise_detail(self) -> Grid:
        """Per block: the fine detail that noise alone gives where it is as bright."""
        known = self.noise_by_brightness(self.detail, self.view.shade)
        calm = np.full(self.detail.shape, _NOISE_DETAIL * self.noise_sigma**2, np.float32)
        return known if known is not None else calm

    def noise_by_brightness(self, detail: Grid, shade: Grid) -> Grid | None:
        """Per block of a look: what of its detail is noise; None where the place has no bare blocks to tell.

        A sensor has more noise where less light falls, and a codec leaves its own share of it: so it is taken from the
        bare blocks, the calmest quarter of those as bright.
        """
        bare = self._bare
        if not len(bare.counts):
            return None
        starts = np.cumsum(bare.counts) - bare.counts
        levels = np.add.reduceat(shade.ravel()[bare.blocks], starts) / bare.counts
        fine = detail.ravel()[bare.blocks]
        calm = fine[np.lexsort((fine, bare.alike))][starts + bare.counts // 4]
        order = np.argsort(levels)
        return np.asarray(np.interp(shade, levels[order], calm[order]), np.float32)

    def detail_left(self, measures: Measures) -> Grid:
        """Per block: the share of the place's fine detail that a look has, noise taken from both; known if `clear`."""
        noise = self.noise_by_brightness(measures.detail, measures.shade)
        if noise is None:
            return np.asarray(measures.detail / self.detail, np.float32)
        own = np.maximum(self.detail - self.noise_detail, _LEAST_OWN * self.detail)
        return np.asarray(np.maximum(measures.detail - noise, 0) / own, np.float32)

    @cached_property
    def clear(self) -> npt.NDArray[np.bool_]:
        """Blocks with an edge of the place that exceeds the noise at its own brightness: what sharpness is told by."""
        return np.asarray(self.edged & (self.detail >= _OVER_NOISE * self.noise_detail), np.bool_)

    @cached_property
    def clear_share(self) -> float:
        """Share of the blocks without writing that are clear."""
        return float(self.clear[UNWRITTEN].mean())

    def steep(self, limits: Thresholds) -> npt.NDArray[np.bool_]:
        """Blocks with an edge of the place so steep that its width is known in whatever noise there is."""
        noise_sigma = np.sqrt(self.noise_detail / _NOISE_DETAIL)  # of each block where it is as bright
        least = np.maximum(limits.steep_alone, limits.steep_over_noise * noise_sigma)
        return np.asarray(self.edged & (self.view.edges.steepness >= least), np.bool_)

    @cached_property
    def least_under_cover(self) -> int:
        """Blocks with an edge in the barest two fifths of the view, at whichever side: a cover hides so many."""
        return int((self.edged & _SIDES).sum(axis=(1, 2)).min())


def first_look(measures: Measures, picture: Plane) -> Reference:
    """A reference of one look; not ready yet."""
    return Reference(
        light=measures.light,
        looks=1,
        slope=measures.slope,
        detail=measures.detail,
        contrast=measures.contrast,
        noise_sigma=measures.noise_sigma,
        rows=measures.rows,
        columns=measures.columns,
        cast=measures.cast,
        mean=measures.mean,
        view=View(picture),
    )


def learn(reference: Reference, measures: Measures, picture: Plane) -> Reference:
    """The reference after one more good look; call only for looks without any suspicion."""
    weight = max(1 / (reference.looks + 1), _SLOW)

    def blend(old: Any, new: Any) -> Any:
        return old + (new - old) * weight

    return replace(
        reference,
        looks=reference.looks + 1,
        slope=np.asarray(cv2.addWeighted(reference.slope, 1 - weight, measures.slope, weight, 0), np.float32),
        detail=np.exp(blend(np.log(reference.detail), np.log(measures.detail))).astype(np.float32),
        contrast=np.exp(blend(np.log(reference.contrast), np.log(measures.contrast))).astype(np.float32),
        noise_sigma=blend(reference.noise_sigma, measures.noise_sigma),
        rows=blend(reference.rows, measures.rows),
        columns=blend(reference.columns, measures.columns),
        cast=blend(reference.cast, measures.cast),
        mean=blend(reference.mean, measures.mean),
        view=View(picture) if reference.looks % _NEW_VIEW == 0 else reference.view,
    )


def block_retention(reference: Reference, slope: Slope) -> Grid:
    """Per block: the share of the place's own slopes that are still there (1 where there are none)."""
    kept = per_block(_kept(reference, slope))
    known = reference.firm_share
    return np.where(known > 0, kept / np.maximum(known, 1e-6), 1.0).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Regained:
    """What moving the view back brings back of the place's slopes."""

    of_all: float
    of_lost: float
    retention: Grid
    """Per block, the share of the place's slopes that are there then; 1 where it has none or they left the view."""


def regained_by(reference: Reference, slope: Slope, motion: Motion) -> Regained:
    """Which share of the place's slopes, and of those that are lost, are there again if the view is moved back."""
    matrix = motion.matrix.copy()
    matrix[:, 2] /= 2  # slopes are at half size
    planes = (*slope, np.ones_like(slope[0]))
    *back, inside = (cv2.warpAffine(plane, matrix, HALF, flags=_BACKWARDS) for plane in planes)
    there = reference.firm & (inside > 0.5)
    total, now = max(1, int(there.sum())), int((_kept(reference, slope) & there).sum())
    again = _kept(reference, np.stack(back)) & there
    gain = int(again.sum()) - now
    known = per_block(there)
    retention = np.where(known >= _LEAST_FIRM, per_block(again) / np.maximum(known, 1e-6), 1.0).astype(np.float32)
    return Regained(gain / total, gain / max(1, total - now), retention)


def lasting_slope_share(slope: Slope, before: Slope) -> Grid:
    """Per block: share of pixels (half size) where a look has a slope, the place's or not, that the look before had."""
    along = slope[0] * before[0] + slope[1] * before[1]
    return per_block(along >= np.float32(_FIRM**2))


def block_likeness(reference: Plane, now: Plane, *, softened_px: float = 0.0) -> Grid:
    """Per block: correlation of brightness with the reference picture; lamps and dusk keep it, a cover does not.

    With `softened_px` (half size) both are softened before, so that a lens out of focus keeps it too. 0 where the
    reference has no shade to compare.
    """
    a, b = (_half(plane, softened_px) for plane in (reference, now))
    mean_a, mean_b = per_block(a), per_block(b)
    spread_a, spread_b = per_block(a * a) - mean_a**2, per_block(b * b) - mean_b**2
    likeness = (per_block(a * b) - mean_a * mean_b) / np.sqrt(np.maximum(spread_a, 1.0) * np.maximum(spread_b, 1.0))
    return np.where(spread_a >= _SHADED, likeness, 0).astype(np.float32)


def _half(plane: Plane, softened_px: float) -> npt.NDArray[np.float32]:
    half: Any = cv2.resize(plane, HALF, interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(half, (0, 0), softened_px) if softened_px else half, np.float32)


def stripe_strength(reference: Reference, measures: Measures) -> float:
    """Amplitude of a regular pattern of rows or columns that is not the place's: a fence in the wind is its own."""
    worst = 0.0
    for now, before in ((measures.rows, reference.rows), (measures.columns, reference.columns)):
        power = np.square(np.maximum(now - before, 0)[1:])
        peak = int(power.argmax())
        there = slice(max(0, peak - 1), peak + 2)
        regular = power[there].sum() >= _REGULAR * power.sum()
        if regular and now[1:][peak] >= _BEYOND * before[1:][peak]:
            worst = max(worst, float(np.sqrt(power[there].sum())))
    return worst


def _kept(reference: Reference, slope: Slope) -> npt.NDArray[np.bool_]:
    own = reference.slope
    along = own[0] * slope[0]
    along += own[1] * slope[1]
    along *= np.float32(1 / _KEPT)
    kept = along >= reference.steepness
    kept &= reference.firm
    return np.asarray(kept, np.bool_)


def _length(slope: Slope) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.magnitude(slope[0], slope[1]), np.float32)
