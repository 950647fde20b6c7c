"""What is wrong with a picture, by its measures and its point's reference. Pure rules; every threshold stands here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import numpy as np

from camera.picture.cover import Blocks, as_bright, beyond_light, grown, largest_blob, left_behind, lost_lately
from camera.picture.measure import Grid, Measures, edges_of, per_block
from camera.picture.picture import Plane
from camera.picture.reference import (
    UNWRITTEN,
    Reference,
    block_likeness,
    block_retention,
    own_slope_share,
    regained_by,
    stripe_strength,
)
from camera.picture.registration import Motion, View, correlate, match


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
    black_shade: float = 3.0
    """Grey levels between the darkest and the lightest block of a dark picture: a camera that turns its gain up on
    nothing shows noise, which averages out over a block; a dark yard keeps its light and shade."""
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
    faint_blur_ratio: float = 0.65
    """Of a place in fog a lens out of focus takes less, 0.45 to 0.65: so much is enough ..."""
    wide_edge_px: float = 0.83
    """... where edges are known and as wide as sigma 2 makes them; in fog in focus they are 0 to 0.4."""
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
    lost_at_once: float = 0.25
    """A block counts as hidden if it lost so much of the place within a minute: snow that comes to lie takes ten."""
    gone_step: float = 0.25
    """Around a van that has left the picture steps by 0.11 to 0.25 of what it did; around a smooth thing before the
    lens by 0.2 and more, around the hand in tree.avi by 1.5 to 2.9. Asked of pieces below `large_blob` only."""
    least_change: float = 3.0
    """Grey levels, half of a piece's blocks: 0.5 to 1.3 where snow closes over, 6.6 and more behind what covers."""
    block_kept: float = 0.6
    """A block shows the place for certain with so many; between the two lie blocks at the rim of what hides others."""
    suspect_share: float = 0.1
    """From so many lost blocks on it is worth asking what hides them, or whether the view has moved: turned by 20 px it
    loses half of its blocks, a bare one a sixth."""
    far_share: float = 0.3
    """From so many lost blocks on it may have turned too far to follow, and the dearer search is worth its time."""
    moved_gain: float = 0.1
    """Moving the view back must bring back so many of the place's slopes, ..."""
    moved_least_gain: float = 0.04
    """... or so many, where shading on bare walls stays whichever way it turns, ..."""
    moved_half: float = 0.5
    """... if they are so many of those that were lost. A view that stands loses by being moved."""
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
    still_share: float = 0.8
    """Of the blocks that showed the place when the view was last found where it stood, so many must still show it for
    that to hold: turned by 20 px a view loses half of its blocks, tilted by 3 degrees a third."""
    still_blocks: int = 8
    """From fewer nothing follows."""
    other_light_share: float = 0.5
    other_light_levels: float = 8.0
    """Grey levels by which a lamp that goes out darkens what it lit, at least."""
    least_clear: float = 0.15
    """Share of blocks with an edge clear of the noise at its own brightness below which a lens out of focus would pass
    unseen: by its lamps a passage has 0.25 and more, once they are out 0."""
    least_under_cover: int = 3
    """Blocks with an edge that the barest two fifths of the view must hold, for what covers these to be found."""
    large_piece: float = 0.2
    """Share of the view in one piece of hidden and bare blocks together: the half of what a cover of 40 % fills, ..."""
    bare_change: float = 3.0
    """... with bare ones that differ by so many grey levels beyond light, ..."""
    bare_lost: int = 3
    """... and so many that have lost an edge of the place."""
    least_content: float = 0.2
    """Share of blocks with an edge below which blur, cover and movement cannot be judged: a bare gable wall with one
    door has 0.06 to 0.19, a street in thick fog 0.1; a corridor wall, where all is found, 0.23 to 0.29."""


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
    unseen: frozenset[Condition] = frozenset()
    """What would pass unseen at this place by this light, though everything else was judged."""
    retention: Grid | None = field(default=None, compare=False)
    """Per block, the share of the place's slopes that are there; None where texture was not judged."""
    stood: Blocks | None = field(default=None, compare=False)
    """Blocks that show the place, in a view known to be where it stood."""

    @property
    def clean(self) -> bool:
        """Nothing is suspected."""
        return not self.suspicions


