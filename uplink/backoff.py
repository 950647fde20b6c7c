"""When to try a broker again: full jitter, so that hundreds of campuses do not come back in step."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

FIRST_S: Final = 0.5
CAP_S: Final = 60.0
URGENT_CAP_S: Final = 2.0
"""While an alarm waits."""


@dataclass(slots=True)
class Backoff:
    """Counts failures in a row; the wait is anything between nothing and twice the last limit."""

    random: random.Random = field(default_factory=random.Random)
    failures: int = 0

    def limit_s(self, *, urgent: bool) -> float:
        """The longest that may be waited now."""
        grown = FIRST_S * 2.0 ** min(self.failures, 16)
        return min(grown, URGENT_CAP_S if urgent else CAP_S)

    def draw_s(self, *, urgent: bool) -> float:
        """Seconds to wait before the next try."""
        return self.random.uniform(0.0, self.limit_s(urgent=urgent))
