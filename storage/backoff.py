"""When to try again: soon at first, then ever more seldom, never in step with the other cameras."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Final

FIRST_S: Final = 2.0
"""The first retry comes within this."""
LONGEST_S: Final = 60.0


@dataclass(slots=True)
class Backoff:
    """Full jitter over a doubling span: thirty cameras that stall at one moment come back spread out."""

    random: Random = field(default_factory=Random)
    _span_s: float = FIRST_S

    def next_s(self) -> float:
        """Seconds to wait before the next try."""
        span_s, self._span_s = self._span_s, min(self._span_s * 2, LONGEST_S)
        return self.random.uniform(0.1, span_s)

    def reset(self) -> None:
        """It worked for a while: the next failure is a first one again."""
        self._span_s = FIRST_S
