"""Every path of every campus as it stands now: kept in memory, changes of status written down."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, insert, select, update

from center import told
from center.tables import campus_path
from foundation.clock import NS_PER_S, Clock, rfc3339
from uplink.event import Event
from uplink.liveness import HeardPath, PathStatus, hear, heard_status
from uplink.messages.heartbeat import Heartbeat, HeartbeatEcho
from uplink.messages.path_state import Birth, Will

_NS_PER_MS: Final = NS_PER_S // 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The last heartbeat of a path, as it came."""

    boot_id: str
    running_ms: int
    """The campus's running clock then."""
    came_running_ns: int
    """The center's running clock then."""
    skew_ms: int
    """The campus's wall clock minus the center's; the way of the message is in it."""
    alarms_waiting: int
    echo: HeartbeatEcho


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """One way to a campus."""

    campus_id: str
    path_id: str
    broker_id: str
    """Where it was heard last."""
    heard: HeardPath
    status: PathStatus
    since_utc_ns: int
    """Of the status, by the center's clock."""
    heard_utc_ns: int | None = None
    """Last heartbeat, by the center's clock."""
    beat: Beat | None = None


class Paths:
    """The board of paths; one thread tells it what came, another looks for silence, any may read."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paths: dict[tuple[str, str], Path] = {}
        self._lock = threading.RLock()

    def load(self, connection: Connection) -> None:
        """What was known before this start; nothing of it is believed to be alive until it is heard."""
        now_ns = self._clock.running_ns()
        for row in connection.execute(select(campus_path)).mappings():
            status = PathStatus(row["status"])
            heard = HeardPath(
                birth=row["birth_number"],
                number=row["heartbeat_number"],
                first_heard_ns=now_ns,
                left=status is PathStatus.LEFT,
            )
            now = heard_status(heard, now_ns)
            self._put(
                Path(
                    campus_id=row["campus_id"],
                    path_id=row["path_id"],
                    broker_id=row["broker_id"],
                    heard=heard,
                    status=now,
                    since_utc_ns=row["since_utc_ns"] if now is status else self._clock.utc_ns(),
                    heard_utc_ns=row["heard_utc_ns"],
                )
            )

    def everyone(self) -> list[Path]:
        """All paths, by campus and id."""
        with self._lock:
            return [self._paths[key] for key in sorted(self._paths)]

    def of(self, campus_id: str) -> list[Path]:
        """The paths of one campus."""
        return [path for path in self.everyone() if path.campus_id == campus_id]

    def told(self, broker_id: str, event: Event) -> Path | None:
        """Take a birth, will or heartbeat; the path if its status or birth changed, to be written down.

        A stale one (a replay, or a half-open old session's will) changes nothing. Raises MalformedError.
        """
        message = event.data
        assert isinstance(message, Birth | Will | Heartbeat)
        key = (message.campus, message.path)
        now_ns, now_utc_ns = self._clock.running_ns(), self._clock.utc_ns()
        with self._lock:
            before = self._paths.get(key)
            heard = hear(before.heard if before else HeardPath(), message, now_ns)
            if heard is None:
                return None
            path = before or Path(
                campus_id=message.campus,
                path_id=message.path,
                broker_id=broker_id,
                heard=heard,
                status=PathStatus.UNKNOWN,
                since_utc_ns=now_utc_ns,
            )
            path = replace(path, broker_id=broker_id, heard=heard)
            if isinstance(message, Heartbeat):
                path = replace(path, heard_utc_ns=now_utc_ns, beat=_beat(event, message, now_utc_ns, now_ns))
            path = self._judged(path)
            self._put(path)
        news = before is None or (before.status, before.heard.birth) != (path.status, heard.birth)
        return path if news else None

    def notice_silence(self) -> list[Path]:
        """Paths whose status changed by silence alone, to be written down."""
        with self._lock:
            changed = [
                after for before in self.everyone() if (after := self._judged(before)).status is not before.status
            ]
            for path in changed:
                self._put(path)
        return changed

    def age_ms(self, campus_id: str, boot_id: str, running_ms: int) -> int | None:
        """How long ago the campus's running clock showed `running_ms`; None if this boot was not heard from.

        Wall clocks have no part in it, so it is true even if the campus believes that it is 1970.
        """
        now_ns = self._clock.running_ns()
        ages = [
            (now_ns - path.beat.came_running_ns) // _NS_PER_MS + path.beat.running_ms - running_ms
            for path in self.of(campus_id)
            if path.beat is not None and path.beat.boot_id == boot_id
        ]
        return max(0, min(ages)) if ages else None

    def _judged(self, path: Path) -> Path:
        status = heard_status(path.heard, self._clock.running_ns())
        if status is path.status:
            return path
        return replace(path, status=status, since_utc_ns=self._clock.utc_ns())

    def _put(self, path: Path) -> None:
        with self._lock:
            self._paths[path.campus_id, path.path_id] = path


def write(connection: Connection, paths: Iterable[Path]) -> None:
    """Keep paths as they stand."""
    for path in paths:
        values = {
            "broker_id": path.broker_id,
            "birth_number": path.heard.birth,
            "heartbeat_number": path.heard.number,
            "status": path.status.value,
            "since_utc_ns": path.since_utc_ns,
            "heard_utc_ns": path.heard_utc_ns,
        }
        changed = connection.execute(
            update(campus_path)
            .where(campus_path.c.campus_id == path.campus_id, campus_path.c.path_id == path.path_id)
            .values(values)
        )
        if changed.rowcount == 0:
            connection.execute(insert(campus_path), {"campus_id": path.campus_id, "path_id": path.path_id, **values})


def _beat(event: Event, message: Heartbeat, now_utc_ns: int, now_running_ns: int) -> Beat:
    return Beat(
        boot_id=message.boot_id,
        running_ms=message.running_ms,
        came_running_ns=now_running_ns,
        skew_ms=(told.moment(event.time) - now_utc_ns) // _NS_PER_MS,
        alarms_waiting=message.alarms_waiting,
        echo=HeartbeatEcho(
            path=message.path,
            birth=message.birth,
            number=message.number,
            sent_at=event.time,
            received_at=rfc3339(now_utc_ns),
        ),
    )
