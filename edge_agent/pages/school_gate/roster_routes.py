"""The duty roster (值班表) in the office: a week at a glance with its gaps, from a spreadsheet or one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import UploadForm
from edge_agent.pages.record_words import NO_TIME, POSTS, clock_words, day_of, errors_of, minute_of_form
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from edge_agent.pages.upload_mistakes import ShownMistakes, shown_mistakes
from foundation.clock import beijing_day
from gate.hours import DAY_MINUTES, MINUTE_NS, moment_of, read_hours
from gate.record import RecordRefusedError, UnknownRecordError
from gate.roster import (
    Gap,
    NewShift,
    Post,
    days_of,
    read_shifts,
    roster_gaps,
    shift_moments,
    unescorted,
)
from web.document.reading.header import Field
from web.document.reading.mistake import UploadRefused
from web.document.reading.parse import choice, day, text, time_of_day
from web.document.reading.upload import read_upload
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs
from web.page import page, texts_of

ROSTER_PATH: Final = "/gate/roster/import"
_SHOWN_DAYS: Final = 7
_MOST_REPEATS: Final = 62
_POSTS: Final[Mapping[str, Post]] = {
    "保安": Post.GUARD,
    "保安值班": Post.GUARD,
    "门卫": Post.GUARD,
    "值班": Post.GUARD,
    "带班领导": Post.LEADER,
    "带班": Post.LEADER,
    "护学岗": Post.ESCORT,
    "护学": Post.ESCORT,
}
_DAY: Final[Field[date]] = Field(name="日期", parse=day(), aliases=("值班日期",))
_BEGINS: Final[Field[time]] = Field(name="开始", parse=time_of_day(), aliases=("开始时间", "上班"))
_ENDS: Final[Field[time]] = Field(name="结束", parse=time_of_day(), aliases=("结束时间", "下班"))
_POST: Final[Field[Post]] = Field(name="岗位", parse=choice(_POSTS), aliases=("职责",))
_NAME: Final[Field[str]] = Field(name="姓名", parse=text(longest=100), aliases=("值班人", "值班人员"))
_FIELDS: Final[Sequence[Field[Any]]] = (_DAY, _BEGINS, _ENDS, _POST, _NAME)


def read_roster(data: bytes) -> list[NewShift]:
    """The shifts of a spreadsheet. Raises UploadRefused with every mistake."""
    found = []
    for row in read_upload(data, _FIELDS).rows:
        begins, ends = shift_moments(row[_DAY], _minute(row[_BEGINS]), _minute(row[_ENDS]))
        found.append(NewShift(post=row[_POST], name=row[_NAME], begins_utc_ns=begins, ends_utc_ns=ends))
    return found


def roster_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/roster."""
    routes = APIRouter(prefix="/gate/roster", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(
        request: Request,
        first: date,
        values: Mapping[str, str],
        errors: Mapping[str, str],
        mistakes: ShownMistakes | None = None,
    ) -> Response:
        texts, hours = texts_of(request), read_hours(deps.orders.path)
        begins, ends = moment_of(first, 0), moment_of(first + timedelta(days=_SHOWN_DAYS), 0)
        shifts = read_shifts(deps.orders.path, begins, ends)
        week, today = [], beijing_day(deps.clock.utc_ns())
        for ahead in range(_SHOWN_DAYS):
            one = first + timedelta(days=ahead)
            opens, closes = moment_of(one, 0), moment_of(one, DAY_MINUTES)
            # A day gone by that was never planned here is no news.
            quiet = one < today and not any(days_of(item) == one for item in shifts)
            week.append(
                (
                    opens,
                    [
                        (post, [shift for shift in shifts if days_of(shift) == one and shift.post is post])
                        for post in POSTS
                    ],
                    [] if quiet else [_gap_words(gap, opens) for gap in roster_gaps(shifts, Post.GUARD, opens, closes)],
                    []
                    if quiet
                    else [_gap_words(gap, opens) for gap in roster_gaps(shifts, Post.LEADER, opens, closes)],
                    () if quiet else unescorted(shifts, hours, one),
                )
            )
        return page(
            request,
            "school_gate/roster.html",
            status=422 if errors or mistakes else 200,
            week=week,
            first=first,
            before=first - timedelta(days=_SHOWN_DAYS),
            after=first + timedelta(days=_SHOWN_DAYS),
            posts=[(post.value, texts(word)) for post, word in POSTS.items()],
            values=values,
            errors=errors,
            mistakes=mistakes,
        )

    def this_week() -> date:
        today = beijing_day(deps.clock.utc_ns())
        return today - timedelta(days=today.weekday())

    @routes.get("")
    def week(request: Request, first: str = "") -> Response:
        return show(request, day_of({"first": first}, "first") or this_week(), {}, {})

    @routes.post("")
    def plan(request: Request, form: FormTexts) -> Response:
        texts, from_day = texts_of(request), day_of(form, "day")
        begins, ends = minute_of_form(form, "begins"), minute_of_form(form, "ends")
        last = day_of(form, "last") or from_day
        post = form.get("post", "")
        if from_day is None or last is None or begins is None or ends is None:
            return show(request, this_week(), form, {"day": texts(NO_TIME)})
        if post not in set(Post):
            return show(request, this_week(), form, {"post": texts(mark("请选岗位"))})
        if not timedelta() <= last - from_day < timedelta(days=_MOST_REPEATS):
            return show(request, this_week(), form, {"last": texts(mark("最后一天不能早于第一天，一次最多两个月"))})
        days = [from_day + timedelta(days=ahead) for ahead in range((last - from_day).days + 1)]
        spans = [shift_moments(one, begins, ends) for one in days]
        try:
            deps.orders.roster.plan(
                [
                    NewShift(post=Post(post), name=form.get("name", ""), begins_utc_ns=one[0], ends_utc_ns=one[1])
                    for one in spans
                ],
                by=by_of(request),
            )
        except RecordRefusedError as refused:
            return show(request, this_week(), form, errors_of(refused, texts))
        return RedirectResponse(f"/gate/roster?first={from_day - timedelta(days=from_day.weekday())}", 303)

    @routes.post("/import")
    def take_list(request: Request, upload: UploadForm) -> Response:
        texts = texts_of(request)
        try:
            shifts = read_roster(upload.file)
            deps.orders.roster.plan(shifts, by=by_of(request))
        except UploadRefused as refused:
            return show(request, this_week(), {}, {}, shown_mistakes(refused, texts))
        except RecordRefusedError as refused_record:
            return show(request, this_week(), {}, {"file": next(iter(errors_of(refused_record, texts).values()))})
        first = beijing_day(min(one.begins_utc_ns for one in shifts))
        return RedirectResponse(f"/gate/roster?first={first - timedelta(days=first.weekday())}", 303)

    @routes.post("/{shift_id}/off")
    def take_off(request: Request, shift_id: str, form: FormTexts) -> Response:
        try:
            deps.orders.roster.take_off(shift_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        first = day_of(form, "first") or this_week()
        return RedirectResponse(f"/gate/roster?first={first}", 303)

    return routes


def _gap_words(gap: Gap, opens_utc_ns: int) -> str:
    """19:00–24:00, of the day that begins at `opens_utc_ns`."""
    first, last = ((at - opens_utc_ns) // MINUTE_NS for at in (gap.begins_utc_ns, gap.ends_utc_ns))
    return f"{clock_words(first)}–{clock_words(last)}"


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
