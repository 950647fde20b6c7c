"""Counts what the judge of pictures says of footage: episodes where nothing was wrong, and faults found in a minute.

A fault that shows by texture (cover, blur, pan, roll), due while the judge says that the place cannot be judged, or not
for this one, is neither found nor missed: it has a number of its own (`while_not_judged`), and so have the hours in
which that was said, of each (`hours_not_judged`). What is said only once the fault is there counts as missed.
"""

from __future__ import annotations

import copy
import time
from collections import Counter, defaultdict
from typing import Any, Final, Protocol

import numpy as np

from camera.picture.picture import Picture
from camera.picture.point_eye import Look, PointEye
from camera.picture.verdict import Condition

LOOKS_A_MINUTE: Final = 6
_FIRST_MOMENT: Final = 60
NAMED: Final = {
    "cover": Condition.COVERED,
    "blur": Condition.BLURRED,
    "pan": Condition.MOVED,
    "roll": Condition.MOVED,
    "black": Condition.BLACK,
    "noise": Condition.NOISE,
    "freeze": Condition.FROZEN,
}


class Place(Protocol):
    """Footage of one view: each look may be drawn with or without a fault."""

    name: str
    looks: int

    def picture(self, number: int, fault: str | None = None, fault_seed: int = 0) -> Picture:
        """A look; with the same seed the fault is the same."""


class Tally:
    """What was counted."""

    def __init__(self) -> None:
        self.camera_hours = 0.0
        self.false: Counter[str] = Counter()
        self.false_at: list[str] = []
        self.tried: Counter[str] = Counter()
        self.found: Counter[str] = Counter()
        self.otherwise: Counter[str] = Counter()
        self.while_not_judged: Counter[str] = Counter()
        self.hours_not_judged: defaultdict[str, float] = defaultdict(float)
        self.cpu_ms: list[float] = []
        self.wall_ms: list[float] = []

    def look(self, eye: PointEye, picture: Picture) -> Look:
        """One look, timed."""
        cpu, wall = time.thread_time(), time.perf_counter()
        seen = eye.look(picture)
        self.cpu_ms.append((time.thread_time() - cpu) * 1000)
        self.wall_ms.append((time.perf_counter() - wall) * 1000)
        return seen

    def figures(self) -> dict[str, Any]:
        """For the last line. Times are of the processor: what else the machine does counts less."""
        rates = {fault: round(self.found[fault] / self.tried[fault], 3) for fault in sorted(self.tried)}
        return {
            "mean_ms": round(float(np.mean(self.cpu_ms)), 2),
            "p99_ms": round(float(np.quantile(self.cpu_ms, 0.99)), 2),
            "mean_wall_ms": round(float(np.mean(self.wall_ms)), 2),
            "p99_wall_ms": round(float(np.quantile(self.wall_ms, 0.99)), 2),
            "camera_hours": round(self.camera_hours, 2),
            "false_episodes": dict(self.false),
            "false_at": self.false_at,
            "false_episodes_per_camera_hour": round(sum(self.false.values()) / self.camera_hours, 4),
            "lowest_detection_rate": min(rates.values(), default=None),
            "detection": rates,
            "not_found": dict(self.otherwise),
            "while_not_judged": dict(self.while_not_judged),
            "hours_not_judged": {place: round(hours, 2) for place, hours in self.hours_not_judged.items()},
            "injections": sum(self.tried.values()),
        }


def watch(place: Place, tally: Tally, injections: int, seed: int, look_s: int) -> None:
    """The whole footage; faults are shown to copies of the judge, so that they do not disturb the count."""
    random = np.random.default_rng(seed)
    eye = PointEye()
    choice = np.arange(_FIRST_MOMENT, place.looks - LOOKS_A_MINUTE)
    moments = {int(moment): fault for fault in NAMED for moment in random.choice(choice, injections, replace=False)}
    unseen: frozenset[Condition] = frozenset()
    for number in range(place.looks):
        if number in moments and not eye.open_conditions:
            fault, chance = moments[number], int(random.integers(0, 2**31))
            if NAMED[fault] not in unseen:
                _try(place, fault, number, copy.deepcopy(eye), tally, chance)
            else:
                tally.while_not_judged[f"{fault}: {place.name}"] += 1
        seen = tally.look(eye, place.picture(number))
        for condition in began(seen):
            tally.false[condition.value] += 1
            tally.false_at.append(f"{place.name} {number * look_s / 3600:.2f} h: {condition.value}")
        unseen = seen.verdict.unseen
        for condition in unseen:
            tally.hours_not_judged[f"{place.name}: {condition.value}"] += look_s / 3600
    tally.camera_hours += place.looks * look_s / 3600


def began(look: Look) -> list[Condition]:
    """The conditions of which an episode began with a look."""
    return [change.condition for change in look.changes if change.began]


def _try(place: Place, fault: str, number: int, eye: PointEye, tally: Tally, fault_seed: int) -> None:
    unjudged = ""
    frozen = place.picture(number)
    for later in range(number, number + LOOKS_A_MINUTE):
        if fault == "freeze":
            at = place.picture(later).taken_utc_ns
            picture = Picture(frozen.y, frozen.u, frozen.v, at)
        else:
            picture = place.picture(later, fault, fault_seed)
        unjudged = eye.look(picture).verdict.unjudged or unjudged
    conditions = eye.open_conditions
    tally.tried[fault] += 1
    tally.found[fault] += NAMED[fault] in conditions
    if NAMED[fault] not in conditions:
        taken_for = ", ".join(sorted(conditions)) or unjudged or "nothing"
        tally.otherwise[f"{fault} in {place.name} at look {number}: {taken_for}"] += 1
