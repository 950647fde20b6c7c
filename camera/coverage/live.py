"""Coverage that keeps up: a camera failing, recovering or moving costs only what its own view touches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from camera.coverage.placed import Arrival, PlacedCamera, hang
from camera.coverage.raster import Array
from camera.coverage.report import (
    CoverageReport,
    MissingKind,
    MissingWhy,
    PoseSource,
    PrivateView,
    Unplaced,
    Watch,
    ZoneCoverage,
)
from camera.coverage.scene import prepare
from camera.coverage.sector import sector
from camera.coverage.shade import Shade
from camera.coverage.state import MOST_VIEWERS, Tally
from camera.coverage.view import MOST_AT_ONCE
from camera.coverage.zone_watch import ZoneWatch, catch_up, explain_anew
from config.plan import Plan
from config.point import Pose
from config.ring import Ring
from config.zone_kind import ZONE_KINDS


class LiveCoverage:
    """The coverage of one plan by the cameras as they are now."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._scene = prepare(plan)
        self._tallies = {
            (key, density): Tally.empty(plane.grid.rows, plane.grid.columns)
            for key, plane in self._scene.planes.items()
            for density in plane.densities_px_per_m
        }
        self._cameras: dict[str, PlacedCamera] = {}
        self._coming: dict[str, Arrival] = {}
        """Placed since the last answer, and not yet hung."""
        self._unplaced: dict[str, Unplaced] = {}
        self._private_views: dict[str, tuple[PrivateView, ...]] = {}
        """By point."""
        self._zones = {
            zone.id: ZoneWatch(self._scene, zone, self._tallies[self._scene.zones[zone.id].view]) for zone in plan.zones
        }

    def place(self, point_id: str, pose: Pose | None, watch: Watch, source: PoseSource = PoseSource.DECLARED) -> None:
        """Put a camera where its pose says, or move it there; without a pose it counts for nothing."""
        self.remove(point_id)
        if pose is None:
            self._refuse(point_id, "没有位姿（位置、方向、视场角）")
            return
        self._coming[point_id] = Arrival(point_id=point_id, pose=pose, watch=watch, source=source)

    def watch(self, point_id: str, watch: Watch) -> None:
        """Say whether a camera sees now. KeyError for a point that was never placed."""
        self._hang()
        if point_id in self._unplaced:
            return
        camera = self._cameras[point_id]
        if camera.watch is watch:
            return
        for key, seen in camera.views.items():
            self._tallies[key].take(seen, camera.watch)
            self._tallies[key].add(seen, watch)
        camera.watch = watch
        for zone_id in camera.around:
            self._zones[zone_id].turn(camera)

    def remove(self, point_id: str) -> None:
        """Take a camera off the plan, if it is there."""
        self._coming.pop(point_id, None)
        self._unplaced.pop(point_id, None)
        self._private_views.pop(point_id, None)
        camera = self._cameras.pop(point_id, None)
        if camera is None:
            return
        for key, seen in camera.views.items():
            self._tallies[key].take(seen, camera.watch)
        for zone_id in camera.around:
            self._zones[zone_id].go(camera)

    def report(self) -> CoverageReport:
        """The answer now; only zones that something touched since the last answer are computed again."""
        self._hang()
        catch_up(self._scene, [zone for zone in self._zones.values() if zone.stale])
        zones = tuple(zone.coverage() for zone in self._zones.values())
        return CoverageReport(
            zones=zones,
            private_views=tuple(view for of_one in self._private_views.values() for view in of_one),
            missing_kinds=_missing_kinds(self._plan, zones),
            unplaced=tuple(self._unplaced.values()),
            pose_sources={point_id: camera.source for point_id, camera in self._cameras.items()},
            watches={point_id: camera.watch for point_id, camera in self._cameras.items()},
            cell_m=self._plan.cell_m,
        )

    def shades(self) -> Mapping[str, Mapping[Shade, tuple[Ring, ...]]]:
        """By zone, outlines of what is seen how often; for drawing."""
        self._hang()
        return {zone_id: zone.shades() for zone_id, zone in self._zones.items()}

    def views(self) -> Mapping[str, tuple[Pose, str, Array]]:
        """By point, its pose, its floor, and the outline of what is in sight at the lowest density asked for there."""
        self._hang()
        return {
            point_id: (
                camera.pose,
                camera.floor,
                sector(camera.optics, self._scene.edges[camera.floor], self._coarsest(camera.floor)),
            )
            for point_id, camera in self._cameras.items()
        }

    def _hang(self) -> None:
        """Hang the cameras that came since the last answer: together, as one costs nearly as much as thirty."""
        coming = list(self._coming.values())
        self._coming.clear()
        for at in range(0, len(coming), MOST_AT_ONCE):
            some = coming[at : at + MOST_AT_ONCE]
            held = zip(some, self._scene.holds([one.pose for one in some]), strict=True)
            for camera in hang(self._scene, [one for one, on_campus in held if self._admits(one, on_campus)]):
                self._count_in(camera)

    def _admits(self, arrival: Arrival, on_campus: bool) -> bool:
        """True if a camera can hang where it comes to; else why not is told."""
        pose = arrival.pose
        if not on_campus:
            place = f"（{pose.x_m:.1f}, {pose.y_m:.1f}）"
            self._refuse(arrival.point_id, f"位置{place}在校园之外，请核对坐标（米）")
        elif (wall := self._scene.wall_holding(pose)) is not None:
            self._refuse(
                arrival.point_id, f"位置在墙体 {self._scene.names[wall]}（{wall}）之内，请移到它所看的一侧至少 5 厘米"
            )
        return arrival.point_id not in self._unplaced

    def _count_in(self, camera: PlacedCamera) -> None:
        if len(self._cameras) >= MOST_VIEWERS and any(
            self._tallies[key].full(seen) for key, seen in camera.views.items()
        ):
            self._refuse(camera.point_id, f"同一处已有 {MOST_VIEWERS} 台摄像机看到")
            return
        self._cameras[camera.point_id] = camera
        for key, seen in camera.views.items():
            self._tallies[key].add(seen, camera.watch)
        around = [self._zones[zone_id] for zone_id in camera.around]
        for zone in around:
            zone.come(camera)
        explain_anew(around, camera)
        self._private_views[camera.point_id] = tuple(self._private_views_of(camera))

    def _coarsest(self, floor: str) -> float:
        return min((zone.density_px_per_m for zone in self._plan.zones if zone.floor == floor), default=25.0)

    def _refuse(self, point_id: str, message: str) -> None:
        self._unplaced[point_id] = Unplaced(point_id=point_id, message=message)

    def _private_views_of(self, camera: PlacedCamera) -> Iterator[PrivateView]:
        for private in self._plan.private:
            glimpse = camera.glimpse(self._scene.private[private.id])
            if glimpse is not None:
                yield PrivateView(
                    private_id=private.id,
                    name=private.name,
                    kind=private.kind,
                    point_id=camera.point_id,
                    area_m2=glimpse.count * self._plan.cell_m**2,
                )


def _missing_kinds(plan: Plan, zones: Collection[ZoneCoverage]) -> tuple[MissingKind, ...]:
    missing = []
    for kind in ZONE_KINDS.values():
        drawn = [zone for zone in zones if zone.kind == kind.id]
        if drawn and not any(zone.points for zone in drawn):
            uncertain = any(zone.day.uncertain for zone in drawn)
            why = MissingWhy.NOT_CERTAIN if uncertain else MissingWhy.NOT_WATCHED
            missing.append(MissingKind(kind=kind.id, kind_name=kind.name, why=why))
        elif not drawn and kind.every_campus and kind.id not in plan.absent_kinds:
            missing.append(MissingKind(kind=kind.id, kind_name=kind.name, why=MissingWhy.NOT_DRAWN))
    return tuple(missing)
