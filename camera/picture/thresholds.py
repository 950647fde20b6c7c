"""Where the judgement of pictures draws its lines; every threshold stands here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A condition with the figure and the threshold it crossed."""

    measure: float
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Set on opencv-doc's clips and on the footage of benchmarks/picture_scenes.py; judged on other footage that was
    made after they were frozen (docs/decisions/0066)."""

    black_top: float = 20.0
    black_shade: float = 3.0
    """Grey levels between the darkest and the lightest block of a dark picture without structure, ..."""
    black_beyond_noise: float = 8.0
    """... or so many times the spread that noise gives to a block's mean: as far as the two outermost of a hundred lie
    apart. A camera that turns its gain up on nothing shows noise by pixel, row and column; a dark yard keeps its light
    and shade."""
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
    """Fine detail against contrast, as a share of the reference's, where too few edges are seen to tell by."""
    blur_asked: float = 0.9
    """From so little fine detail on, edges are asked: fog, lamps that go out and a shadow take detail too, and noise
    gives some back."""
    widened_px: float = 1.0
    """Sigma of what has widened the place's edges since they were learnt, at the middle one: half of what must be
    found. 0 to 0.5 in focus by whatever light, 0.7 in falling snow; 0.9 (in the noise of dawn) to 3.5 behind 2 to 4."""
    edge_steepness: float = 2.5
    """Grey levels per pixel of a block's steepest edge from which its width is known, ..."""
    edge_over_noise: float = 0.5
    """... or so many times the noise if that is more: twice what the steepest of a block is by noise alone."""
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
    """Share of the view in one piece, sharp or not; so much that has not got its slopes back has not moved either."""
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
    still_share: float = 0.25
    """Of the place's blocks, what must have shown it when the view was last found where it stood, for that to hold."""
    still_blocks: int = 8
    """Blocks that show the place; from fewer nothing follows."""
    other_light_share: float = 0.5
    other_light_levels: float = 8.0
    """Grey levels by which a lamp that goes out darkens what it lit, at least."""
    lamps_out: float = 0.25
    """Share of the blocks that show the place, clear of what hides others, that is so much darker, ..."""
    lamps_left: float = 0.1
    """... and share that is so much brighter at once, ..."""
    lamps_noise: float = 2.0
    """... with so many times the noise: then lamps have changed. 2.5 to 5.2 once they are out, 1.1 behind a hand."""
    lit_otherwise: float = 7.0
    """Grey levels by which half of what shows the place differs from one exposure of all: then lamps or sun have
    changed, and pieces below `large_blob` are shadows that went. 7 to 22 by other light, below 6 beside most covers."""
    least_clear: float = 0.15
    """Share of blocks with an edge clear of the noise at its own brightness below which a lens out of focus would pass
    unseen: by its lamps a passage has 0.25 and more, once they are out 0."""
    steep_alone: float = 8.0
    """Grey levels per pixel of edges that tell of the lens where fine detail drowns, ..."""
    steep_over_noise: float = 1.5
    """... and so many times the noise, which makes the steepest of many places steeper by a fifth of it, ..."""
    least_steep: float = 0.2
    """... if so large a share of the blocks has one: a gate by night has 0.5 to 0.7, a dim basement 0.12 to 0.17."""
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
