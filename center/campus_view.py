"""How every school and point stands, as pages and /api/status show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, RowMapping, func, select

from center import register
from center.paths import Path, Paths
from center.tables import finding, point
from uplink.liveness import PathStatus
from uplink.messages.point_health import Health, Retention
from web.signs import State


@dataclass(frozen=True, slots=True, kw_only=True)
class PathView:
    """One way to a campus."""

    id: str
    broker: str
    status: PathStatus
    state: State
    since_utc_ns: int
    heard_utc_ns: int | None
    skew_ms: int | None
    alarms_waiting: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """A watched place (点位)."""

    id: str
    name: str
    state: State
    camera: Health
    recording: Health
    picture: Health
    retention: Retention
    kept_days: int | None
    troubles: tuple[str, ...]
    checked_utc_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CampusView:
    """An enrolled school (学校), heard of or not."""

    id: str
    name: str
    district: str
    state: State
    """Ok: every path that was ever heard carries; failing: none does; unknown: never heard."""
    reachable: bool
    since_utc_ns: int | None
    heard_utc_ns: int | None
    paths: tuple[PathView, ...]
    points: tuple[PointView, ...]
    open_findings: int
    alarms_waiting: int
    """Alarms the campus holds without a receipt, as its last heartbeat says."""


def read_campuses(
    connection: Connection, paths: Paths, within: Collection[str] | None = None
) -> tuple[CampusView, ...]:
    """Every enrolled campus, those that are not well first; `within` leaves only these ids."""
    ways: defaultdict[str, list[Path]] = defaultdict(list)
    for path in paths.everyone():
        ways[path.campus_id].append(path)
    points: defaultdict[str, list[RowMapping]] = defaultdict(list)
    for row in connection.execute(select(point).order_by(point.c.point_id)).mappings():
        points[row["campus_id"]].append(row)
    troubles = {
        row[0]: row[1]
        for row in connection.execute(
            select(finding.c.campus_id, func.count())
            .where(finding.c.cleared_utc_ns.is_(None))
            .group_by(finding.c.campus_id)
        )
    }
    views = [
        _campus(campus, ways[campus.id], points[campus.id], troubles.get(campus.id, 0))
        for campus in register.everyone(connection)
        if within is None or campus.id in within
    ]
    return tuple(sorted(views, key=_worst_first))


_ORDER: Final = (State.FAILING, State.ATTENTION, State.UNKNOWN, State.OK)


def _worst_first(view: CampusView | PointView) -> tuple[int, str]:
    return _ORDER.index(view.state), view.id


def _campus(campus: register.Campus, ways: Sequence[Path], points: Iterable[RowMapping], findings: int) -> CampusView:
    reachable = any(path.status is PathStatus.UP for path in ways)
    return CampusView(
        id=campus.id,
        name=campus.name,
        district=campus.district,
        state=_campus_state(ways),
        reachable=reachable,
        since_utc_ns=max((path.since_utc_ns for path in ways), default=None),
        heard_utc_ns=max((path.heard_utc_ns for path in ways if path.heard_utc_ns is not None), default=None),
        paths=tuple(
            PathView(
                id=path.path_id,
                broker=path.broker_id,
                status=path.status,
                state=_PATH_STATES[path.status],
                since_utc_ns=path.since_utc_ns,
                heard_utc_ns=path.heard_utc_ns,
                skew_ms=path.beat.skew_ms if path.beat else None,
                alarms_waiting=path.beat.alarms_waiting if path.beat else 0,
            )
            for path in ways
        ),
        points=tuple(
            sorted(
                (_point(row, reachable=reachable) for row in points),
                key=lambda view: (_ORDER.index(view.state), view.id),
            )
        ),
        open_findings=findings,
        alarms_waiting=max((path.beat.alarms_waiting for path in ways if path.beat), default=0),
    )


_PATH_STATES: Final = {
    PathStatus.UP: State.OK,
    PathStatus.LOST: State.FAILING,
    PathStatus.LEFT: State.FAILING,
    PathStatus.UNKNOWN: State.UNKNOWN,
}


def _campus_state(ways: Sequence[Path]) -> State:
    states = {path.status for path in ways}
    if not states or states == {PathStatus.UNKNOWN}:
        return State.UNKNOWN
    if states == {PathStatus.UP}:
        return State.OK
    return State.ATTENTION if PathStatus.UP in states else State.FAILING


def _point(row: RowMapping, *, reachable: bool) -> PointView:
    camera, recording, picture = Health(row["camera"]), Health(row["recording"]), Health(row["picture"])
    retention = Retention(row["retention"])
    if not reachable:
        # A campus tells at once what changes, so its last word holds as long as its heartbeats come, and no longer.
        state = State.UNKNOWN
    elif Health.FAILING in (camera, recording, picture):
        state = State.FAILING
    elif retention is Retention.VIOLATED:
        state = State.ATTENTION
    elif Health.UNKNOWN in (camera, recording):
        state = State.UNKNOWN
    else:
        state = State.OK
    return PointView(
        id=row["point_id"],
        name=row["name"],
        state=state,
        camera=camera,
        recording=recording,
        picture=picture,
        retention=retention,
        kept_days=row["kept_days"],
        troubles=tuple(row["troubles"].split()),
        checked_utc_ns=row["checked_utc_ns"],
    )
