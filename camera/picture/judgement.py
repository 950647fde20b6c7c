"""What is wrong with a picture, by its measures and its point's reference. Pure rules; every threshold stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from camera.picture.measure import Grid, Measures, edges_of
from camera.picture.picture import Plane
from camera.picture.reference import (
    UNWRITTEN,
    Reference,
    block_likeness,
    block_retention,
    gained_by,
    own_slope_share,
    stripe_strength,
)
from camera.picture.registration import View, follow, match


class Condition(StrEnum):
    """What a picture can suffer from (图像异常)."""

    BLACK = "black"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    SIGNAL_LOSS = "signal_loss"
    FROZEN = "frozen"
    NOISE = "noise"
    STRIPES = "stripes"
    COLOUR_CAST = "colour_cast"
    BLURRED = "blurred"
    COVERED = "covered"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Set on opencv-doc's clips and on the footage of benchmarks/picture_scenes.py; judged on other footage that was
    made after they were frozen (docs/decisions/0066)."""

    black_top: float = 20.0
    dark_high: float = 34.0
    dusk_mean: float = 40.0
    bright_low: float = 205.0
    bright_share: float = 0.55
    signal_mode_share: float = 0.85
    signal_noise: float = 1.0
    signal_changed_share: float = 0.01
    """Between two looks a drawn screen changes but in its clock."""
    signal_as_bright: float = 12.0
    """As bright as the place itself is a bare wall, not a screen."""
    frozen_changed_share: float = 0.0005
    noise_sigma: float = 7.0
    noise_times: float = 2.4
    stripe: float = 3.5
    cast: float = 34.0
    cast_beyond: float = 26.0
    """Sodium lamps that go on at dusk move the mean colour by 20 to 25."""
    blur_ratio: float = 0.54
    """Fine detail against contrast, as a share of the reference's. Lamps that go out take it too, ..."""
    edge_width_px: float = 0.7
    """... but leave edges narrow: a lens in focus gives 0 to 0.5, sigma 2 gives 0.83 and more (a bare wall gives 0.9
    in focus: there detail decides alone), ..."""
    edge_share: float = 0.35
    """... at the block that so many of those with an edge are narrower than."""
    edge_steepness: float = 4.0
    """Grey levels per pixel of a block's steepest edge from which its width is known, ..."""
    edge_over_noise: float = 1.2
    """... or so many times the noise if that is more: 6 times what is left of it."""
    edge_blocks: int = 6
    """Below so many blocks with an edge nothing is known of their width, and fine detail decides alone."""
    blur_basis: float = 0.25
    """Share of the textured blocks that must show the place for blur to be judged."""
    block_lost: float = 0.45
    """A block has lost the place when less than this share of its slopes is left."""
    covered_blob: float = 0.085
    """Share of the view in one piece, out of focus: the hand in tree.avi is 9 to 18 %."""
    smooth_detail: float = 0.4
    """Fine detail in it as a share of the place's: that hand has 0.1 to 0.3, people and cars 0.5 and more."""
    large_blob: float = 0.25
    """Share of the view in one piece, sharp or not."""
    covered_share: float = 0.27
    """Share of the textured blocks wherever they are: for views of which little has texture."""
    block_kept: float = 0.6
    """A block shows the place for certain with so many; between the two lie blocks at the rim of what hides others."""
    suspect_share: float = 0.1
    """From so many lost blocks on it is worth asking what hides them."""
    moved_share: float = 0.15
    """A view that turned by 20 px loses half of its blocks, one that tilted by 3 degrees at least a third."""
    far_share: float = 0.3
    """From so many lost blocks on it may have turned too far to follow, and the dearer search is worth its time."""
    moved_gain: float = 0.15
    """Moving the view back must bring back so many of the place's slopes."""
    turned_share: float = 0.7
    """Hidden blocks from which a view may have been turned away altogether, ..."""
    turned_texture: float = 0.5
    """... if what is seen instead has so much of the place's own amount of slopes: a cover has less."""
    moved_px: float = 12.0
    moved_deg: float = 1.8
    moved_scale: float = 0.06
    block_unlike: float = 0.55
    """A block without its slopes is lost for certain when its brightness correlates less than this with the place."""
    block_alike: float = 0.9
    """One that correlates so well once both are softened is seen, but out of focus."""
    other_light_share: float = 0.5
    least_texture: float = 0.15
    """Share of textured blocks below which blur, cover and movement cannot be judged."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A condition with the figure and the threshold it crossed."""

    measure: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """One look: what is wrong, and why more could not be said (empty: everything was judged)."""

    suspicions: Mapping[Condition, Suspicion]
    unjudged: str = ""

    @property
    def clean(self) -> bool:
        """Nothing is suspected."""
        return not self.suspicions


