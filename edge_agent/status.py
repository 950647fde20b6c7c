"""Gathers what the agent knows of itself from the files of all roles; the office shows it, `/api/status` serves it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date
from typing import Final

from alarms.escalation import shown_by_itself
from alarms.inputs.call import PathAnswer, PathsCall
from alarms.inputs.socket_client import NoAnswerError, call
from alarms.query import recent_alarms
from config.settings import Settings
from edge_agent.coverage_fact import latest_coverage
from edge_agent.pages.alarm.wiring import alarm_status
from edge_agent.pages.status.model import (
    AlarmStatus,
    CampusStatus,
    CenterStatus,
    CoverageStatus,
    DeviceStatus,
    FindingStatus,
    PathStatus,
    PointStatus,
    RetentionStatus,
    RoleStatus,
    Verdict,
    VisitsStatus,
    VisitStatus,
)
from edge_agent.point_state import NS_PER_MS, Seen, device_state, look, picture_state, recording_state
from edge_agent.role import Role
from edge_agent.role_life import RoleStarted, RoleStopped
from edge_agent.subject_name import subject_namer
from foundation.clock import NS_PER_S, Clock, beijing_day
from foundation.finding import Finding, Severity
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from gate.query import inside_now, visits_of_day
from gate.visit import Visit
from uplink.liveness import PathStatus as Carries
from web.signs import State

_DAY_NS: Final = 86_400 * NS_PER_S
_ASK_WITHIN_S: Final = 0.5
_KEPT_S: Final = 0.5  # several pages ask at once; the answer of half a second ago serves them all
_PATH_STATES: Final = {Carries.UP.value: State.OK, Carries.LOST.value: State.FAILING}
_SEVERITIES: Final = {Severity.ATTENTION: State.ATTENTION, Severity.FAILING: State.FAILING}


class StatusGatherer:
    """Answers "how does everything stand?"; thread-safe, asks the files at most twice a second."""

    def __init__(self, settings: Settings, state: StateDirectory, clock: Clock) -> None:
        self._settings = settings
        self._state = state
        self._clock = clock
        self._name_of = subject_namer(settings)
        self._lock = threading.Lock()
        self._kept: tuple[int, CampusStatus] | None = None

    def status(self) -> CampusStatus:
        """Everything, at most half a second old."""
        with self._lock:
            now_ns = self._clock.running_ns()
            if self._kept is None or now_ns - self._kept[0] > _KEPT_S * NS_PER_S:
                self._kept = (now_ns, self._gather())
            return self._kept[1]

    def _gather(self) -> CampusStatus:
        settings, now_utc_ns = self._settings, self._clock.utc_ns()
        seen = look(settings, self._state, now_utc_ns)
        paths = self._ask_paths()
        return CampusStatus(
            campus_id=settings.campus.id,
            campus_name=settings.campus.name,
            taken_at_utc_ns=now_utc_ns,
            roles=tuple(self._role(role) for role in Role),
            devices=tuple(self._device(device.id, device.name, seen) for device in settings.devices),
            points=tuple(self._point(point.id, seen, now_utc_ns) for point in settings.points),
            retention=tuple(self._retention(point.id, seen, now_utc_ns) for point in settings.points),
            coverage=self._coverage(),
            visits=self._visits(beijing_day(now_utc_ns)),
            alarms=self._alarms(),
            paths=tuple(_path(path) for path in paths),
            center=self._center(paths, now_utc_ns),
            findings=tuple(
                sorted(
                    (self._finding(role, finding) for role, finding in seen.findings),
                    key=lambda row: (row.state is not State.FAILING, row.since_utc_ns),
                )
            ),
        )

    def _role(self, role: Role) -> RoleStatus:
        journal = self._state.journal(role)
        since_utc_ns: int | None = None
        if journal.exists():
            try:
                with open_read_only(journal) as reader:
                    row = reader.row(
                        "SELECT kind, at_utc_ns FROM fact WHERE kind IN (?, ?) ORDER BY seq DESC LIMIT 1",
                        (RoleStarted.kind, RoleStopped.kind),
                    )
                since_utc_ns = int(row[1]) if row else None
            except DatabaseError:
                return RoleStatus(name=role, state=State.UNKNOWN)
        # The lock is held exactly as long as a process of that role lives, however it dies.
        state = State.OK if self._state.is_running(role) else State.FAILING
        return RoleStatus(name=role, state=state, since_utc_ns=since_utc_ns)

    def _device(self, device_id: str, name: str, seen: Seen) -> DeviceStatus:
        device = seen.devices.get(device_id)
        if device is None:
            return DeviceStatus(id=device_id, name=name, state=State.UNKNOWN)
        identity = " ".join(part for part in (device.manufacturer, device.model, device.serial) if part)
        return DeviceStatus(
            id=device_id,
            name=name,
            state=device_state(seen, device_id),
            since_utc_ns=device.since_utc_ns,
            checked_utc_ns=device.last_visit_utc_ns,
            clock_offset_s=None if device.clock_offset_ns is None else device.clock_offset_ns / NS_PER_S,
            detail=device.message or identity,
        )

    def _point(self, point_id: str, seen: Seen, now_utc_ns: int) -> PointStatus:
        point = self._settings.point(point_id)
        recording = seen.recordings.get(point_id)
        last_ms = recording.last_fragment_ms if recording else None
        picture = seen.pictures.get(point_id)
        return PointStatus(
            id=point.id,
            name=point.name,
            device_id=point.device,
            recording=recording_state(recording, now_utc_ns),
            last_fragment_utc_ns=None if last_ms is None else last_ms * NS_PER_MS,
            bit_per_s=recording.bits_per_s if recording else None,
            health=picture_state(seen, point_id),
            health_checked_utc_ns=picture.looked_utc_ns if picture else None,
        )

    def _retention(self, point_id: str, seen: Seen, now_utc_ns: int) -> RetentionStatus:
        point = self._settings.point(point_id)
        keep_days = self._settings.retention_policy(point.retention).keep_days
        recording = seen.recordings.get(point_id)
        first_utc_ns = None if recording is None or recording.first_ms is None else recording.first_ms * NS_PER_MS
        age_ns = None if first_utc_ns is None else now_utc_ns - first_utc_ns
        judged = seen.verdicts.get(point_id)
        verdict: Verdict = "unknown" if judged is None else judged.verdict.value
        return RetentionStatus(
            point_id=point.id,
            point_name=point.name,
            verdict=verdict,
            keep_days=keep_days,
            oldest_utc_ns=first_utc_ns,
            kept_days=None if age_ns is None else round(age_ns / _DAY_NS, 2),
        )

    def _coverage(self) -> CoverageStatus:
        try:
            return latest_coverage(self._state.journal(Role.INSPECTOR))
        except DatabaseError:
            return CoverageStatus(state=State.UNKNOWN)

    def _visits(self, today: date) -> VisitsStatus:
        book = self._state.database("gate")
        if not book.exists():
            return VisitsStatus()
        return VisitsStatus(
            inside=tuple(_visit(visit) for visit in inside_now(book)),
            today=tuple(_visit(visit) for visit in visits_of_day(book, today)),
        )

    def _alarms(self) -> tuple[AlarmStatus, ...]:
        alarms = self._state.database("alarms")
        records = recent_alarms(alarms, limit=20) if alarms.exists() else []
        return tuple(alarm_status(record) for record in records if shown_by_itself(record))

    def _ask_paths(self) -> Sequence[PathAnswer]:
        # How a path stands right now is in the gatehouse's memory; without an answer every path is unknown.
        try:
            return call(
                self._state.socket("press"), PathsCall(), clock=self._clock, give_up_after_s=_ASK_WITHIN_S
            ).paths
        except NoAnswerError:
            return [
                PathAnswer(id=path.id, broker="", status="unknown", loss=None, connected=False, protocol=None, error="")
                for path in self._settings.broker_paths
            ]

    def _center(self, paths: Sequence[PathAnswer], now_utc_ns: int) -> CenterStatus | None:
        if self._settings.center is None:
            return None
        states = {_path(path).state for path in paths}
        if State.OK in states:
            state = State.OK
        else:
            state = State.UNKNOWN if State.UNKNOWN in states or not states else State.FAILING
        ages_ms = [path.heard_age_ms for path in paths if path.heard_age_ms is not None]
        heard_utc_ns = now_utc_ns - min(ages_ms) * NS_PER_MS if ages_ms else None
        return CenterStatus(name=self._settings.center.name, state=state, heard_utc_ns=heard_utc_ns)

    def _finding(self, role: str, finding: Finding) -> FindingStatus:
        return FindingStatus(
            id=finding.id,
            role=role,
            subject=finding.subject,
            subject_name=self._name_of(finding.subject),
            kind=finding.kind,
            state=_SEVERITIES[finding.severity],
            since_utc_ns=finding.since_utc_ns,
            evidence=finding.evidence,
        )


def _visit(visit: Visit) -> VisitStatus:
    return VisitStatus(
        id=visit.id,
        name=visit.visitor.name if visit.visitor else "",
        host=visit.visitor.host if visit.visitor else "",
        reason=visit.visitor.reason if visit.visitor else "",
        gate_id=visit.gate_id,
        in_utc_ns=visit.in_utc_ns,
        out_utc_ns=visit.out_utc_ns,
    )


def _path(path: PathAnswer) -> PathStatus:
    detail = path.loss or path.error or " ".join(part for part in (path.broker, path.protocol) if part)
    return PathStatus(id=path.id, state=_PATH_STATES.get(path.status, State.UNKNOWN), detail=detail)
