"""Footage on the office pages (录像): 90 days of every point, a day with its gaps, playing, and keeping for good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.access_log import AccessKind
from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.footage.access_routes import access_routes
from edge_agent.pages.footage.deps import (
    NO_CATALOGUE,
    FootageDeps,
    day_of_text,
    reason_of,
    span_of,
    until_of,
    who_of,
)
from edge_agent.pages.footage.drawing import bar, days_around, open_holds, strip, strip_span_ms, worst_gaps
from edge_agent.pages.footage.export_routes import export_routes
from edge_agent.pages.footage.film import Films, unreadable
from edge_agent.pages.footage.look_routes import begin, begin_live, fields_of, look_routes, note
from edge_agent.pages.footage.timeline_routes import timeline_routes
from edge_agent.pages.footage.volume_routes import volume_routes
from edge_agent.pages.footage.words import VERDICTS, cause_word, reason_words
from edge_agent.pages.status.answers import verdict_state
from foundation.ids import new_id
from foundation.sqlite import DatabaseError
from storage.days import NS_PER_MS, day_of, day_span_ms
from storage.facts import HoldEndRequested, HoldRequested
from storage.full_choice import choices
from storage.ledger import day_entry, verdicts
from storage.playback import NoFootage
from storage.timeline import timeline
from web.duty import Right
from web.finding_words import words_of
from web.form import FormTexts
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import NOT_ALLOWED, PageProblem
from web.stream import live

_MOST_GAPS: Final = 200
_NOTHING: Final[Mapping[str, str]] = {}


def footage_routes(deps: FootageDeps) -> tuple[APIRouter, ...]:
    """/footage for those who may see it, /exports for those who may take it away, /access for those who check both,
    /volumes for the disks below."""
    routes = APIRouter(prefix="/footage", dependencies=[needs(Right.SEE_FOOTAGE)])
    _list(routes, deps)
    films = look_routes(routes, deps)
    _day(routes, deps, films)
    timeline_routes(routes, deps)
    _holds(routes, deps)
    return routes, export_routes(deps), access_routes(deps), volume_routes(deps)


def _may_take(request: Request) -> bool:
    person = person_of(request)
    return person is not None and person.duty.may(Right.EXPORT_FOOTAGE)


def _list(routes: APIRouter, deps: FootageDeps) -> None:
    @routes.get("")
    def everything(request: Request) -> Response:
        now_ms = deps.now_ms()
        first, start_ms, end_ms = strip_span_ms(day_of(now_ms))
        try:
            judged = {each.point: each for each in verdicts(deps.catalogue, now_ms)}
            rows = []
            for point, name in deps.points().items():
                found = timeline(deps.catalogue, point, start_ms, end_ms, now_ms)
                rows.append((point, name, judged.get(point), strip(found, first)))
            undecided = [volume for volume, choice in choices(deps.catalogue, deps.disks).items() if choice is None]
        except DatabaseError as error:
            raise PageProblem(503, NO_CATALOGUE) from error
        return page(
            request,
            "footage/list.html",
            rows=rows,
            first=first,
            last=day_of(now_ms),
            verdict_state=verdict_state,
            verdict_words=VERDICTS,
            reason_words=reason_words,
            undecided=undecided,
        )


def _day(routes: APIRouter, deps: FootageDeps, films: Films) -> None:
    @routes.get("/{point}")
    def show(request: Request, point: str, day: str = "") -> Response:
        return _day_page(deps, request, point, day_of_text(day, day_of(deps.now_ms())))

    @routes.get("/{point}/beat")
    async def beats(request: Request, point: str, day: str = "") -> Response:
        start_ms, end_ms = day_span_ms(day_of_text(day, day_of(deps.now_ms())))

        def version() -> str:
            now_ms = deps.now_ms()
            found = timeline(deps.catalogue, point, start_ms, end_ms, now_ms)
            return f"{len(found.gaps)}.{min(now_ms, end_ms) // 60_000}.{'.'.join(hold.id for hold in found.holds)}"

        return live(request, version, every_s=2.0)

    @routes.post("/{point}/look")
    def look(request: Request, point: str, form: FormTexts) -> Response:
        texts = texts_of(request)
        deps.name(point)
        try:
            asked_ms, reason = span_of(form, texts), reason_of(form, texts)
            try:
                return begin(deps, films, request, point, asked_ms, reason)
            except NoFootage as none:
                raise FieldError("from", texts(mark("这段时间没有可以播放的录像，请看时间轴上的原因"))) from none
            except DatabaseError as error:
                raise PageProblem(503, NO_CATALOGUE) from error
            except OSError as error:
                raise unreadable(error) from error
        except FieldError as wrong:
            return _day_again(deps, request, point, form, wrong)

    @routes.post("/{point}/live")
    def look_now(request: Request, point: str, form: FormTexts) -> Response:
        deps.name(point)
        try:
            return begin_live(deps, request, point, reason_of(form, texts_of(request)))
        except FieldError as wrong:
            return _day_again(deps, request, point, form, wrong)


def _day_again(deps: FootageDeps, request: Request, point: str, form: Mapping[str, str], wrong: FieldError) -> Response:
    today = day_of(deps.now_ms())
    try:
        day = day_of_text(form.get("day", ""), today)
    except HTTPException:
        day = today
    return _day_page(deps, request, point, day, errors={wrong.field: wrong.text}, values=fields_of(form))


def _day_page(
    deps: FootageDeps,
    request: Request,
    point: str,
    day: date,
    *,
    errors: Mapping[str, str] = _NOTHING,
    values: Mapping[str, str] = _NOTHING,
) -> Response:
    now_ms = deps.now_ms()
    start_ms, end_ms = day_span_ms(day)
    try:
        name = deps.name(point)
        found = timeline(deps.catalogue, point, start_ms, end_ms, now_ms)
        entry = day_entry(deps.catalogue, point, day, now_ms)
        alarms = list(reversed(deps.alarms(start_ms * NS_PER_MS, end_ms * NS_PER_MS)))
        findings = deps.findings(point, start_ms * NS_PER_MS, end_ms * NS_PER_MS)
    except DatabaseError as error:
        raise PageProblem(503, NO_CATALOGUE) from error
    before, after = days_around(day, now_ms)
    return page(
        request,
        "footage/day.html",
        status=422 if errors else 200,
        point=point,
        name=name,
        day=day,
        day_ns=start_ms * NS_PER_MS,
        before=before,
        after=after,
        entry=entry,
        bar=bar(found),
        gaps=worst_gaps(entry.gaps, _MOST_GAPS),
        holds=open_holds(found),
        awaited=request.query_params.get("held", ""),
        alarms=alarms,
        findings=findings,
        cause_word=cause_word,
        words_of=words_of,
        may_take=_may_take(request),
        errors=errors,
        values=values,
        live_url=f"/footage/{point}/beat?day={day.isoformat()}",
    )


def _holds(routes: APIRouter, deps: FootageDeps) -> None:
    @routes.post("/{point}/hold")
    def place(request: Request, point: str, form: FormTexts) -> Response:
        if not _may_take(request):
            raise PageProblem(403, NOT_ALLOWED)
        texts = texts_of(request)
        deps.name(point)
        try:
            span_ms, reason = span_of(form, texts), reason_of(form, texts)
            until_ms = until_of(form, texts, day_of(deps.now_ms()))
        except FieldError as wrong:
            return _day_again(deps, request, point, form, wrong)
        hold_id = new_id()
        note(deps, AccessKind.HOLD, request, point, span_ms, reason, about=hold_id)
        deps.journal.append(
            HoldRequested(
                hold_id=hold_id,
                point=point,
                from_ms=span_ms[0],
                to_ms=span_ms[1],
                reason=reason,
                person=who_of(request).signature,
                until_ms=until_ms,
            ),
            fact_id=hold_id,
        )
        return RedirectResponse(f"/footage/{point}?day={day_of(span_ms[0]).isoformat()}&held={hold_id}#holds", 303)

    @routes.post("/{point}/unhold")
    def end(request: Request, point: str, form: FormTexts) -> Response:
        if not _may_take(request):
            raise PageProblem(403, NOT_ALLOWED)
        day = day_of_text(form.get("day", ""), day_of(deps.now_ms()))
        deps.name(point)
        found = timeline(deps.catalogue, point, *day_span_ms(day), deps.now_ms())
        hold = next((each for each in found.holds if each.id == form.get("hold", "")), None)
        if hold is None:
            raise HTTPException(404)
        try:
            reason = reason_of(form, texts_of(request))
        except FieldError as wrong:
            return _day_page(deps, request, point, day, errors={f"unhold-{hold.id}": wrong.text})
        note(deps, AccessKind.UNHOLD, request, point, (hold.start_ms, hold.end_ms), reason, about=hold.id)
        deps.journal.append(HoldEndRequested(hold_id=hold.id, person=who_of(request).signature, reason=reason))
        return RedirectResponse(f"/footage/{point}?day={day.isoformat()}#holds", 303)
