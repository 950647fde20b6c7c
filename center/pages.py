"""The center's pages: the alarm desk (接警台), all schools and points, what was refused; and the same as JSON."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.responses import Response, StreamingResponse

from center import refusals
from center.alarm_view import AlarmView, read_alarm, read_alarms
from center.answering import Answering
from center.campus_view import CampusView, read_campuses
from center.database import CenterDatabase, CenterDatabaseError
from center.desk import CannotCloseError, UnknownAlarmError
from center.json_view import as_json
from center.paths import Paths
from foundation.clock import Clock
from foundation.ids import is_id, new_id
from uplink.messages.acknowledgement import Outcome
from uplink.session import SessionState
from web.app import make_app
from web.language import mark
from web.page import Theme, page
from web.problem import PageProblem, Words
from web.signs import State
from web.stream import live

_NAME_MOST: Final = 40
_NOTE_MOST: Final = 500
_NO_ALARM: Final = Words(mark("没有这条警情"), mark("它可能属于另一个接警中心。请回到接警台。"))
_NOT_CLOSED: Final = Words(mark("现在不能结案"), mark("请先确认警情；已结案的不能再改。演练只能按演练结案。"))
_NO_DATABASE: Final = Words(
    mark("数据库暂时没有应答，这一步没有完成"), mark("请立即电话联系学校，同时告诉技术人员检查数据库。")
)


class Session(Protocol):
    """What is shown of an MQTT session."""

    @property
    def state(self) -> SessionState:
        """How it stands now."""


class Version:
    """Another text whenever a page would look different; another one after each start, too."""

    def __init__(self) -> None:
        self._start = new_id()
        self._count = itertools.count(1)
        self._now = f"{self._start}-0"

    def changed(self) -> None:
        """Called from any thread."""
        self._now = f"{self._start}-{next(self._count)}"

    def __call__(self) -> str:
        return self._now


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerView:
    """A broker that the center listens to."""

    id: str
    host: str
    state: State
    connected: bool
    last_error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that the desk shows, read at one moment."""

    center: str
    now_utc_ns: int
    brokers: tuple[BrokerView, ...]
    campuses: tuple[CampusView, ...]
    alarms: tuple[AlarmView, ...]
    refused: int
    """Refused messages within the last day, copies counted."""


class Screens:
    """Reads what a page needs in one transaction."""

    def __init__(
        self,
        *,
        name: str,
        database: CenterDatabase,
        paths: Paths,
        clock: Clock,
        sessions: Sequence[tuple[str, str, Session]],
    ) -> None:
        """`sessions` are broker id, host and session."""
        self._name = name
        self._database = database
        self._paths = paths
        self._clock = clock
        self._sessions = tuple(sessions)

    def status(self) -> Status:
        """Raises PageProblem if the database does not answer."""
        now = self._clock.utc_ns()
        try:
            with self._database.begin() as connection:
                campuses = read_campuses(connection, self._paths)
                alarms = read_alarms(connection, now_utc_ns=now)
                refused = refusals.count_recent(connection, self._clock)
        except CenterDatabaseError as error:
            raise PageProblem(503, _NO_DATABASE) from error
        return Status(
            center=self._name,
            now_utc_ns=now,
            brokers=tuple(_broker(*session) for session in self._sessions),
            campuses=campuses,
            alarms=alarms,
            refused=refused,
        )

    def alarm(self, alarm_id: str) -> AlarmView:
        """One alarm. Raises PageProblem."""
        try:
            with self._database.begin() as connection:
                found = read_alarm(connection, alarm_id) if is_id(alarm_id) else None
        except CenterDatabaseError as error:
            raise PageProblem(503, _NO_DATABASE) from error
        if found is None:
            raise PageProblem(404, _NO_ALARM)
        return found

    def refusals(self) -> tuple[refusals.Refusal, ...]:
        """What was not believed. Raises PageProblem."""
        try:
            with self._database.begin() as connection:
                return refusals.recent(connection)
        except CenterDatabaseError as error:
            raise PageProblem(503, _NO_DATABASE) from error


def _broker(broker_id: str, host: str, session: Session) -> BrokerView:
    state = session.state
    return BrokerView(
        id=broker_id,
        host=host,
        state=State.OK if state.connected else State.FAILING,
        connected=state.connected,
        last_error=state.last_error,
    )


def make_center_app(
    *, name: str, clock: Clock, screens: Screens, answering: Answering, version: Callable[[], str]
) -> FastAPI:
    """The center's app; `name` is the center's own."""
    return make_app(
        title=name,
        theme=Theme.CENTER,
        clock=clock,
        packages=("center",),
        routers=(_desk(screens, answering), _lists(screens, version)),
    )


def _desk(screens: Screens, answering: Answering) -> APIRouter:
    router = APIRouter()

    @router.get("/")
    def desk(request: Request, alarm: str = "", wrong: str = "") -> Response:
        status = screens.status()
        waiting = next((item for item in status.alarms if item.waits), None)
        if waiting is not None and not alarm:
            # Named in the address, so that a renewed page never shows another alarm above the same button.
            return RedirectResponse(f"/?alarm={waiting.id}", 303)
        chosen = screens.alarm(alarm) if alarm else None
        campus = next((item for item in status.campuses if chosen and item.id == chosen.campus), None)
        return page(request, "desk.html", shown=status, chosen=chosen, campus=campus, wrong=wrong, here="desk")

    @router.post("/alarms/{alarm_id}/acknowledge")
    def acknowledge(alarm_id: str, person: Annotated[str, Form()] = "") -> Response:
        name = _one_line(person)
        if not 2 <= len(name) <= _NAME_MOST:
            return RedirectResponse(f"/?alarm={alarm_id}&wrong=person" if is_id(alarm_id) else "/", 303)
        with _problems():
            answering.acknowledge(alarm_id, name)
        return RedirectResponse(f"/?alarm={alarm_id}", 303)

    @router.post("/alarms/{alarm_id}/close")
    def close(
        alarm_id: str,
        person: Annotated[str, Form()] = "",
        outcome: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        name = _one_line(person)
        if not 2 <= len(name) <= _NAME_MOST or outcome not in set(Outcome):
            return RedirectResponse(f"/?alarm={alarm_id}&wrong=close" if is_id(alarm_id) else "/", 303)
        with _problems():
            answering.close(alarm_id, name, Outcome(outcome), _one_line(note)[:_NOTE_MOST])
        return RedirectResponse(f"/?alarm={alarm_id}", 303)

    return router


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except UnknownAlarmError as error:
        raise PageProblem(404, _NO_ALARM) from error
    except CannotCloseError as error:
        raise PageProblem(409, _NOT_CLOSED) from error
    except CenterDatabaseError as error:
        raise PageProblem(503, _NO_DATABASE) from error


def _lists(screens: Screens, version: Callable[[], str]) -> APIRouter:
    router = APIRouter()

    @router.get("/campuses")
    def campuses(request: Request) -> Response:
        return page(request, "campuses.html", shown=screens.status(), here="campuses")

    @router.get("/refused")
    def refused(request: Request) -> Response:
        return page(request, "refused.html", shown=screens.status(), refusals=screens.refusals(), here="refused")

    @router.get("/api/status")
    def status() -> JSONResponse:
        return JSONResponse(as_json(screens.status()))

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        return live(request, version, every_s=0.5)

    return router
