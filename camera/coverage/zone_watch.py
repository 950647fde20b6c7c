"""One zone and the cameras around it: what is seen of it now, looked at again only when something changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from camera.coverage.cause import NOTHING, Cause, Explained, Question, cause_of_state, explain
from camera.coverage.placed import Glimpse, PlacedCamera
from camera.coverage.raster import Mask
from camera.coverage.reason import nearness
from camera.coverage.region import Drawn, Region, Tile, draw
from camera.coverage.report import Loss, Reason, Watch, ZoneCoverage
from camera.coverage.scene import Scene
from camera.coverage.shade import Shade, shades
from camera.coverage.spots import name_spots
from camera.coverage.state import Cell, Sight, Tally
from config.plan_feature import Zone
from config.ring import Ring, signed_area_m2
from config.zone_kind import ZONE_KINDS

_BY_DAY = (Cell.BLIND, Cell.DOWN, Cell.UNCERTAIN)


class ZoneWatch:
    """Keeps one zone's answer, which comes in three steps so that many zones can take each of them together.

    sort() finds the states that other cells are in than before, take() is told what those look like now, answer() says
    it all.
    """

    def __init__(self, scene: Scene, zone: Zone, tally: Tally) -> None:
        self._plan = scene.plan
        self._zone = zone
        self._area_m2 = abs(signed_area_m2(zone.area.outer)) - sum(
            abs(signed_area_m2(hole)) for hole in zone.area.holes
        )
        self.patch = scene.zones[zone.id]
        self._grid = scene.planes[self.patch.plane].grid
        self._tally = tally
        self._around: dict[str, PlacedCamera] = {}
        self._seeing: dict[str, Glimpse] = {}
        """What those of them see whose view reaches the zone, whether or not they work now."""
        self._sight: Sight | None = None
        self._states: NDArray[np.uint8] = np.zeros(self.patch.cells.shape, np.uint8)
        self._drawn: dict[Cell, Drawn] = {}
        self._explained: Explained | None = NOTHING
        self._coverage: ZoneCoverage | None = None

    def come(self, camera: PlacedCamera) -> None:
        """A camera hangs that sees some of the zone, or nearly does."""
        self._around[camera.point_id] = camera
        glimpse = camera.glimpse(self.patch)
        if glimpse is not None:
            self._seeing[camera.point_id] = glimpse
            self._coverage = None

    def go(self, camera: PlacedCamera) -> None:
        """Such a camera is taken down."""
        del self._around[camera.point_id]
        if self._seeing.pop(camera.point_id, None) is not None:
            self._coverage = None
        if self._explained is not None and camera.point_id in self._explained.about:
            self._coverage = self._explained = None

    def turn(self, camera: PlacedCamera) -> None:
        """Such a camera fails, recovers, or is heard of no more."""
        if camera.point_id in self._seeing:
            self._coverage = None

    @property
    def explained(self) -> Explained | None:
        """The causes of its blind spots, as long as they hold."""
        return self._explained

    def ask_again(self) -> None:
        """Those causes hold no longer."""
        self._coverage = self._explained = None

    @property
    def stale(self) -> bool:
        """True if something changed since the last answer."""
        return self._coverage is None

    def sort(self) -> Iterator[Tile]:
        """Count the cells anew; the cells of each state that gained or lost some."""
        self._sight = self._tally.sight(self.patch)
        old, self._states = self._states, self._sight.states
        changed = old != self._states
        if not changed.any():
            return
        moved = np.bincount(old[changed], minlength=len(Cell)) + np.bincount(self._states[changed], minlength=len(Cell))
        for state in Cell:
            if state is Cell.SEEN or not moved[state]:
                continue
            if state is Cell.BLIND:
                self._explained = None
            mask = self._states == state.value
            if mask.any():
                before = {region.samples[0]: region for region in self._regions(state)}
                yield Tile(state, mask, self.patch.window, self._grid, changed, before)
            else:
                self._drawn.pop(state, None)

    def take(self, state: Cell, drawn: Drawn) -> None:
        """The cells of a state look like this now."""
        self._drawn[state] = drawn

    def question(self) -> Question | None:
        """What must be explained before the answer, if anything."""
        if self._explained is not None:
            return None
        blind = self._regions(Cell.BLIND)
        if not blind:
            self._explained = NOTHING
            return None
        return Question(self.patch, blind, self._around.values())

    def explain(self, explained: Explained) -> None:
        """The question's answer."""
        self._explained = explained

    def shades(self) -> Mapping[Shade, tuple[Ring, ...]]:
        """Outlines of what is seen twice, once, not at night, not certainly, not at all; for drawing."""
        return shades(self._tally.sight(self.patch), self.patch, self._grid)

    def coverage(self) -> ZoneCoverage:
        """The answer now; what came before it must have been done."""
        if self._coverage is None:
            self._coverage = self._answer()
        return self._coverage

    def _regions(self, state: Cell) -> tuple[Region, ...]:
        return self._drawn[state].regions if state in self._drawn else ()

    def _answer(self) -> ZoneCoverage:
        zone = self._zone
        sight = self._sight
        assert sight is not None
        regions, causes = self._causes()
        spots = name_spots(zone, regions, causes)
        watching = [glimpse for glimpse in self._seeing.values() if glimpse.camera.watch is Watch.OK]
        return ZoneCoverage(
            zone_id=zone.id,
            name=zone.name,
            kind=zone.kind,
            kind_name=ZONE_KINDS[zone.kind].name,
            floor=zone.floor,
            level=zone.level,
            density_px_per_m=zone.density_px_per_m,
            target_height_m=zone.target_height_m,
            area_m2=self._area_m2,
            day=sight.by_day,
            night=sight.at_night,
            blind_spots=tuple(spot for spot in spots if spot.reason is not Reason.NOT_CERTAIN),
            uncertain=tuple(spot for spot in spots if spot.reason is Reason.NOT_CERTAIN),
            scattered_m2=sum(self._drawn[state].scattered_m2 for state in _BY_DAY if state in self._drawn),
            losses=self._losses(watching, sight.working_by_day == 1),
            points=tuple(glimpse.camera.point_id for glimpse in watching),
        )

    def _causes(self) -> tuple[list[Region], list[Cause]]:
        """All regions, and the cause of each."""
        assert self._explained is not None
        regions, causes = list(self._regions(Cell.BLIND)), list(self._explained.causes)
        for state in Cell:
            if state not in (Cell.SEEN, Cell.BLIND):
                found = self._regions(state)
                regions += found
                causes += [cause_of_state(region, self._seeing.values()) for region in found]
        return regions, causes

    def _losses(self, watching: Collection[Glimpse], only_one: Mask) -> tuple[Loss, ...]:
        """What each working camera alone sees."""
        cell_m2 = self._plan.cell_m**2
        losses = (
            Loss(point_id=glimpse.camera.point_id, zone_id=self._zone.id, area_m2=cells * cell_m2)
            for glimpse in watching
            if (cells := glimpse.count_among(only_one))
        )
        return tuple(sorted(losses, key=lambda loss: -loss.area_m2))


