"""What may be said of a look, and what earlier looks say of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from camera.picture.cover import Blocks
from camera.picture.measure import Grid
from camera.picture.picture import Plane
from camera.picture.thresholds import Suspicion


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
    ask_focus: bool = False
    """Whatever fine detail says: the look before was out of focus, or it is time."""
    before: Plane | None = None
    """The look before this one, whatever was seen in it."""


NOTHING_LATELY: Final = Lately()
NO_REFERENCE = "no_reference"
TOO_LITTLE_TEXTURE = "too_little_texture"
BY_TEXTURE: Final = frozenset({Condition.BLURRED, Condition.COVERED, Condition.MOVED})
"""What is told by the place's own edges."""
TOO_DARK_TO_JUDGE = "too_dark"
