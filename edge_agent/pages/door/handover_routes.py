"""Shift handover (交接班) and today's duty (今日值班) on a gate screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check, record_words
from edge_agent.pages.door.pin import PinRefused
from edge_agent.pages.record_words import POSTS, ROUNDS, errors_of
from edge_agent.pages.screen.station import station_of
from foundation.clock import NS_PER_S, beijing_day
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from gate.admission import read_standing
from gate.handover import OpenMatters, Signer, read_handovers
from gate.hours import DAY_MINUTES, moment_of
from gate.overstay import overstays
from gate.patrol import RoundState, read_rounds
from gate.query import inside_now
from gate.record import RecordRefusedError
from gate.roster import Post, escorts_present, on_shift, read_shifts, roster_gaps
from gate.vehicle_book import vehicles_to_write_up
from web.figures import clock_minute
from web.form import FormTexts
from web.language import Catalogue, mark
from web.page import page, texts_of

_AHEAD_NS: Final = 24 * 3600 * NS_PER_S


def open_matters(deps: DoorDeps, station_id: str, texts: Catalogue) -> OpenMatters:
    """What is open at this moment (未了事项), by badge number. Raises DatabaseError, RecordKeysError, OSError."""
    now, book = deps.clock.utc_ns(), deps.book.path
    inside = inside_now(book)
    late = overstays(book, read_standing(deps.orders, now).hours, now)
    rounds = read_rounds(deps.orders, book, beijing_day(now))
    missed = [one for one in rounds if one.state(now) is RoundState.MISSED and one.missing]
    unwritten = vehicles_to_write_up(book)
    try:
        faults = deps.open_faults()
    except DatabaseError:
        faults = ()
    lines = [
        texts(mark("胸牌 %(badge)s 超时未离校，%(at)s 进来"), badge=visit.badge, at=clock_minute(visit.in_utc_ns))
        for visit in late
    ]
    if inside:
        badges = "、".join(str(visit.badge) for visit in inside)
        lines.append(texts(mark("在校来访 %(n)s 人：胸牌 %(badges)s"), n=len(inside), badges=badges))
    lines.extend(
        texts(mark("先放行的车 %(at)s 进来，还没有补登记"), at=clock_minute(entry.in_utc_ns)) for entry in unwritten
    )
    lines.extend(
        texts(mark("有一张登记表没填完，%(at)s 填到一半"), at=clock_minute(draft.kept_utc_ns))
        for draft in deps.drafts(station_id)
    )
    lines.extend(
        texts(
            mark("%(at)s 的巡查漏了：%(points)s"),
            at=clock_minute(one.due_utc_ns),
            points="、".join(point.name for point in one.missing),
        )
        for one in missed
    )
    lines.extend(texts(mark("未修好：%(fault)s"), fault=fault) for fault in faults)
    return OpenMatters(inside=len(inside), overstayed=len(late), faults=len(faults), lines=tuple(lines))


def handover_routes(deps: DoorDeps) -> APIRouter:
    """/handover and /duty/today for gate screens."""
    routes = APIRouter()

    def show(request: Request, handover_id: str, form: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return page(
            request,
            "door/handover.html",
            status=422 if errors else 200,
            handover_id=handover_id,
            values=form,
            errors=errors,
            matters=open_matters(deps, station_of(request).id, texts_of(request)),
            holders=[(one.id, one.name) for one in deps.pins.holders()],
        )

    @routes.get("/handover")
    def ask(request: Request) -> Response:
        return show(request, new_id(), {}, {})

    @routes.post("/handover/{handover_id}")
    def sign(request: Request, handover_id: str, form: FormTexts) -> Response:
        check(handover_id)
        texts, station = texts_of(request), station_of(request)
        before = deps.door.handovers.on_duty(station.id)
        taker = deps.pins.holder(form.get("to", ""))
        errors: dict[str, str] = {}
        if taker is None:
            errors["to"] = texts(mark("请点接班人的名字"))
        gone = form.get("from_gone", "") == "yes"
        if before is not None and not gone:
            giver = deps.pins.holder(before.person_id)
            try:
                if giver is None:
                    errors["from_pin"] = texts(mark("交班人已没有口令，请选“人已离开”"))
                else:
                    deps.pins.check(giver, station, form.get("from_pin", ""), texts)
            except PinRefused as refused:
                errors["from_pin"] = str(refused)
        if taker is not None and not errors:
            try:
                deps.pins.check(taker, station, form.get("to_pin", ""), texts)
            except PinRefused as refused:
                errors["to_pin"] = str(refused)
        if errors or taker is None:
            return show(request, handover_id, form, errors)
        try:
            deps.door.handovers.hand_over(
                handover_id=handover_id,
                station_id=station.id,
                from_signed=before is not None and not gone,
                to=Signer(person_id=taker.id, name=taker.name),
                matters=open_matters(deps, station.id, texts),
                note=form.get("note", ""),
            )
        except RecordRefusedError as refused_record:
            return show(request, handover_id, form, errors_of(refused_record, texts))
        return RedirectResponse("/duty/today", 303)

    @routes.get("/duty/today")
    def today(request: Request) -> Response:
        texts, now = texts_of(request), deps.clock.utc_ns()
        day = beijing_day(now)
        first, last = moment_of(day, 0), moment_of(day, DAY_MINUTES)
        shifts = read_shifts(deps.orders, first, last)
        escorts = tuple(one for one in shifts if one.post is Post.ESCORT)
        ahead = read_shifts(deps.orders, now, now + _AHEAD_NS)
        return page(
            request,
            "door/duty_today.html",
            posts=[(texts(word), [one for one in shifts if one.post is post]) for post, word in POSTS.items()],
            now_on={one.id for post in POSTS for one in on_shift(shifts, post, now)},
            gaps=roster_gaps(ahead, Post.GUARD, now, now + _AHEAD_NS) if ahead else (),
            planned=bool(shifts),
            escorts=escorts,
            present=escorts_present(deps.book.path, escorts),
            rounds=[
                (one, ROUNDS[one.state(now)][0], texts(ROUNDS[one.state(now)][1]))
                for one in read_rounds(deps.orders, deps.book.path, day)
                if one.missing or one.scans
            ],
            handovers=read_handovers(deps.book.path, limit=3),
            new_id=new_id,
        )

    @routes.post("/duty/escort/undo/{tick_id}")
    def undo_escort(request: Request, tick_id: str) -> Response:
        check(tick_id)
        with record_words():
            deps.door.escorts.undo(tick_id=tick_id, guard=deps.guard_of(station_of(request)))
        return RedirectResponse("/duty/today", 303)

    @routes.post("/duty/escort/{shift_id}/{tick_id}")
    def escort(request: Request, shift_id: str, tick_id: str) -> Response:
        check(shift_id, tick_id)
        guard = deps.guard_of(station_of(request))
        deps.door.escorts.tick(tick_id=tick_id, shift_id=shift_id, guard=guard)
        return RedirectResponse("/duty/today", 303)

    return routes