NO_REFERENCE = "no_reference"
TOO_LITTLE_TEXTURE = "too_little_texture"
TOO_DARK_TO_JUDGE = "too_dark"


def judge_alone(measures: Measures, changed_share: float | None, limits: Thresholds) -> dict[Condition, Suspicion]:
    """What a picture and the one before it tell without a reference; `changed_share` of pixels between the two."""
    found: dict[Condition, Suspicion] = {}
    if measures.top <= limits.black_top:
        found[Condition.BLACK] = Suspicion(measures.top, limits.black_top)
    elif measures.high <= limits.dark_high:
        found[Condition.TOO_DARK] = Suspicion(measures.high, limits.dark_high)
    if measures.low >= limits.bright_low:
        found[Condition.TOO_BRIGHT] = Suspicion(measures.low, limits.bright_low)
    elif measures.saturated_share >= limits.bright_share:
        found[Condition.TOO_BRIGHT] = Suspicion(measures.saturated_share, limits.bright_share)
    if changed_share is None:
        return found
    drawn = measures.mode_share >= limits.signal_mode_share and measures.noise_sigma < limits.signal_noise
    if not found and drawn and changed_share <= limits.signal_changed_share:
        # Drawn by a recorder, not seen by a sensor: one colour, no noise, nothing new but perhaps a clock.
        found[Condition.SIGNAL_LOSS] = Suspicion(measures.mode_share, limits.signal_mode_share)
    if changed_share <= limits.frozen_changed_share:
        found[Condition.FROZEN] = Suspicion(changed_share, limits.frozen_changed_share)
    return found


def judge(
    measures: Measures,
    picture: Plane,
    reference: Reference | None,
    changed_share: float | None,
    limits: Thresholds,
    *,
    other_light: Reference | None = None,
) -> Verdict:
    """Everything that is wrong with a look. Without a reference of its own light, one of the other light says whether
    the place itself is still there."""
    found = judge_alone(measures, changed_share, limits)
    if reference is not None and abs(measures.mean - reference.mean) < limits.signal_as_bright:
        found.pop(Condition.SIGNAL_LOSS, None)
    if any(condition is not Condition.FROZEN for condition in found):
        return Verdict(found, TOO_DARK_TO_JUDGE if Condition.TOO_DARK in found else "")
    if reference is None or not reference.ready:
        return _by_other_light(measures, found, other_light, limits)
    noise_limit = max(limits.noise_sigma, reference.noise_sigma * limits.noise_times)
    if measures.noise_sigma >= noise_limit:
        found[Condition.NOISE] = Suspicion(measures.noise_sigma, noise_limit)
    stripe = stripe_strength(reference, measures)
    if stripe >= limits.stripe:
        found[Condition.STRIPES] = Suspicion(stripe, limits.stripe)
    cast_limit = max(limits.cast, reference.cast + limits.cast_beyond)
    if measures.cast >= cast_limit:
        found[Condition.COLOUR_CAST] = Suspicion(measures.cast, cast_limit)
    textured = reference.textured
    if textured.mean() < limits.least_texture:
        return Verdict(found, TOO_LITTLE_TEXTURE)
    if Condition.NOISE not in found:  # noise drowns edges and looks like detail
        found.update(_by_texture(measures, picture, reference, limits))
    return Verdict(found)


def _by_other_light(
    measures: Measures, found: dict[Condition, Suspicion], other: Reference | None, limits: Thresholds
) -> Verdict:
    if other is None or not other.ready or other.textured_share < limits.least_texture:
        return Verdict(found, NO_REFERENCE)
    lost_share = float((block_retention(other, measures.slope)[other.textured] < limits.block_lost).mean())
    if lost_share < limits.other_light_share:
        return Verdict(found, NO_REFERENCE)
    if measures.mean < limits.dusk_mean:  # darkness cannot be told from a dark cover
        return Verdict(found, TOO_DARK_TO_JUDGE)
    return Verdict({**found, Condition.COVERED: Suspicion(lost_share, limits.other_light_share)})


