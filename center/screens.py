"""What the center's pages show, read in one transaction and cut down to what a person may see (管辖范围)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, Protocol

from center import refusals, register
from center.alarm_view import AlarmView, read_alarm, read_alarms
from center.campus_view import CampusView, read_campuses
from center.database import CenterDatabase, CenterDatabaseError
from center.json_view import as_json
from center.paths import Paths
from center.version import Version
from foundation.clock import Clock
from foundation.ids import is_id
from uplink.certificate import Certificate
from uplink.session import SessionState
from web.language import mark
from web.problem import PageProblem, Words
from web.scope import Scope
from web.signs import State

NO_ALARM: Final = Words(mark("没有这条警情"), mark("它可能属于另一个接警中心，或不在您的管辖范围。请回到接警台。"))
NO_DATABASE: Final = Words(
    mark("数据库暂时没有应答，这一步没有完成"), mark("请立即电话联系学校，同时告诉技术人员检查数据库。")
)


_NONE_ENDS: Final[Mapping[str, Certificate | None]] = {}


class Session(Protocol):
    """What is shown of an MQTT session."""

    @property
    def state(self) -> SessionState:
        """How it stands now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerView:
    """A broker that the center listens to."""

    id: str
    host: str
    state: State
    connected: bool
    last_error: str
    certificate: str
    """Of this line, the one that ends first, if that is within 30 days; else empty."""
    certificate_days_left: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the desk shows, read at one moment."""

    center: str
    version: str
    """What the live stream says while this still holds."""
    now_utc_ns: int
    brokers: tuple[BrokerView, ...]
    campuses: tuple[CampusView, ...]
    alarms: tuple[AlarmView, ...]
    refused: int
    """Refused messages within the last day, copies counted."""


class Screens:
    """Reads what a page needs; whatever lies outside the asking person's scope is as if it were not there."""

    def __init__(
        self,
        *,
        name: str,
        database: CenterDatabase,
        paths: Paths,
        clock: Clock,
        sessions: Sequence[tuple[str, str, Session]],
        version: Version,
        ending: Mapping[str, Certificate | None] = _NONE_ENDS,
    ) -> None:
        """`sessions` are broker id, host and session; `ending` the certificates that end soon, by broker."""
        self._name = name
        self._database = database
        self._paths = paths
        self._clock = clock
        self._sessions = tuple(sessions)
        self._version = version
        self._ending = ending
        self._seen: dict[Scope, tuple[str, str]] = {}

    def status(self, scope: Scope) -> Status:
        """Raises PageProblem if the database does not answer."""
        version = self._version()  # before reading: a change meanwhile makes the page renew, not miss it
        now = self._clock.utc_ns()
        with _answering(), self._database.begin() as connection:
            within = register.within(connection, scope)
            status = Status(
                center=self._name,
                version=version,
                now_utc_ns=now,
                brokers=tuple(self._broker(*session, now) for session in self._sessions),
                campuses=read_campuses(connection, self._paths, within),
                alarms=read_alarms(connection, now_utc_ns=now, within=within),
                refused=refusals.count_recent(connection, self._clock, within),
            )
        if scope.whole:
            return status
        # The count of all changes would tell somebody who sees one school that something happens at another.
        own = _digest(status)
        self._seen[scope] = (version, own)
        return replace(status, version=own)

    def version(self, scope: Scope) -> str:
        """The version that a status would have now; for a part of the schools it is read anew after any change."""
        version = self._version()
        if scope.whole:
            return version
        seen = self._seen.get(scope)
        if seen is not None and seen[0] == version:
            return seen[1]
        try:
            return self.status(scope).version
        except PageProblem:
            return seen[1] if seen else ""  # the stream goes on; asking for the page says what is wrong

    def _broker(self, broker_id: str, host: str, session: Session, now_utc_ns: int) -> BrokerView:
        state, certificate = session.state, self._ending.get(broker_id)
        return BrokerView(
            id=broker_id,
            host=host,
            state=State.OK if state.connected else State.FAILING,
            connected=state.connected,
            last_error=state.last_error,
            certificate=certificate.name if certificate is not None else "",
            certificate_days_left=certificate.days_left(now_utc_ns) if certificate is not None else None,
        )

    def alarm(self, alarm_id: str, scope: Scope) -> AlarmView:
        """One alarm. Raises PageProblem if there is none within the scope."""
        with _answering(), self._database.begin() as connection:
            found = read_alarm(connection, alarm_id) if is_id(alarm_id) else None
            within = register.within(connection, scope)
        if found is None or (within is not None and found.campus not in within):
            raise PageProblem(404, NO_ALARM)
        return found

    def refusals(self, scope: Scope) -> tuple[refusals.Refusal, ...]:
        """What was not believed. Raises PageProblem."""
        with _answering(), self._database.begin() as connection:
            return refusals.recent(connection, register.within(connection, scope))


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except CenterDatabaseError as error:
        raise PageProblem(503, NO_DATABASE) from error


def _digest(status: Status) -> str:
    shown = as_json(replace(status, version="", now_utc_ns=0))
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]
