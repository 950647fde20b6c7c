"""The judge of one point: measures, reference, episodes, put together. No clock, no camera, no database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2

from camera.picture.episode import RULES, UNJUDGED, Watch, after_look
from camera.picture.judgement import judge
from camera.picture.measure import Light, Measures, measure
from camera.picture.picture import Picture, Plane
from camera.picture.reference import Reference, first_look, learn
from camera.picture.thresholds import Suspicion, Thresholds
from camera.picture.verdict import TOO_DARK_TO_JUDGE, Condition, Lately, Verdict

_NIGHT_LOOKS: Final = 120
"""Darkness of 20 minutes is a night to be learnt."""
_SETTLED_LOOKS: Final = 30
_SETTLED_EVERY: Final = 3
"""A place that is known well is learnt from each third look: what follows from it is then worked out less often."""
_FOCUS_EVERY: Final = 3
"""Looks: three bad ones open an episode, and must be found within a minute."""
_LATELY: Final = 6
"""Looks without suspicion that are kept: a minute."""


@dataclass(frozen=True, slots=True)
class Change:
    """An episode began or ended with this look."""

    condition: Condition
    began: bool
    suspicion: Suspicion | None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look came to."""

    verdict: Verdict
    measures: Measures
    changes: tuple[Change, ...]
    light: Light


class PointEye:
    """Remembers what it must between looks; `references` may be stored and given back."""

    def __init__(self, limits: Thresholds | None = None, references: dict[Light, Reference] | None = None) -> None:
        self._limits = limits or Thresholds()
        self.references = references if references is not None else {}
        self.watches: dict[Condition, Watch] = {condition: Watch() for condition in Condition}
        self.unjudged = Watch()
        """Open while the place shows too little to be judged by, or for some faults."""
        self.unseen: frozenset[Condition] = frozenset()
        """What that is, as of the latest look at which it was so."""
        self._before: Plane | None = None
        self._lately = Lately()
        self._dark_looks = 0
        self._good_looks = 0
        self._looks = 0

    def look(self, picture: Picture) -> Look:
        """Judge a picture and learn from it if nothing about it is suspicious."""
        measures = measure(picture)
        changed = changed_share(self._before, picture.y) if self._before is not None else None
        lately = replace(self._lately, before=self._before)
        self._before = picture.y
        other = Light.NIGHT if measures.light is Light.DAY else Light.DAY
        verdict = judge(
            measures,
            picture.y,
            self.references.get(measures.light),
            changed,
            self._limits,
            other_light=self.references.get(other),
            lately=lately,
        )
        changes: list[Change] = []
        for condition in Condition:
            before = self.watches[condition]
            suspicion = verdict.suspicions.get(condition)
            now = after_look(before, suspicion is not None, picture.taken_utc_ns, RULES[condition])
            self.watches[condition] = now
            if now.open != before.open:
                changes.append(Change(condition, now.open, suspicion))
        self._remember(verdict)
        self.unseen = verdict.unseen or self.unseen
        self.unjudged = after_look(self.unjudged, bool(verdict.unseen), picture.taken_utc_ns, UNJUDGED)
        self._dark_looks = self._dark_looks + 1 if verdict.unjudged == TOO_DARK_TO_JUDGE else 0
        suspected = not verdict.clean or any("-" in watch.recent for watch in self.watches.values())
        if not suspected and (self._dark_looks == 0 or self._dark_looks > _NIGHT_LOOKS):
            self._learn(measures, picture.y)
        return Look(verdict, measures, tuple(changes), measures.light)

    @property
    def open_conditions(self) -> frozenset[Condition]:
        """Episodes that are going on."""
        return frozenset(condition for condition, watch in self.watches.items() if watch.open)

    def accept(self) -> None:
        """A person says that what is seen now is right: forget the references and learn anew."""
        self.references.clear()
        self.watches = {condition: Watch() for condition in Condition}
        self.unjudged = Watch()
        self._lately = Lately()

    def _remember(self, verdict: Verdict) -> None:
        # Once an episode is open the looks before it stay: what came within a minute goes on having come so. Until then
        # the minute runs on, or snow that goes on falling would confirm what one look of it made suspect.
        retention = self._lately.retention
        if verdict.retention is not None and (verdict.clean or not self.open_conditions):
            retention = (*retention, verdict.retention)[-_LATELY:]
        stood = verdict.stood if verdict.stood is not None else self._lately.stood
        self._looks += 1
        ask_focus = Condition.BLURRED in verdict.suspicions or self._looks % _FOCUS_EVERY == 0
        self._lately = Lately(retention, stood, ask_focus)

    def _learn(self, measures: Measures, picture: Plane) -> None:
        known = self.references.get(measures.light)
        self._good_looks += 1
        if known is not None and known.looks >= _SETTLED_LOOKS and self._good_looks % _SETTLED_EVERY:
            return
        self.references[measures.light] = (
            first_look(measures, picture) if known is None else learn(known, measures, picture)
        )


def changed_share(before: Plane, now: Plane) -> float:
    """Share of pixels that are not exactly as they were."""
    if before.shape != now.shape:
        return 1.0
    return cv2.countNonZero(cv2.absdiff(before, now)) / now.size
