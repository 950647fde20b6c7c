"""One zone and the cameras around it: what is seen of it now, computed again only when something changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from camera.coverage.cause import Causes
from camera.coverage.placed import PlacedCamera
from camera.coverage.report import Loss, Reason, Watch, ZoneCoverage
from camera.coverage.scene import Scene
from camera.coverage.shade import Shade, shades
from camera.coverage.spots import Region, name_spots, regions
from camera.coverage.state import Tally
from config.plan_feature import Zone
from config.ring import Ring, signed_area_m2
from config.zone_kind import ZONE_KINDS


class ZoneWatch:
    """Keeps one zone's answer."""

    def __init__(self, scene: Scene, zone: Zone, tally: Tally) -> None:
        self._plan = scene.plan
        self._zone = zone
        self._patch = scene.zones[zone.id]
        self._grid = scene.planes[self._patch.plane].grid
        self._tally = tally
        self._causes = Causes(scene, self._patch)
        self._around: dict[str, PlacedCamera] = {}
        self._seeing: dict[str, PlacedCamera] = {}
        """Those of them whose view reaches the zone, whether or not they work now."""
        self._states: NDArray[np.uint8] | None = None
        self._regions: list[Region] = []
        self._scattered_m2 = 0.0
        self._coverage: ZoneCoverage | None = None

    def come(self, camera: PlacedCamera) -> None:
        """A camera hangs that sees some of the zone, or nearly does."""
        self._around[camera.point_id] = camera
        if camera.cells_of(self._patch):
            self._seeing[camera.point_id] = camera
            self._coverage = None
        elif self._coverage is not None and self._causes.changed_by(camera):
            self._coverage = None

    def go(self, camera: PlacedCamera) -> None:
        """Such a camera is taken down."""
        del self._around[camera.point_id]
        saw = self._seeing.pop(camera.point_id, None) is not None
        if saw or (self._coverage is not None and self._causes.is_about(camera)):
            self._coverage = None
        self._causes.forget(camera)

    def turn(self, camera: PlacedCamera) -> None:
        """Such a camera fails, recovers, or is heard of no more."""
        if camera.point_id in self._seeing:
            self._coverage = None

    def shades(self) -> Mapping[Shade, tuple[Ring, ...]]:
        """Outlines of what is seen twice, once, not at night, not certainly, not at all; for drawing."""
        return shades(self._tally, self._patch, self._grid)

    def coverage(self) -> ZoneCoverage:
        """The answer now."""
        if self._coverage is None:
            self._coverage = self._answer()
        return self._coverage

    def _answer(self) -> ZoneCoverage:
        zone, patch, tally = self._zone, self._patch, self._tally
        states = tally.states(patch)
        if self._states is None or not np.array_equal(states, self._states):
            self._regions, self._scattered_m2 = regions(
                states, self._grid, patch.window, self._plan.smallest_blind_spot_m2
            )
            self._states = states
        spots = name_spots(
            zone, self._regions, self._causes.of(self._regions, self._around.values(), self._seeing.values())
        )
        watching = [camera for camera in self._seeing.values() if camera.watch is Watch.OK]
        return ZoneCoverage(
            zone_id=zone.id,
            name=zone.name,
            kind=zone.kind,
            kind_name=ZONE_KINDS[zone.kind].name,
            floor=zone.floor,
            level=zone.level,
            density_px_per_m=zone.density_px_per_m,
            target_height_m=zone.target_height_m,
            area_m2=abs(signed_area_m2(zone.area.outer)) - sum(abs(signed_area_m2(hole)) for hole in zone.area.holes),
            day=tally.shares(patch, night=False),
            night=tally.shares(patch, night=True),
            blind_spots=tuple(spot for spot in spots if spot.reason is not Reason.NOT_CERTAIN),
            uncertain=tuple(spot for spot in spots if spot.reason is Reason.NOT_CERTAIN),
            scattered_m2=self._scattered_m2,
            losses=self._losses(watching),
            points=tuple(camera.point_id for camera in watching),
        )

    def _losses(self, watching: Collection[PlacedCamera]) -> tuple[Loss, ...]:
        only_one = self._tally.only_one(self._patch)
        cell_m2 = self._plan.cell_m**2
        losses = (
            Loss(point_id=camera.point_id, zone_id=self._zone.id, area_m2=cells * cell_m2)
            for camera in watching
            if (cells := camera.cells_of(self._patch, only_one))
        )
        return tuple(sorted(losses, key=lambda loss: -loss.area_m2))