@dataclass(frozen=True, slots=True)
class Lately:
    """What earlier looks say of this one."""

    retention: tuple[Grid, ...] = ()
    """Of the last looks without any suspicion, a minute of them."""
    stood: Blocks | None = None
    """As the last look that knew it had it."""


NOTHING_LATELY: Final = Lately()
NO_REFERENCE = "no_reference"
TOO_LITTLE_TEXTURE = "too_little_texture"
BY_TEXTURE: Final = frozenset({Condition.BLURRED, Condition.COVERED, Condition.MOVED})
"""What is told by the place's own edges."""
TOO_DARK_TO_JUDGE = "too_dark"


def judge_alone(measures: Measures, changed_share: float | None, limits: Thresholds) -> dict[Condition, Suspicion]:
    """What a picture and the one before it tell without a reference; `changed_share` of pixels between the two."""
    found: dict[Condition, Suspicion] = {}
    shade = measures.shade[UNWRITTEN]
    if measures.top <= limits.black_top:
        found[Condition.BLACK] = Suspicion(measures.top, limits.black_top)
    elif shade.max() <= limits.black_top:  # where noise averages out and a clock does not count
        found[Condition.BLACK] = Suspicion(float(shade.max()), limits.black_top)
    elif shade.max() <= limits.dark_high and np.ptp(shade) <= limits.black_shade:
        found[Condition.BLACK] = Suspicion(float(np.ptp(shade)), limits.black_shade)
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
    lately: Lately = NOTHING_LATELY,
) -> Verdict:
    """Everything that is wrong with a look. Without a reference of its own light, one of the other light says whether
    the place itself is still there."""
    found = judge_alone(measures, changed_share, limits)
    if reference is not None and abs(measures.mean - reference.mean) < limits.signal_as_bright:
        found.pop(Condition.SIGNAL_LOSS, None)
    if any(condition is not Condition.FROZEN for condition in found):
        return Verdict(found, TOO_DARK_TO_JUDGE if Condition.TOO_DARK in found else "")
    if reference is None or not reference.ready:
        return _by_other_light(measures, picture, found, other_light, limits, lately)
    noise_limit = max(limits.noise_sigma, reference.noise_sigma * limits.noise_times)
    if measures.noise_sigma >= noise_limit:
        found[Condition.NOISE] = Suspicion(measures.noise_sigma, noise_limit)
    stripe = stripe_strength(reference, measures)
    if stripe >= limits.stripe:
        found[Condition.STRIPES] = Suspicion(stripe, limits.stripe)
    cast_limit = max(limits.cast, reference.cast + limits.cast_beyond)
    if measures.cast >= cast_limit:
        found[Condition.COLOUR_CAST] = Suspicion(measures.cast, cast_limit)
    if reference.content < limits.least_content:
        return Verdict(found, TOO_LITTLE_TEXTURE, BY_TEXTURE)
    unseen = _unseen(reference, limits)
    if Condition.NOISE in found:  # noise drowns edges and looks like detail
        return Verdict(found, unseen=unseen)
    by_texture = _by_texture(measures, picture, reference, limits, lately)
    return replace(by_texture, suspicions={**found, **by_texture.suspicions}, unseen=unseen)


def _unseen(reference: Reference, limits: Thresholds) -> frozenset[Condition]:
    # Said of the place beforehand. It is judged nevertheless: a cover over the part that has edges is still found.
    return frozenset(
        condition
        for condition, enough in (
            (Condition.BLURRED, reference.clear_share >= limits.least_clear),
            (Condition.COVERED, reference.least_under_cover >= limits.least_under_cover),
        )
        if not enough
    )


