"""What is wrong with a picture, by its measures and its point's reference. Pure rules."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from camera.picture.cover import largest_blob
from camera.picture.focus import tells_by_edges_alone
from camera.picture.measure import Measures, per_block
from camera.picture.picture import Plane
from camera.picture.reference import UNWRITTEN, Reference, block_likeness, block_retention, stripe_strength
from camera.picture.texture import by_texture, moved_view
from camera.picture.thresholds import Suspicion, Thresholds
from camera.picture.verdict import (
    BY_TEXTURE,
    NO_REFERENCE,
    NOTHING_LATELY,
    TOO_DARK_TO_JUDGE,
    TOO_LITTLE_TEXTURE,
    Condition,
    Lately,
    Verdict,
)


def judge_alone(measures: Measures, changed_share: float | None, limits: Thresholds) -> dict[Condition, Suspicion]:
    """What a picture and the one before it tell without a reference; `changed_share` of pixels between the two."""
    found: dict[Condition, Suspicion] = {}
    shade = measures.shade[UNWRITTEN]
    if measures.top <= limits.black_top:
        found[Condition.BLACK] = Suspicion(measures.top, limits.black_top)
    elif shade.max() <= limits.black_top:  # where noise averages out and a clock does not count
        found[Condition.BLACK] = Suspicion(float(shade.max()), limits.black_top)
    elif shade.max() <= limits.dusk_mean and np.ptp(shade) <= (
        flat := max(limits.black_shade, limits.black_beyond_noise * measures.shade_noise)
    ):
        found[Condition.BLACK] = Suspicion(float(np.ptp(shade)), flat)
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
    told = by_texture(measures, picture, reference, limits, lately)
    return replace(told, suspicions={**found, **told.suspicions}, unseen=unseen)


def _unseen(reference: Reference, limits: Thresholds) -> frozenset[Condition]:
    # Said of the place beforehand. It is judged nevertheless: a cover over the part that has edges is still found.
    return frozenset(
        condition
        for condition, enough in (
            (
                Condition.BLURRED,
                reference.clear_share >= limits.least_clear or tells_by_edges_alone(reference, limits),
            ),
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
        told = by_texture(measures, picture, other, limits, lately)
        if told.suspicions:
            return replace(told, suspicions={**found, **told.suspicions})
    lost = other.textured & (block_retention(other, measures.slope) < limits.block_lost)
    lost_share = float(lost[other.textured].mean())
    if lost_share < limits.other_light_share:
        return Verdict(found, NO_REFERENCE)
    moved, _ = moved_view(measures, picture, other, limits, far=True)
    if moved:
        return Verdict({**found, **moved})
    if measures.mean < limits.dusk_mean:  # darkness cannot be told from a dark cover
        return Verdict(found, TOO_DARK_TO_JUDGE)
    hidden = lost & (block_likeness(other.view.picture, picture) < limits.block_unlike)
    hidden_share = float(hidden[other.textured].mean())
    if hidden_share < limits.other_light_share or largest_blob(hidden) < limits.large_blob:
        return Verdict(found, NO_REFERENCE)  # another light draws and wipes out edges everywhere
    return Verdict({**found, Condition.COVERED: Suspicion(hidden_share, limits.other_light_share)})


def _lit_as_before(measures: Measures, picture: Plane, reference: Reference, limits: Thresholds) -> bool:
    # What still shows the place is as bright as it was: then no lamp went out, and what is dark is behind something.
    kept = reference.textured & UNWRITTEN & (block_retention(reference, measures.slope) >= limits.block_kept)
    if kept.sum() < limits.still_blocks:
        return False
    return float(np.median((per_block(picture) - reference.view.shade)[kept])) > -limits.other_light_levels
