"""Everyone inside (在校名单) and roll calls (点名) on a gate screen."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.door.on_campus import KINDS, Kind, OnCampus, named, on_campus
from edge_agent.pages.screen.station import station_of
from foundation.ids import new_id
from gate.admission import read_standing
from gate.class_size import pupils_in_school, read_class_sizes
from gate.roll_call import Present, read_roll_call, running_roll_call
from web.form import FormTexts
from web.page import page, texts_of


def roll_call_routes(deps: DoorDeps) -> APIRouter:
    """/roll for gate screens."""
    routes = APIRouter(prefix="/roll")

    @routes.get("")
    def everyone(request: Request) -> Response:
        texts = texts_of(request)
        now = deps.clock.utc_ns()
        people = on_campus(deps.book.path, deps.orders, now, texts)
        running = running_roll_call(deps.book.path)
        return page(
            request,
            "door/roll.html",
            groups=[(kind, texts(word), [one for one in people if one.kind is kind]) for kind, word in KINDS.items()],
            heads=_heads([one for one in people if one.kind is not Kind.CLASS]),
            pupils=pupils_in_school(deps.book.path, deps.orders, read_standing(deps.orders, now).hours, now),
            pupils_counted=bool(read_class_sizes(deps.orders)),
            running=running.id if running else "",
            roll_call_id=new_id(),
            live_url="/api/live",
        )

    @routes.post("/begin/{roll_call_id}")
    def begin(request: Request, roll_call_id: str, form: FormTexts) -> Response:
        check(roll_call_id)
        station, texts = station_of(request), texts_of(request)
        people = on_campus(deps.book.path, deps.orders, deps.clock.utc_ns(), texts)
        running = deps.door.roll_calls.begin(
            roll_call_id=roll_call_id,
            drill=form.get("real", "") != "yes",
            people=[
                Present(subject=one.subject, since_utc_ns=one.since_utc_ns, companions=one.companions) for one in people
            ],
            gate_id=deps.gate_of(station).id,
            guard=deps.guard_of(station),
        )
        return RedirectResponse(f"/roll/{running}", 303)

    @routes.get("/{roll_call_id}")
    def calling(request: Request, roll_call_id: str) -> Response:
        check(roll_call_id)
        call = read_roll_call(deps.book.path, roll_call_id)
        if call is None:
            raise HTTPException(404)
        texts = texts_of(request)
        listed = {one.subject: one for one in on_campus(deps.book.path, deps.orders, deps.clock.utc_ns(), texts)}
        people = [listed.get(one.subject) or named(deps.book.path, deps.orders, one, texts) for one in call.people]
        return page(
            request,
            "door/roll_call.html",
            call=call,
            missing=(missing := [one for one in people if one.subject not in call.found]),
            missing_heads=_heads(missing),
            heads=_heads(people),
            found=[(one, call.found[one.subject]) for one in people if one.subject in call.found],
            kinds={kind: texts(word) for kind, word in KINDS.items()},
            new_id=new_id,
            live_url="/api/live",
        )

    @routes.post("/{roll_call_id}/found/{tick_id}")
    def found(request: Request, roll_call_id: str, tick_id: str, form: FormTexts) -> Response:
        check(roll_call_id, tick_id)
        with record_words():
            deps.door.roll_calls.tick(
                roll_call_id=roll_call_id,
                subject=form.get("subject", ""),
                tick_id=tick_id,
                guard=deps.guard_of(station_of(request)),
            )
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    @routes.post("/{roll_call_id}/undo/{tick_id}")
    def undo(request: Request, roll_call_id: str, tick_id: str) -> Response:
        check(roll_call_id, tick_id)
        with record_words():
            deps.door.roll_calls.undo_tick(tick_id=tick_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    @routes.post("/{roll_call_id}/end")
    def end(request: Request, roll_call_id: str) -> Response:
        check(roll_call_id)
        with record_words():
            deps.door.roll_calls.end(roll_call_id=roll_call_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse(f"/roll/{roll_call_id}", 303)

    return routes


def _heads(people: list[OnCampus]) -> int:
    return sum(one.heads for one in people)