def _by_other_light(
    measures: Measures,
    picture: Plane,
    found: dict[Condition, Suspicion],
    other: Reference | None,
    limits: Thresholds,
    lately: Lately,
) -> Verdict:
    if other is None or not other.ready or other.content < limits.least_content:
        return Verdict(found, NO_REFERENCE)
    if measures.mean < limits.dusk_mean and _lit_as_before(measures, picture, other, limits):
        by_texture = _by_texture(measures, picture, other, limits, lately)
        if by_texture.suspicions:
            return replace(by_texture, suspicions={**found, **by_texture.suspicions})
    lost_share = float((block_retention(other, measures.slope)[other.textured] < limits.block_lost).mean())
    if lost_share < limits.other_light_share:
        return Verdict(found, NO_REFERENCE)
    if measures.mean < limits.dusk_mean:  # darkness cannot be told from a dark cover
        return Verdict(found, TOO_DARK_TO_JUDGE)
    return Verdict({**found, Condition.COVERED: Suspicion(lost_share, limits.other_light_share)})


def _lit_as_before(measures: Measures, picture: Plane, reference: Reference, limits: Thresholds) -> bool:
    # What still shows the place is as bright as it was: then no lamp went out, and what is dark is behind something.
    kept = reference.textured & UNWRITTEN & (block_retention(reference, measures.slope) >= limits.block_kept)
    if kept.sum() < limits.still_blocks:
        return False
    return float(np.median((per_block(picture) - per_block(reference.view.picture))[kept])) > -limits.other_light_levels


def _by_texture(
    measures: Measures, picture: Plane, reference: Reference, limits: Thresholds, lately: Lately
) -> Verdict:
    textured = reference.textured
    retention = block_retention(reference, measures.slope)
    lost, kept = textured & (retention < limits.block_lost), textured & (retention >= limits.block_kept)
    lost_share = float(lost[textured].mean())
    if lost_share < limits.suspect_share:
        return Verdict(_blurred(measures, picture, reference, kept, limits), retention=retention)
    stood = lately.stood if _stands(lately.stood, kept, limits) else None
    if stood is None:
        far = lost_share >= limits.far_share
        moved, found_standing = _moved(measures, picture, reference, limits, far=far)
        if moved:
            return Verdict(moved, retention=retention)
        stood = kept if found_standing else None
    hidden = _blurred_or_hidden(measures, picture, reference, limits, lost, kept, retention, lately)
    return Verdict(hidden, retention=retention, stood=stood)


def _blurred_or_hidden(
    measures: Measures,
    picture: Plane,
    reference: Reference,
    limits: Thresholds,
    lost: Blocks,
    kept: Blocks,
    retention: Grid,
    lately: Lately,
) -> dict[Condition, Suspicion]:
    # Lamps and sun draw and wipe out slopes and a lens out of focus wipes them out, yet the place's own light and shade
    # stay where they were.
    textured, place = reference.textured, reference.view.picture
    soft = lost & (block_likeness(place, picture, softened_px=2.0) >= limits.block_alike)
    blurred = _blurred(measures, picture, reference, kept | soft, limits)
    if blurred:
        return blurred
    hidden = lost & ~soft & (block_likeness(place, picture) < limits.block_unlike)
    hidden_share = float(hidden[textured].mean())
    if hidden_share >= limits.turned_share and _has_texture_of_its_own(measures, reference, hidden, limits):
        return {Condition.MOVED: Suspicion(hidden_share, limits.turned_share)}
    hidden &= lost_lately(retention, lately.retention, limits.lost_at_once)
    hidden &= ~as_bright(hidden, place, picture, limits.least_change, small=limits.covered_blob)
    change = beyond_light(place, picture, kept)
    piece = largest_blob(grown(hidden, kept, change, limits.bare_change, limits.bare_lost))
    hidden &= ~left_behind(hidden, place, picture, limits.gone_step, large=limits.large_blob)
    hidden_share = float(hidden[textured].mean())
    blob = largest_blob(hidden)
    if blob >= limits.covered_blob and (blob >= limits.large_blob or _is_smooth(measures, reference, hidden, limits)):
        return {Condition.COVERED: Suspicion(blob, limits.covered_blob)}
    if hidden_share >= limits.covered_share:
        return {Condition.COVERED: Suspicion(hidden_share, limits.covered_share)}
    if piece >= limits.large_piece:
        return {Condition.COVERED: Suspicion(piece, limits.large_piece)}
    return {}