def _by_texture(
    measures: Measures, picture: Plane, reference: Reference, limits: Thresholds
) -> dict[Condition, Suspicion]:
    textured = reference.textured
    retention = block_retention(reference, measures.slope)
    lost, kept = textured & (retention < limits.block_lost), textured & (retention >= limits.block_kept)
    lost_share = float(lost[textured].mean())
    if lost_share < limits.suspect_share:
        return _blurred(measures, picture, reference, kept, limits)
    if lost_share >= limits.moved_share:
        moved = _moved(measures, picture, reference, limits, far=lost_share >= limits.far_share)
        if moved:
            return moved
    # Lamps and sun draw and wipe out slopes and a lens out of focus wipes them out, yet the place's own light and shade
    # stay where they were.
    place = reference.view.picture
    soft = lost & (block_likeness(place, picture, softened_px=2.0) >= limits.block_alike)
    blurred = _blurred(measures, picture, reference, kept | soft, limits)
    if blurred:
        return blurred
    hidden = lost & ~soft & (block_likeness(place, picture) < limits.block_unlike)
    hidden_share = float(hidden[textured].mean())
    if hidden_share >= limits.turned_share and _has_texture_of_its_own(measures, reference, hidden, limits):
        return {Condition.MOVED: Suspicion(hidden_share, limits.turned_share)}
    blob = largest_blob(hidden)
    if blob >= limits.covered_blob and (blob >= limits.large_blob or _is_smooth(measures, reference, hidden, limits)):
        return {Condition.COVERED: Suspicion(blob, limits.covered_blob)}
    if hidden_share >= limits.covered_share:
        return {Condition.COVERED: Suspicion(hidden_share, limits.covered_share)}
    return {}


def _blurred(
    measures: Measures, picture: Plane, reference: Reference, seen: npt.NDArray[np.bool_], limits: Thresholds
) -> dict[Condition, Suspicion]:
    # Where the place is seen: what hides it says nothing of the lens.
    seen = seen & UNWRITTEN
    if seen.sum() < limits.blur_basis * (reference.textured & UNWRITTEN).sum() or not seen.any():
        return {}
    fine = (measures.detail / measures.contrast)[seen] / (reference.detail / reference.contrast)[seen]
    sharpness = _weighted_median(fine, reference.detail[seen])  # where the place is smooth, blur takes nothing
    if sharpness > limits.blur_ratio or _has_narrow_edges(measures, picture, limits):
        return {}
    return {Condition.BLURRED: Suspicion(sharpness, limits.blur_ratio)}


def _has_narrow_edges(measures: Measures, picture: Plane, limits: Thresholds) -> bool:
    # Nothing is sharp behind a lens out of focus, be it the place's or a passer-by's, by whatever light.
    edges = edges_of(picture)
    enough = max(limits.edge_steepness, limits.edge_over_noise * measures.noise_sigma)
    widths = edges.width_px[UNWRITTEN & (edges.steepness >= enough)]
    return len(widths) >= limits.edge_blocks and float(np.quantile(widths, limits.edge_share)) < limits.edge_width_px


def _weighted_median(values: Grid, weights: Grid) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _moved(
    measures: Measures, picture: Plane, reference: Reference, limits: Thresholds, *, far: bool
) -> dict[Condition, Suspicion]:
    now = View(picture)
    for find in (follow, match) if far else (follow,):
        motion = find(reference.view, now)
        if motion is None:
            continue
        for figure, limit in (
            (motion.shift_px, limits.moved_px),
            (abs(motion.roll_deg), limits.moved_deg),
            (abs(motion.scale - 1), limits.moved_scale),
        ):
            if figure >= limit and gained_by(reference, measures.slope, motion) >= limits.moved_gain:
                return {Condition.MOVED: Suspicion(figure, limit)}
    return {}


def _is_smooth(measures: Measures, reference: Reference, blocks: npt.NDArray[np.bool_], limits: Thresholds) -> bool:
    # A hand at the lens is out of focus; a van, a crowd or a flag is as sharp as the place.
    return float(np.median((measures.detail / reference.detail)[blocks])) <= limits.smooth_detail


def _has_texture_of_its_own(
    measures: Measures, reference: Reference, blocks: npt.NDArray[np.bool_], limits: Thresholds
) -> bool:
    own, places = own_slope_share(measures.slope)[blocks], reference.firm_share[blocks]
    return float(own.mean()) >= limits.turned_texture * float(places.mean())


def largest_blob(blocks: npt.NDArray[np.bool_]) -> float:
    """Share of all blocks in the largest piece: one thing hides blocks that hang together, a crowd does not."""
    count, _, statistics, _ = cv2.connectedComponentsWithStats(blocks.astype(np.uint8), connectivity=4)
    return float(statistics[1:, cv2.CC_STAT_AREA].max()) / blocks.size if count > 1 else 0.0
