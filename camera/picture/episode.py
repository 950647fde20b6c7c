"""From looks to episodes: N of M looks and a least duration, so that a bus before the lens is not a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from camera.picture.verdict import Condition
from foundation.clock import NS_PER_S


@dataclass(frozen=True, slots=True)
class EpisodeRules:
    """So many of the last `window` looks must be bad to begin, good to end; and it must have lasted `least_s`."""

    window: int
    bad: int
    good: int
    least_s: float


_QUICK: Final = EpisodeRules(window=4, bad=3, good=3, least_s=20)
_CROWD: Final = EpisodeRules(window=5, bad=4, good=3, least_s=30)
_FROZEN: Final = EpisodeRules(window=4, bad=4, good=1, least_s=30)

RULES: Final = dict.fromkeys(Condition, _QUICK) | {
    Condition.COVERED: _CROWD,  # people gather before a lens and walk on
    Condition.MOVED: _CROWD,
    Condition.FROZEN: _FROZEN,  # one changed picture proves that the stream lives
}

UNJUDGED: Final = EpisodeRules(window=18, bad=18, good=18, least_s=170)
"""Three minutes in which a place could not be judged, or could be again: a crowd or a cloud is no finding."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How a condition of a point has been lately."""

    recent: str = ""
    """Latest looks, oldest first: '-' bad, '+' good."""
    bad_since_utc_ns: int | None = None
    """First bad look of the present run of suspicion."""
    open: bool = False


def after_look(watch: Watch, bad: bool, at_utc_ns: int, rules: EpisodeRules) -> Watch:
    """The watch after one more look."""
    recent = (watch.recent + ("-" if bad else "+"))[-rules.window :]
    since = watch.bad_since_utc_ns
    if "-" not in recent:
        since = None
    elif bad and since is None:
        since = at_utc_ns
    opened = watch.open
    if not opened and recent.count("-") >= rules.bad and since is not None:
        opened = at_utc_ns - since >= rules.least_s * NS_PER_S
    elif opened and recent[-rules.good :].count("+") == rules.good:
        opened, since = False, None
    return Watch(recent, since, opened)
