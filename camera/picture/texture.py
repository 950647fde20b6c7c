"""What the place's own edges tell: a lens out of focus, a view that moved, something that hides the place. Pure."""

from __future__ import annotations

import numpy as np

from camera.picture.cover import (
    Blocks,
    as_bright,
    beyond_light,
    grown,
    largest_blob,
    left_behind,
    lost_lately,
    pieces_of,
    with_rim,
)
from camera.picture.focus import out_of_focus
from camera.picture.measure import Grid, Measures, per_block, slope_of_picture
from camera.picture.picture import Plane
from camera.picture.reference import (
    UNWRITTEN,
    Reference,
    block_likeness,
    block_retention,
    lasting_slope_share,
    regained_by,
)
from camera.picture.registration import Motion, View, correlate, match
from camera.picture.thresholds import Suspicion, Thresholds
from camera.picture.verdict import Condition, Lately, Verdict


def by_texture(measures: Measures, picture: Plane, reference: Reference, limits: Thresholds, lately: Lately) -> Verdict:
    """Out of focus, moved or covered: at most one of them, and which blocks show the place."""
    textured = reference.textured
    retention = block_retention(reference, measures.slope)
    lost, kept = textured & (retention < limits.block_lost), textured & (retention >= limits.block_kept)
    lost_share = float(lost[textured].mean())
    if lost_share < limits.suspect_share:
        blurred = _blurred(measures, picture, reference, kept, limits, lately)
        return Verdict(blurred, retention=retention, stood=kept)  # a view that turned would have lost more
    stood = lately.stood if _stands(lately.stood, textured, lost, limits) else None
    if stood is None:
        far = lost_share >= limits.far_share
        moved, found_standing = moved_view(measures, picture, reference, limits, far=far)
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
    hidden = lost & ~soft & (block_likeness(place, picture) < limits.block_unlike)
    clear_of_it = ~with_rim(pieces_of(hidden, limits.covered_blob))  # a cover has soft edges of its own
    blurred = _blurred(measures, picture, reference, (kept | soft) & clear_of_it, limits, lately)
    if blurred:
        return blurred
    hidden_share = float(hidden[textured].mean())
    if hidden_share >= limits.turned_share and _shows_another_place(measures, reference, hidden, limits, lately):
        return {Condition.MOVED: Suspicion(hidden_share, limits.turned_share)}
    surely = kept & clear_of_it & UNWRITTEN
    change = per_block(picture) - reference.view.shade
    louder = measures.noise_sigma >= limits.lamps_noise * reference.noise_sigma
    if louder and _other_lamps(change[surely], limits):
        hidden &= change > -limits.other_light_levels  # what has gone dark with them is not hidden
    hidden &= lost_lately(retention, lately.retention, limits.lost_at_once)
    hidden &= ~as_bright(hidden, place, picture, limits.least_change, small=limits.covered_blob)
    unlit = beyond_light(place, picture, kept)
    piece = largest_blob(grown(hidden, kept, unlit, limits.bare_change, limits.bare_lost))
    hidden &= ~left_behind(hidden, place, picture, limits.gone_step, large=limits.large_blob)
    hidden_share = float(hidden[textured].mean())
    blob = largest_blob(hidden)
    if blob < limits.large_blob and _is_lit_otherwise(place, picture, surely, limits):
        return {}
    if blob >= limits.covered_blob and (blob >= limits.large_blob or _is_smooth(measures, reference, hidden, limits)):
        return {Condition.COVERED: Suspicion(blob, limits.covered_blob)}
    if hidden_share >= limits.covered_share:
        return {Condition.COVERED: Suspicion(hidden_share, limits.covered_share)}
    if piece >= limits.large_piece:
        return {Condition.COVERED: Suspicion(piece, limits.large_piece)}
    return {}


def _is_lit_otherwise(place: Plane, picture: Plane, seen: Blocks, limits: Thresholds) -> bool:
    # A cover leaves the rest in one light, brighter or darker by exposure. Lamps and sun light each part its own way,
    # and take the edges of shadows with them.
    if seen.sum() < limits.still_blocks:
        return False
    return float(np.median(np.abs(beyond_light(place, picture, seen)[seen]))) >= limits.lit_otherwise


def _other_lamps(change: Grid, limits: Thresholds) -> bool:
    # Exposure moves all that shows the place one way. Where lamps go out and one stays, the camera's gain makes what
    # that one lights brighter, while the rest is darker nevertheless. A dark cover through which the place still shows
    # does the same, but takes so little of the light that there is hardly more noise.
    if len(change) < limits.still_blocks:
        return False
    darker, brighter = (np.quantile(change, share) for share in (limits.lamps_out, 1 - limits.lamps_left))
    return bool(darker <= -limits.other_light_levels and brighter >= limits.other_light_levels)


def _blurred(
    measures: Measures, picture: Plane, reference: Reference, seen: Blocks, limits: Thresholds, lately: Lately
) -> dict[Condition, Suspicion]:
    found = out_of_focus(measures, picture, reference, seen, limits, ask=lately.ask_focus)
    return {Condition.BLURRED: found} if found else {}


def _stands(stood: Blocks | None, textured: Blocks, lost: Blocks, limits: Thresholds) -> bool:
    # Of what showed the place when the view was found where it stood, too little is lost since to ask what took it: no
    # need to lay pictures against each other again. It must be much of the place: a view that turns keeps its middle.
    if stood is None or (stood & textured).sum() < limits.still_share * textured.sum():
        return False
    return float(lost[stood].mean()) < limits.suspect_share


def moved_view(
    measures: Measures, picture: Plane, reference: Reference, limits: Thresholds, *, far: bool
) -> tuple[dict[Condition, Suspicion], bool]:
    """What was found, and whether the view is known to stand; `far`: it may have turned too far to follow."""
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
        left = largest_blob(reference.textured & (regained.retention < limits.block_lost))
        same_light = measures.light is reference.light  # by another one pieces stay lost, moved or not
        if same_light and left >= limits.large_blob and regained.of_lost < limits.moved_half:
            continue
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


def _shows_another_place(
    measures: Measures, reference: Reference, blocks: Blocks, limits: Thresholds, lately: Lately
) -> bool:
    # Under gain a sheet has slopes everywhere, as noise has them, but never the same ones twice; those of a hand last,
    # but are soft.
    if lately.before is None or _is_smooth(measures, reference, blocks, limits):
        return False
    lasting = lasting_slope_share(measures.slope, slope_of_picture(lately.before))
    return float(lasting[blocks].mean()) >= limits.turned_texture * float(reference.firm_share[blocks].mean())