def _blurred(
    measures: Measures, picture: Plane, reference: Reference, seen: Blocks, limits: Thresholds
) -> dict[Condition, Suspicion]:
    # Where the place is seen: what hides it says nothing of the lens.
    seen = seen & reference.clear
    if reference.clear_share < limits.least_clear:
        return {}
    if seen.sum() < limits.blur_basis * reference.clear.sum() or not seen.any():
        return {}
    fine = (reference.detail_left(measures) * reference.contrast / measures.contrast)[seen]
    sharpness = _weighted_median(fine, reference.detail[seen])  # where the place is smooth, blur takes nothing
    if sharpness > limits.faint_blur_ratio:
        return {}
    width_px = _edge_width_px(measures, picture, limits)
    if sharpness <= limits.blur_ratio:
        blurred = width_px is None or width_px >= limits.edge_width_px
        return {Condition.BLURRED: Suspicion(sharpness, limits.blur_ratio)} if blurred else {}
    blurred = width_px is not None and width_px >= limits.wide_edge_px
    return {Condition.BLURRED: Suspicion(sharpness, limits.faint_blur_ratio)} if blurred else {}


def _edge_width_px(measures: Measures, picture: Plane, limits: Thresholds) -> float | None:
    # Nothing is sharp behind a lens out of focus, be it the place's or a passer-by's, by whatever light. None: too few.
    edges = edges_of(picture)
    enough = max(limits.edge_steepness, limits.edge_over_noise * measures.noise_sigma)
    widths = edges.width_px[UNWRITTEN & (edges.steepness >= enough)]
    return float(np.quantile(widths, limits.edge_share)) if len(widths) >= limits.edge_blocks else None


def _weighted_median(values: Grid, weights: Grid) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])


def _stands(stood: Blocks | None, kept: Blocks, limits: Thresholds) -> bool:
    # A view that turned now would lose what it showed in its place then: no need to lay pictures against each other.
    if stood is None or stood.sum() < limits.still_blocks:
        return False
    return float(kept[stood].mean()) >= limits.still_share


def _moved(
    measures: Measures, picture: Plane, reference: Reference, limits: Thresholds, *, far: bool
) -> tuple[dict[Condition, Suspicion], bool]:
    # What was found, and whether the view is known to be where it stood.
    motion: Motion | None = correlate(reference.view.turned(reference.direction), measures.slope)
    for find in (None, match) if far else (None,):
        if find is not None:
            motion = find(reference.view, View(picture))
        if motion is None:
            continue
        beyond = [
            (figure, limit)
            for figure, limit in (
                (motion.shift_px, limits.moved_px),
                (abs(motion.roll_deg), limits.moved_deg),
                (abs(motion.scale - 1), limits.moved_scale),
            )
            if figure >= limit
        ]
        if not beyond:
            return {}, True
        regained = regained_by(reference, measures.slope, motion)
        if regained.of_all >= limits.moved_gain or (
            regained.of_all >= limits.moved_least_gain and regained.of_lost >= limits.moved_half
        ):
            return {Condition.MOVED: Suspicion(*beyond[0])}, False
    return {}, False


def _is_smooth(measures: Measures, reference: Reference, blocks: Blocks, limits: Thresholds) -> bool:
    # A hand at the lens is out of focus; a van, a crowd or a flag is as sharp as the place.
    told = blocks & reference.clear
    left = reference.detail_left(measures)[told] if told.any() else (measures.detail / reference.detail)[blocks]
    return float(np.median(left)) <= limits.smooth_detail


def _has_texture_of_its_own(measures: Measures, reference: Reference, blocks: Blocks, limits: Thresholds) -> bool:
    own, places = own_slope_share(measures.slope)[blocks], reference.firm_share[blocks]
    return float(own.mean()) >= limits.turned_texture * float(places.mean())
