"""Is a lens out of focus? By the width of the place's edges against what was learnt of them. Pure."""

from __future__ import annotations

import numpy as np

from camera.picture.cover import Blocks
from camera.picture.measure import Grid, Measures, edges_of
from camera.picture.picture import Plane
from camera.picture.reference import UNWRITTEN, Reference
from camera.picture.thresholds import Suspicion, Thresholds


def out_of_focus(
    measures: Measures, picture: Plane, reference: Reference, seen: Blocks, limits: Thresholds, *, ask: bool
) -> Suspicion | None:
    """What tells that the lens is out of focus, by blocks that show the place: what hides it says nothing of the lens.

    Fine detail against contrast is cheap and says when to ask; with `ask` edges are asked whatever it says: noise and
    rain have detail of their own.
    """
    clear = seen & reference.clear
    if reference.clear_share < limits.least_clear:
        return _by_edges_alone(measures, picture, reference, seen, limits) if ask else None
    told = np.count_nonzero(clear)
    if told < limits.blur_basis * np.count_nonzero(reference.clear) or not told:
        return None
    if not ask and _sharpness(measures, reference, clear) > limits.blur_asked:
        return None
    widened_px = _widened_px(measures, picture, reference, seen, limits)
    if widened_px is not None:
        return Suspicion(widened_px, limits.widened_px) if widened_px >= limits.widened_px else None
    sharpness = _sharpness(measures, reference, clear)
    return Suspicion(sharpness, limits.blur_ratio) if sharpness <= limits.blur_ratio else None


def _sharpness(measures: Measures, reference: Reference, clear: Blocks) -> float:
    # Fine detail against contrast; where the place is smooth, blur takes nothing, so its weight is small.
    fine = (reference.detail_left(measures) * reference.contrast / measures.contrast)[clear]
    return _weighted_median(fine, reference.detail[clear])


def tells_by_edges_alone(reference: Reference, limits: Thresholds) -> bool:
    """Whether enough of the place's edges are so steep that they tell of the lens in whatever noise there is."""
    return bool(reference.steep(limits)[UNWRITTEN].mean() >= limits.least_steep)


def _by_edges_alone(
    measures: Measures, picture: Plane, reference: Reference, seen: Blocks, limits: Thresholds
) -> Suspicion | None:
    # Where noise drowns fine detail, much steeper edges still stand out of it.
    if not tells_by_edges_alone(reference, limits):
        return None
    widened_px = _widened_px(measures, picture, reference, seen & reference.steep(limits), limits)
    if widened_px is None or widened_px < limits.widened_px:
        return None
    return Suspicion(widened_px, limits.widened_px)


def _widened_px(
    measures: Measures, picture: Plane, reference: Reference, seen: Blocks, limits: Thresholds
) -> float | None:
    # Widths add in squares, so what the lens has added falls out against the same block's edge as it was, however wide
    # that is by itself. None: too few edges.
    now, then = edges_of(picture), reference.view.edges
    both = seen & reference.edged & UNWRITTEN
    for edges, noise_sigma in ((now, measures.noise_sigma), (then, reference.noise_sigma)):
        both &= edges.steepness >= max(limits.edge_steepness, limits.edge_over_noise * noise_sigma)
    if np.count_nonzero(both) < limits.edge_blocks:
        return None
    added = float(np.median((now.width_px2 - then.width_px2)[both]))
    return float(np.sqrt(max(0.0, added)))


def _weighted_median(values: Grid, weights: Grid) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
