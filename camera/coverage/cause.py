"""The cause of each blind spot: which camera is down, which wall stands in the way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from camera.coverage.placed import Glimpse, PlacedCamera
from camera.coverage.reason import REASONS, Judgement, Places, hiding_edges, judge, main_place
from camera.coverage.region import Region
from camera.coverage.report import Reason, Watch
from camera.coverage.scene import Patch, Scene
from camera.coverage.state import Cell

_OF_STATE: Final = {
    Cell.DOWN: (Reason.CAMERA_DOWN, Watch.FAILING),
    Cell.UNCERTAIN: (Reason.NOT_CERTAIN, Watch.UNKNOWN),
    Cell.NIGHT_BLIND: (Reason.TOO_DARK, None),
    Cell.NIGHT_DOWN: (Reason.CAMERA_DOWN, Watch.FAILING),
    Cell.NIGHT_UNCERTAIN: (Reason.NOT_CERTAIN, Watch.UNKNOWN),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a region is not seen, and whom it is about."""

    reason: Reason
    points: tuple[str, ...]
    hidden_by: str | None = None


def cause_of_state(region: Region, seeing: Collection[Glimpse]) -> Cause:
    """The cause of a region of which cameras that see some of the zone would see more: dark, down or not certain."""
    reason, watch = _OF_STATE[region.state]
    viewers = (one for one in seeing if watch is None or one.camera.watch is watch)
    return Cause(reason, tuple(one.camera.point_id for one in viewers if one.shows(region)))


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """The causes of one zone's blind regions, kept while no camera comes or goes that they could be about."""

    causes: tuple[Cause, ...]
    places: Places
    judgement: Judgement
    about: frozenset[str]
    """Points."""


NOTHING: Final = Explained((), np.zeros((0, 4)), judge([], np.zeros((0, 4))), frozenset())


@dataclass(frozen=True, slots=True)
class Question:
    """Blind regions of one zone, and the cameras around it."""

    patch: Patch
    blind: Sequence[Region]
    around: Collection[PlacedCamera]


def explain(scene: Scene, questions: Sequence[Question]) -> list[Explained]:
    """Answer questions about zones of one floor, in order; together, as one costs nearly as much as all."""
    cameras = list({id(camera): camera for question in questions for camera in question.around}.values())
    optics = [camera.optics for camera in cameras]
    places = np.concatenate([_places(scene, question) for question in questions])
    judged = judge(optics, places)
    ranks, speaking, past = judged.rank.tolist(), [], 0
    for region in (region for question in questions for region in question.blind):
        first, past = past, past + len(region.samples)
        speaking.append(first + main_place(ranks[first:past]))
    number, step = np.nonzero(judged.cameras[speaking] >= 0)
    asked = judged.cameras[speaking][number, step].tolist()
    edges = scene.edges[questions[0].patch.plane[0]]
    walls = hiding_edges(edges, [optics[one] for one in asked], places[speaking][number])
    lines: list[list[tuple[str, str | None]]] = [[] for _ in speaking]
    for place, camera, wall in zip(number.tolist(), asked, walls, strict=True):
        lines[place].append((cameras[camera].point_id, None if wall is None else scene.names[wall]))
    causes = iter([_cause(REASONS[ranks[place]], of_one) for place, of_one in zip(speaking, lines, strict=True)])
    found, past = [], 0
    for question in questions:
        first, past = past, past + sum(len(region.samples) for region in question.blind)
        part = judged.part(slice(first, past))
        about = frozenset(cameras[one].point_id for one in set(part.cameras.ravel().tolist()) - {-1})
        found.append(Explained(tuple(next(causes) for _ in question.blind), places[first:past], part, about))
    return found


def _places(scene: Scene, question: Question) -> Places:
    plane = scene.planes[question.patch.plane]
    cells = np.array([cell for region in question.blind for cell in region.samples], dtype=np.float64).reshape(-1, 2)
    places = np.empty((len(cells), 4))
    places[:, 0] = plane.grid.left_m + (cells[:, 1] + 0.5) * plane.grid.cell_m
    places[:, 1] = plane.grid.bottom_m + (cells[:, 0] + 0.5) * plane.grid.cell_m
    places[:, 2], places[:, 3] = plane.target_m, question.patch.density_px_per_m
    return places


def _cause(reason: Reason, lines: Sequence[tuple[str, str | None]]) -> Cause:
    """By the cameras that come nearest to seeing it, nearest first, each with what stands before it."""
    for point_id, wall in lines:
        if reason is Reason.BEHIND_WALL or wall is None:
            return Cause(reason, (point_id,), wall)
    # What a camera would see only too small, or under its own feet, and behind a wall besides, is out of its view.
    return Cause(Reason.OUT_OF_VIEW, ())
