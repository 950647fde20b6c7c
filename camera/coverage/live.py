"""Coverage that keeps up: a camera failing, recovering or moving costs only what its own view touches."""

from __future__ import annotations

from collections.abc import Collection

from camera.coverage.cause import Causes
from camera.coverage.placed import PlacedCamera, hang
from camera.coverage.report import (
    CoverageReport,
    Loss,
    MissingKind,
    MissingWhy,
    PoseSource,
    PrivateView,
    Reason,
    Unplaced,
    Watch,
    ZoneCoverage,
)
from camera.coverage.scene import Patch, prepare
from camera.coverage.spots import name_spots, regions
from camera.coverage.state import Tally
from config.plan import Plan
from config.plan_feature import Zone
from config.point import Pose
from config.ring import signed_area_m2
from config.zone_kind import ZONE_KINDS


class LiveCoverage:
    """The coverage of one plan by the cameras as they are now."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._scene = prepare(plan)
        self._tallies = {
            key: Tally.empty(layer.grid.rows, layer.grid.columns) for key, layer in self._scene.layers.items()
        }
        self._cameras: dict[str, PlacedCamera] = {}
        self._unplaced: dict[str, Unplaced] = {}
        self._causes = Causes(self._scene, self._cameras)
        self._stale = {zone.id for zone in plan.zones}
        self._zones: dict[str, ZoneCoverage] = {}
        self._placed = 0

    def place(self, point_id: str, pose: Pose | None, watch: Watch, source: PoseSource = PoseSource.DECLARED) -> None:
        """Put a camera where its pose says, or move it there; without a pose it counts for nothing."""
        self.remove(point_id)
        if pose is None:
            self._unplaced[point_id] = Unplaced(point_id=point_id, message="没有位姿（位置、方向、视场角）")
            return
        wall = self._scene.wall_holding(pose)
        if wall is not None:
            self._unplaced[point_id] = Unplaced(
                point_id=point_id, message=f"位置在墙体 {wall} 之内，请移到它所看的一侧至少 5 厘米"
            )
            return
        self._placed += 1
        camera = hang(self._scene, point_id, pose, watch, source, self._placed)
        self._cameras[point_id] = camera
        self._count(camera, +1)
        self._causes.forget(camera.floor)

    def watch(self, point_id: str, watch: Watch) -> None:
        """Say whether a camera sees now. KeyError for a point that was never placed."""
        if point_id in self._unplaced:
            return
        camera = self._cameras[point_id]
        if camera.watch is watch:
            return
        self._count(camera, -1)
        camera.watch = watch
        self._count(camera, +1)

    def remove(self, point_id: str) -> None:
        """Take a camera off the plan, if it is there."""
        self._unplaced.pop(point_id, None)
        camera = self._cameras.pop(point_id, None)
        if camera is not None:
            self._count(camera, -1)
            self._causes.forget(camera.floor)

    def report(self) -> CoverageReport:
        """The answer now; only zones that something touched since the last answer are computed again."""
        for zone in self._plan.zones:
            if zone.id in self._stale:
                self._zones[zone.id] = self._zone(zone)
        self._stale.clear()
        zones = tuple(self._zones[zone.id] for zone in self._plan.zones)
        return CoverageReport(
            zones=zones,
            private_views=self._private_views(),
            missing_kinds=_missing_kinds(self._plan, zones),
            unplaced=tuple(self._unplaced.values()),
            pose_sources={point_id: camera.source for point_id, camera in self._cameras.items()},
            watches={point_id: camera.watch for point_id, camera in self._cameras.items()},
            cell_m=self._plan.cell_m,
        )

    def _count(self, camera: PlacedCamera, sign: int) -> None:
        for key, seen in camera.views.items():
            self._tallies[key].add(seen, camera.watch, camera.number, sign)
            self._stale.update(
                zone_id
                for zone_id, patch in self._scene.zones.items()
                if patch.layer == key and patch.window.overlaps(seen.window)
            )

    def _zone(self, zone: Zone) -> ZoneCoverage:
        patch = self._scene.zones[zone.id]
        tally, layer = self._tallies[patch.layer], self._scene.layers[patch.layer]
        found, scattered_m2 = regions(tally.states(patch), layer.grid, patch.window, self._plan.smallest_blind_spot_m2)
        spots = name_spots(zone, found, self._causes.of(patch.layer, found))
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
            scattered_m2=scattered_m2,
            losses=self._losses(zone, patch),
            points=tuple(
                camera.point_id
                for camera in self._cameras.values()
                if camera.watch is Watch.OK and camera.cells_of(patch)
            ),
        )

    def _losses(self, zone: Zone, patch: Patch) -> tuple[Loss, ...]:
        cells = self._tallies[patch.layer].alone(patch)
        cell_m2 = self._plan.cell_m**2
        losses = [
            Loss(point_id=camera.point_id, zone_id=zone.id, area_m2=cells[camera.number] * cell_m2)
            for camera in self._cameras.values()
            if camera.number in cells
        ]
        return tuple(sorted(losses, key=lambda loss: -loss.area_m2))

    def _private_views(self) -> tuple[PrivateView, ...]:
        return tuple(
            PrivateView(
                private_id=private.id,
                name=private.name,
                kind=private.kind,
                point_id=camera.point_id,
                area_m2=cells * self._plan.cell_m**2,
            )
            for private in self._plan.private
            for camera in self._cameras.values()
            if (cells := camera.cells_of(self._scene.private[private.id]))
        )


def _missing_kinds(plan: Plan, zones: Collection[ZoneCoverage]) -> tuple[MissingKind, ...]:
    missing = []
    for kind in ZONE_KINDS.values():
        drawn = [zone for zone in zones if zone.kind == kind.id]
        if drawn and not any(zone.points for zone in drawn):
            missing.append(MissingKind(kind=kind.id, kind_name=kind.name, why=MissingWhy.NOT_WATCHED))
        elif not drawn and kind.every_campus and kind.id not in plan.absent_kinds:
            missing.append(MissingKind(kind=kind.id, kind_name=kind.name, why=MissingWhy.NOT_DRAWN))
    return tuple(missing)
