"""Footage in the office (录像): the pages, the log of who saw what, and the exports, made of the role's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from alarms.query import alarms_between
from alarms.record import AlarmRecord
from edge_agent.access_log import AccessLog
from edge_agent.alarm_stills import AlarmStills
from edge_agent.exports import ExportDesk
from edge_agent.fault_wiring import device_of
from edge_agent.held import Held
from edge_agent.pages.footage.deps import FootageDeps
from edge_agent.pages.footage.routes import footage_routes
from edge_agent.pages.picture.still_routes import Looked, StillDeps
from edge_agent.pages.picture.still_routes import router as still_routes
from edge_agent.role import Role, RoleContext
from edge_agent.stills.stills import Stills
from foundation.finding import Finding, read_findings_between
from foundation.journal import Tail
from foundation.service import Service
from foundation.sqlite import open_read_only
from storage.days import NS_PER_MS
from storage.forecasts import forecast_all
from storage.mounted import READ_LIMIT_S, Mounted, mounted
from uplink.signature import load_or_create_key
from web.people import PeopleBook


@dataclass(frozen=True, slots=True)
class FootageService:
    """What the office uses: start `services` before its pages, close them after."""

    routes: tuple[APIRouter, ...]
    services: tuple[Service, ...]
    looked: Looked
    """Writes a look at a still into the access log."""


def footage_services(context: RoleContext, people: PeopleBook) -> FootageService:
    """Log, exports and pages; nothing runs yet. Raises DatabaseError, KeyFileError."""
    settings, state, clock = context.settings, context.state, context.clock
    catalogue, alarms = state.database("catalogue"), state.database("alarms")
    named = {point.id: point.name for point in settings.points}
    device = device_of(settings)
    log = AccessLog(state.database("access"), clock)

    def points() -> Mapping[str, str]:
        with open_read_only(catalogue) as reader:
            known = [row[0] for row in reader.rows("SELECT id FROM point ORDER BY id")]
        return {**named, **{point: point for point in known if point not in named}}

    def volumes() -> Sequence[Mounted]:
        with open_read_only(catalogue) as reader:
            return mounted(reader, settings.volumes, limit_s=READ_LIMIT_S)

    def alarms_of(start_utc_ns: int, end_utc_ns: int) -> Sequence[AlarmRecord]:
        return alarms_between(alarms, start_utc_ns, end_utc_ns) if alarms.exists() else []

    def findings(point: str, start_utc_ns: int, end_utc_ns: int) -> Sequence[Finding]:
        subjects = [f"point:{point}", f"device:{device(f'point:{point}')}"]
        found: list[Finding] = []
        for path in (state.journal(role) for role in Role):
            if path.exists():
                found.extend(read_findings_between(path, subjects, start_utc_ns, end_utc_ns))
        return sorted(found, key=lambda finding: finding.since_utc_ns)

    desk = ExportDesk(
        log=log,
        folder=state.root / "exports",
        catalogue=catalogue,
        volumes=volumes,
        names=lambda point: named.get(point, point),
        campus_name=settings.campus.name,
        signing_key=load_or_create_key(state.key("campus-ed25519")),
        clock=clock,
    )
    deps = FootageDeps(
        clock=clock,
        points=points,
        catalogue=catalogue,
        volumes=volumes,
        alarms=alarms_of,
        findings=findings,
        log=log,
        desk=desk,
        journal=context.journal,
        disks=settings.volumes,
        forecasts=lambda: forecast_all(catalogue, settings, clock.utc_ns() // NS_PER_MS, limit_s=READ_LIMIT_S),
        people=people,
    )
    stills = Stills(settings, state, clock)
    kept = AlarmStills(state.root / "alarm-stills", stills.still, clock)
    return FootageService(
        routes=(*footage_routes(deps), still_routes(StillDeps(still=kept.still, looked=deps.looked))),
        looked=deps.looked,
        services=(Held("access-log", log.close), desk, Tail(alarms, context.journal, kept.take)),
    )
