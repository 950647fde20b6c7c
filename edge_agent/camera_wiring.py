"""Camera files in the office (一机一档): the book that people write, what devices tell of themselves, the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from fastapi import APIRouter

from camera.camera_file import CameraFile, CameraFiles
from camera.facts import DeviceChanged
from camera.query import HeldReport, StreamMeasure, held_reports, stream_measures
from config.problem import SettingsError
from edge_agent.camera_files import camera_files
from edge_agent.held import Held
from edge_agent.pages.camera.routes import CameraDeps, camera_routes
from edge_agent.role import Role, RoleContext
from foundation.finding import Finding, read_open_findings
from foundation.journal import Entry, Tail
from foundation.service import Service
from foundation.sqlite import DatabaseError

if TYPE_CHECKING:
    from config.plan import Plan


@dataclass(frozen=True, slots=True)
class CameraService:
    """What the office uses: start `services` before its pages, close them after."""

    routes: APIRouter
    services: tuple[Service, ...]


def camera_services(context: RoleContext) -> CameraService:
    """Book and pages; nothing runs yet. Raises DatabaseError."""
    settings, state, clock = context.settings, context.state, context.clock
    cameras = state.database("cameras")
    book = CameraFiles(state.database("camera_files"), clock)

    @cache
    def plan() -> Plan | None:
        from config.plan import read_plan  # late: reading it loads geometry, and the first page needs none

        try:
            return read_plan(settings.plan.file) if settings.plan is not None else None
        except SettingsError:  # the inspector refuses to start with it and says why
            return None

    def files() -> Sequence[CameraFile]:
        return camera_files(settings, plan(), book.path, cameras, now_utc_ns=clock.utc_ns())

    def findings() -> Mapping[str, Sequence[Finding]]:
        journals = [state.journal(role) for role in (Role.INSPECTOR, Role.RECORDER)]
        found = [one for path in journals if path.exists() for one in read_open_findings(path)]
        found.sort(key=lambda one: one.since_utc_ns)
        return {
            point.id: [one for one in found if one.subject in (f"point:{point.id}", f"device:{point.device}")]
            for point in settings.points
        }

    def measures() -> Mapping[str, StreamMeasure]:
        try:
            return stream_measures(cameras)
        except DatabaseError:  # the inspector has not run yet
            return {}

    def held() -> Mapping[str, HeldReport]:
        try:
            return held_reports(cameras, now_utc_ns=clock.utc_ns())
        except DatabaseError:  # the inspector has not run yet, or not since it was updated
            return {}

    def heard(entry: Entry) -> None:
        if entry.kind == DeviceChanged.kind:
            book.note_device_change(entry, settings.points)

    deps = CameraDeps(
        clock=clock,
        campus_name=settings.campus.name,
        book=book,
        files=files,
        findings=findings,
        measures=measures,
        held=held,
        journal=context.journal,
    )
    return CameraService(camera_routes(deps), (Held("camera-files", book.close), Tail(cameras, context.journal, heard)))
