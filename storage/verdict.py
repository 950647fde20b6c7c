"""Whether retention is met (存储达标): a pure judgement over what is known of a point."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from storage.days import DAY_MS

AWAY_IS_LOST_MS: Final = DAY_MS
"""A disk that is away so long is taken for dead: its footage cannot be played, whatever may come back."""
PRESENCE_FRESH_MS: Final = 2 * DAY_MS
"""Every file is looked for each night; two missed nights and nobody knows any more (promise 6)."""


class Verdict(StrEnum):
    """How the promise stands."""

    MET = "met"
    ACCRUING = "accruing"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointFacts:
    """All that a verdict rests on."""

    keep_days: int
    since_ms: int
    proven_age_ms: int
    """Since recording began here."""
    losses: tuple[tuple[int, int, str], ...]
    """(start of the lost footage, when it was noticed, cause) inside the window."""
    away_since_ms: int | None
    """Since when a disk with footage of this point is away."""
    present_ms: int | None
    """When all of it was last seen to be there; None if never."""
    now_ms: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, since when, and why if it is a bad one."""

    verdict: Verdict
    since_ms: int
    reason: str = ""


def judge(facts: PointFacts) -> Judgement:
    """Violated beats unknown beats accruing beats met: what is certainly gone is worse than what nobody looked at."""
    if facts.losses:
        first = min(noticed_ms for _, noticed_ms, _ in facts.losses)
        causes = ", ".join(sorted({cause for _, _, cause in facts.losses}))
        return Judgement(Verdict.VIOLATED, first, causes)
    if facts.away_since_ms is not None:
        dead = facts.now_ms - facts.away_since_ms >= AWAY_IS_LOST_MS
        return Judgement(Verdict.VIOLATED if dead else Verdict.UNKNOWN, facts.away_since_ms, "volume_away")
    has_kept = facts.proven_age_ms >= facts.keep_days * DAY_MS
    fresh = facts.present_ms is not None and facts.now_ms - facts.present_ms <= PRESENCE_FRESH_MS
    if not fresh and facts.proven_age_ms >= PRESENCE_FRESH_MS:
        since_ms = facts.since_ms if facts.present_ms is None else facts.present_ms + PRESENCE_FRESH_MS
        return Judgement(Verdict.UNKNOWN, since_ms, "not_verified")
    if not has_kept:
        return Judgement(Verdict.ACCRUING, facts.since_ms)
    return Judgement(Verdict.MET, facts.now_ms - (facts.proven_age_ms - facts.keep_days * DAY_MS))
