"""Where more cameras would close blind spots: which place, which way, what each closes and what it adds to storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from camera.coverage.placed import sights
from camera.coverage.scene import Scene, ViewKey, prepare
from camera.coverage.view import MOST_AT_ONCE, View
from config.plan import Plan
from config.plan_feature import Mount
from config.point import Pose

AZIMUTH_STEP_DEG: Final = 15
TILTS_DEG: Final = (10.0, 20.0, 35.0)
"""Flat for roads and corridors, steep for gates; finer steps change a view by less than its own uncertainty."""
MAX_CANDIDATES: Final = 10_000
"""Under a minute of work on a small box."""

Elements = NDArray[np.intp]


class TooManyCandidatesError(ValueError):
    """More places, directions and models than can be tried in bounded time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraModel:
    """A camera that could be bought."""

    name: str
    width_px: int
    height_px: int
    hfov_deg: float
    night_range_m: float | None
    bits_per_s: float
    """Of its main stream, as recorded."""

    def bytes_kept(self, days: int) -> int:
        """What recording it day and night for so many days takes."""
        return round(self.bits_per_s / 8 * 86_400 * days)


BUILT_IN_MODELS: Final = (
    CameraModel(name="4MP-80", width_px=2560, height_px=1440, hfov_deg=80, night_range_m=30, bits_per_s=4e6),
    CameraModel(name="4MP-100", width_px=2560, height_px=1440, hfov_deg=100, night_range_m=30, bits_per_s=4e6),
    CameraModel(name="4MP-50", width_px=2560, height_px=1440, hfov_deg=50, night_range_m=50, bits_per_s=4e6),
    CameraModel(name="8MP-90", width_px=3840, height_px=2160, hfov_deg=90, night_range_m=30, bits_per_s=8e6),
)
"""Sizes that any maker sells, not makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One camera to add, in the order in which they help most."""

    mount_id: str
    mount_name: str
    model: CameraModel
    pose: Pose
    closes_day_m2: float
    """Area that nothing saw by day and that it would, those before it counted in."""
    closes_night_m2: float
    zones: tuple[tuple[str, float], ...]
    """Names of the zones it helps and the m² closed there by day, most first."""
    storage_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A camera that could hang somewhere, and which unseen cells it would see."""

    mount: Mount
    model: CameraModel
    pose: Pose
    closes: Elements


@dataclass(frozen=True, slots=True, eq=False)
class Unseen:
    """The cells that no camera sees, day and night counted apart, as one row of weights."""

    weights_m2: NDArray[np.float64]
    numbers: dict[tuple[ViewKey, bool], NDArray[np.int32]]
    """By view and whether at night: the place in the row of each cell of the grid, -1 for none."""
    zone_of: NDArray[np.intp]
    """The first zone that a cell belongs to, as its place in the plan; for telling, not for counting."""
    night: NDArray[np.bool_]


def suggest(
    plan: Plan, poses: Sequence[Pose], models: Sequence[CameraModel], count: int, keep_days: int
) -> tuple[Suggestion, ...]:
    """Up to `count` cameras, best first; cameras that hang already count as working, for those are mended, not doubled.

    Raises TooManyCandidatesError.
    """
    scene = prepare(plan)
    unseen = find_unseen(scene, poses)
    found = candidates(scene, unseen, models)
    chosen = choose([candidate.closes for candidate in found], unseen.weights_m2, count)
    return tuple(_told(plan, unseen, [found[number] for number in chosen], keep_days))


def find_unseen(scene: Scene, poses: Sequence[Pose]) -> Unseen:
    """What remains to be seen."""
    seen = {
        (key, density): np.zeros((2, plane.grid.rows, plane.grid.columns), np.bool_)
        for key, plane in scene.planes.items()
        for density in plane.densities_px_per_m
    }
    for of_one in sights(scene, poses):
        for key, view in of_one.items():
            by_day, by_night = seen[key]
            by_day[view.window.index] |= view.day
            by_night[view.window.index] |= view.night
    numbers: dict[tuple[ViewKey, bool], NDArray[np.int32]] = {}
    weights: list[NDArray[np.float64]] = [np.zeros(0)]
    zones: list[Elements] = [np.zeros(0, np.intp)]
    nights: list[NDArray[np.bool_]] = [np.zeros(0, np.bool_)]
    count, cell_m2 = 0, scene.plan.cell_m**2
    for key, both in seen.items():
        wanted = np.zeros(both.shape[1:])
        zone_of = np.zeros(both.shape[1:], np.intp)
        for place, zone in reversed(list(enumerate(scene.plan.zones))):
            patch = scene.zones[zone.id]
            if patch.view == key:
                wanted[patch.window.index] += patch.cells
                zone_of[patch.window.index][patch.cells] = place
        for night in (False, True):
            open_cells = (wanted > 0) & ~both[int(night)]
            size = int(np.count_nonzero(open_cells))
            number = np.full(open_cells.shape, -1, np.int32)
            number[open_cells] = np.arange(count, count + size)
            count += size
            numbers[key, night] = number
            weights.append(wanted[open_cells] * cell_m2)
            zones.append(zone_of[open_cells])
            nights.append(np.full(size, night))
    return Unseen(np.concatenate(weights), numbers, np.concatenate(zones), np.concatenate(nights))


def candidates(scene: Scene, unseen: Unseen, models: Sequence[CameraModel]) -> list[Candidate]:
    """Every allowed place, direction and model that would see something unseen. Raises TooManyCandidatesError."""
    poses = [
        (mount, model, pose) for mount in scene.plan.mounts for model in models for pose in _directions(mount, model)
    ]
    if len(poses) > MAX_CANDIDATES:
        raise TooManyCandidatesError(
            f"{len(scene.plan.mounts)} 处位置和 {len(models)} 种型号共 {len(poses)} 个候选，请少选几种型号 / "
            f"{len(scene.plan.mounts)} places and {len(models)} models make {len(poses)} candidates, "
            f"more than {MAX_CANDIDATES}: give fewer models"
        )
    # A mount inside a wall shows nothing, whichever way a camera there looks.
    any_pose = {mount.id: pose for mount, _, pose in poses}
    held = {mount_id for mount_id, pose in any_pose.items() if scene.wall_holding(pose) is not None}
    tried = [one for one in poses if one[0].id not in held]
    found = []
    for at in range(0, len(tried), MOST_AT_ONCE):
        some = tried[at : at + MOST_AT_ONCE]
        for (mount, model, pose), of_one in zip(some, sights(scene, [one[2] for one in some]), strict=True):
            elements = _closed(unseen, of_one)
            if elements.size:
                found.append(Candidate(mount, model, pose, elements))
    return found


def _closed(unseen: Unseen, seen: dict[ViewKey, View]) -> Elements:
    """The unseen cells that a camera sees."""
    closes: list[Elements] = [np.zeros(0, np.intp)]
    for key, view in seen.items():
        for night, mask in ((False, view.day), (True, view.night)):
            number = unseen.numbers[key, night][view.window.index][mask]
            closes.append(number[number >= 0].astype(np.intp))
    return np.concatenate(closes)


def choose(sets: Sequence[Elements], weights: NDArray[np.float64], count: int) -> list[int]:
    """Up to `count` of the sets that together weigh most: greedily, then each exchanged while that helps.

    Greedy alone is never below 63 % of the optimum; the exchanges close what it misses where two cameras beat one.
    """
    chosen = _greedy(sets, weights, count, [])
    while True:
        better = _exchange(sets, weights, chosen)
        if better is None:
            return _in_order(sets, weights, chosen)
        chosen = better


def _greedy(sets: Sequence[Elements], weights: NDArray[np.float64], count: int, start: list[int]) -> list[int]:
    left = weights.copy()
    chosen = list(start)
    for number in chosen:
        left[sets[number]] = 0
    # A set's gain only falls as others are chosen: an old gain below the best new one need not be computed again.
    gains = np.array([left[one].sum() for one in sets])
    fresh = np.full(len(sets), len(chosen))
    while len(chosen) < min(count, len(sets)):
        best = int(gains.argmax())
        if gains[best] <= 0:
            break
        if fresh[best] != len(chosen):
            gains[best] = left[sets[best]].sum()
            fresh[best] = len(chosen)
            continue
        chosen.append(best)
        left[sets[best]] = 0
        gains[best] = 0
    return chosen


def _exchange(sets: Sequence[Elements], weights: NDArray[np.float64], chosen: list[int]) -> list[int] | None:
    times = np.zeros(len(weights), np.int32)
    for number in chosen:
        times[sets[number]] += 1
    total = float(weights[times > 0].sum())
    for place, number in enumerate(chosen):
        others = [*chosen[:place], *chosen[place + 1 :]]
        times[sets[number]] -= 1
        base = float(weights[times > 0].sum())
        left = np.where(times > 0, 0.0, weights)
        gains = np.array([left[one].sum() for one in sets])
        best = int(gains.argmax())
        if base + gains[best] > total * (1 + 1e-9) and best != number:
            return [*others, best]
        times[sets[number]] += 1
    return None


def _in_order(sets: Sequence[Elements], weights: NDArray[np.float64], chosen: list[int]) -> list[int]:
    order = _greedy([sets[number] for number in chosen], weights, len(chosen), [])
    return [chosen[number] for number in order]


def _told(plan: Plan, unseen: Unseen, chosen: Sequence[Candidate], keep_days: int) -> Iterator[Suggestion]:
    left = unseen.weights_m2.copy()
    for candidate in chosen:
        closed = left[candidate.closes]
        night = unseen.night[candidate.closes]
        by_zone = np.bincount(
            unseen.zone_of[candidate.closes[~night]], weights=closed[~night], minlength=len(plan.zones)
        )
        helped = [(plan.zones[place].name, float(by_zone[place])) for place in np.flatnonzero(by_zone).tolist()]
        yield Suggestion(
            mount_id=candidate.mount.id,
            mount_name=candidate.mount.name,
            model=candidate.model,
            pose=candidate.pose,
            closes_day_m2=float(closed[~night].sum()),
            closes_night_m2=float(closed[night].sum()),
            zones=tuple(sorted(helped, key=lambda one: -one[1])),
            storage_bytes=candidate.model.bytes_kept(keep_days),
        )
        left[candidate.closes] = 0


def _directions(mount: Mount, model: CameraModel) -> Iterator[Pose]:
    for azimuth in range(0, 360, AZIMUTH_STEP_DEG):
        if mount.facing_deg is not None and abs((azimuth - mount.facing_deg + 180) % 360 - 180) > 90:
            continue
        for tilt in TILTS_DEG:
            yield Pose(
                x_m=mount.at[0],
                y_m=mount.at[1],
                height_m=mount.height_m,
                azimuth_deg=float(azimuth),
                tilt_deg=tilt,
                hfov_deg=model.hfov_deg,
                width_px=model.width_px,
                height_px=model.height_px,
                night_range_m=model.night_range_m,
            )