def explain_anew(zones: Sequence[ZoneWatch], camera: PlacedCamera) -> None:
    """Ask again why those zones' blind spots are blind whose causes a camera changes that came to hang around them."""
    kept = [(zone, zone.explained) for zone in zones if zone.explained is not None and len(zone.explained.places)]
    if not kept:
        return
    near = nearness([camera.optics], np.concatenate([explained.places for _, explained in kept]))
    past = 0
    for zone, explained in kept:
        first, past = past, past + len(explained.places)
        if explained.judgement.changed_by(near.part(slice(first, past))):
            zone.ask_again()


def catch_up(scene: Scene, zones: Sequence[ZoneWatch]) -> None:
    """Bring stale zones up to date, each step for all of them together."""
    tiles = [(zone, tile) for zone in zones for tile in zone.sort()]
    drawn = draw([tile for _, tile in tiles], scene.plan.smallest_blind_spot_m2)
    for (zone, tile), one in zip(tiles, drawn, strict=True):
        zone.take(tile.state, one)
    asking = [(zone, question) for zone in zones if (question := zone.question()) is not None]
    for _, on_floor in groupby(sorted(asking, key=_floor), key=_floor):
        of_floor = list(on_floor)
        for (zone, _), explained in zip(of_floor, explain(scene, [one for _, one in of_floor]), strict=True):
            zone.explain(explained)


def _floor(asking: tuple[ZoneWatch, Question]) -> str:
    return asking[1].patch.plane[0]
