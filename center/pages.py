"""The center's pages: the alarm desk (接警台), all schools and points, what was refused; and the same as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

from fastapi import APIRouter, FastAPI, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse
from starlette.middleware import Middleware
from starlette.responses import Response, StreamingResponse

from center.answering import Answering
from center.database import CenterDatabaseError
from center.desk import CannotCloseError, NoLineTestError, UnknownAlarmError
from center.desks import Desks
from center.json_view import as_json
from center.screens import NO_ALARM, NO_DATABASE, Screens
from foundation.clock import Clock
from uplink.messages.acknowledgement import Outcome
from web.app import make_app
from web.duty import Right
from web.finding_words import described_kinds, words_of
from web.language import mark
from web.login import LoginRequired, LoginWords, login_routes, needs, person_of
from web.page import Theme, page
from web.people import PeopleBook
from web.problem import NOT_ALLOWED, PageProblem, Words
from web.scope import WHOLE, Scope
from web.stream import live

_NAME_MOST: Final = 40
_NOTE_MOST: Final = 500
_NOT_CLOSED: Final = Words(mark("现在不能结案"), mark("请先确认警情；已结案的不能再改。演练只能按演练结案。"))
_LOGIN_WORDS: Final = LoginWords(
    first_account="campus-center person add",
    hint=mark("登录不影响接警：警情照常接收、存储并回执。登录不了时请换一台已登录的接警台。"),
)


def make_center_app(
    *,
    name: str,
    clock: Clock,
    screens: Screens,
    desks: Desks,
    people: PeopleBook,
    further: Sequence[APIRouter] = (),
) -> FastAPI:
    """The center's app; `name` is the center's own."""
    return make_app(
        title=name,
        theme=Theme.CENTER,
        clock=clock,
        packages=("center",),
        routers=(_desk(screens, desks), _lists(screens), login_routes(people, _LOGIN_WORDS), *further),
        middleware=(Middleware(LoginRequired, people=people),),
        frame=_frame,
    )


def _frame(request: Request) -> dict[str, object]:
    person = person_of(request)
    return {
        "person": person,
        "may_answer": person is None or person.duty.may(Right.ANSWER_ALARMS),
        "words_of": words_of,
        "described_kinds": described_kinds,
    }


def _scope(request: Request) -> Scope:
    person = person_of(request)
    return WHOLE if person is None else person.scope  # nobody: this machine, before the first account


def _desk(screens: Screens, desks: Desks) -> APIRouter:
    router = APIRouter(dependencies=[needs(Right.SEE_DISTRICT)])

    def answered(request: Request, alarm_id: str) -> Answering:
        # What it is decides who may answer it, so it is read first.
        found, person = screens.alarm(alarm_id, _scope(request)), person_of(request)
        if person is not None and not person.duty.may(desks.right(found)):
            raise PageProblem(403, NOT_ALLOWED)
        return desks.of(found)

    @router.get("/")
    def desk(request: Request, alarm: str = "", wrong: str = "") -> Response:
        status = screens.status(_scope(request))
        waiting = next((item for item in status.alarms if item.waits), None)
        if waiting is not None and not alarm:
            # Named in the address, so that a renewed page never shows another alarm above the same button.
            return RedirectResponse(f"/?alarm={waiting.id}", 303)
        chosen = screens.alarm(alarm, _scope(request)) if alarm else None
        campus = next((item for item in status.campuses if chosen and item.id == chosen.campus), None)
        who = person_of(request)
        return page(
            request,
            "desk.html",
            shown=status,
            chosen=chosen,
            campus=campus,
            wrong=wrong,
            may_answer_this=chosen is not None and (who is None or who.duty.may(desks.right(chosen))),
            drill_desk=desks.drill_desk,
            here="desk",
        )

    @router.post("/alarms/{alarm_id}/acknowledge")
    def acknowledge(request: Request, alarm_id: str, person: Annotated[str, Form()] = "") -> Response:
        answering, name = answered(request, alarm_id), _name(request, person)
        if name is None:
            return RedirectResponse(f"/?alarm={alarm_id}&wrong=person", 303)
        with _problems():
            answering.acknowledge(alarm_id, name)
        return RedirectResponse(f"/?alarm={alarm_id}", 303)

    @router.post("/alarms/{alarm_id}/close")
    def close(
        request: Request,
        alarm_id: str,
        person: Annotated[str, Form()] = "",
        outcome: Annotated[str, Form()] = "",
        note: Annotated[str, Form()] = "",
    ) -> Response:
        answering, name = answered(request, alarm_id), _name(request, person)
        if name is None or outcome not in set(Outcome):
            return RedirectResponse(f"/?alarm={alarm_id}&wrong=close", 303)
        with _problems():
            answering.close(alarm_id, name, Outcome(outcome), _one_line(note)[:_NOTE_MOST])
        return RedirectResponse(f"/?alarm={alarm_id}", 303)

    return router


def _name(request: Request, typed: str) -> str | None:
    """Who answers: the account's name; what was typed only where there is no account yet."""
    person = person_of(request)
    if person is not None:
        return _one_line(person.name)
    name = _one_line(typed)
    return name if 2 <= len(name) <= _NAME_MOST else None


def _one_line(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except UnknownAlarmError as error:
        raise PageProblem(404, NO_ALARM) from error
    except NoLineTestError as error:
        raise PageProblem(403, NOT_ALLOWED) from error
    except CannotCloseError as error:
        raise PageProblem(409, _NOT_CLOSED) from error
    except CenterDatabaseError as error:
        raise PageProblem(503, NO_DATABASE) from error


def _lists(screens: Screens) -> APIRouter:
    router = APIRouter(dependencies=[needs(Right.SEE_DISTRICT)])

    @router.get("/campuses")
    def campuses(request: Request) -> Response:
        return page(request, "campuses.html", shown=screens.status(_scope(request)), here="campuses")

    @router.get("/refused")
    def refused(request: Request) -> Response:
        scope = _scope(request)
        return page(
            request, "refused.html", shown=screens.status(scope), refusals=screens.refusals(scope), here="refused"
        )

    @router.get("/api/status")
    def status(request: Request) -> JSONResponse:
        return JSONResponse(as_json(screens.status(_scope(request))))

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        scope = _scope(request)
        return live(request, lambda: screens.version(scope), every_s=0.5)

    return router
