"""Room for words on the map: each is written where it covers least of what is written already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""


def width_em(words: str) -> float:
    """How wide words are, in letters as wide as a Chinese one."""
    return sum(1.0 if letter >= "\u2e80" else 0.55 for letter in words)


@dataclass(slots=True)
class Labels:
    """What is written so far."""

    taken: list[Box] = field(default_factory=list)

    def take(self, x: float, y: float, words: str, *, size: int, anchor: str = "start") -> None:
        """Words stand here, whatever else does."""
        self.taken.append(_box(x, y, words, size, anchor))

    def choose(self, places: Sequence[tuple[float, float, str]], words: str, *, size: int) -> tuple[float, float, str]:
        """The first of some places (x, y, anchor) where words cover least of what stands there, and take it."""
        covered = [
            sum(_common(_box(x, y, words, size, anchor), other) for other in self.taken) for x, y, anchor in places
        ]
        x, y, anchor = places[covered.index(min(covered))]
        self.take(x, y, words, size=size, anchor=anchor)
        return x, y, anchor


def _box(x: float, y: float, words: str, size: int, anchor: str) -> Box:
    width = width_em(words) * size
    left = x - {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * width
    return left, y - size, left + width, y + 0.25 * size


def _common(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0
