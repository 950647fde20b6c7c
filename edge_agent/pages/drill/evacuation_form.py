"""What a person fills in about an evacuation drill (应急疏散演练), and the ledger's refusals in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Final

from starlette.exceptions import HTTPException

from edge_agent.pages.fault.form import FieldError, due_of
from edge_agent.pages.incident.form import OvertakenError, form_id_of, kept_words
from foundation.clock import BEIJING, beijing, utc_ns_of
from safety.evacuation import CarriedOut, EvacuationPlan, GateRollCall, Mark, Point, Rating
from safety.evacuation_said import (
    MOST_PHOTOS,
    EvacuationFieldError,
    EvacuationStageError,
    UnknownEvacuationError,
    Wrong,
)
from safety.said import Said
from web.language import Catalogue, mark

_OVERTAKEN: Final = mark("别人刚处理过，这次演练已经是另一种状态，没有改动。您写的还在下面，需要时可以存为记录。")
_WRONG: Final = {
    Wrong.FUTURE: mark("演练还没有到这个时间。请写实际的时间和用时，不能晚于现在。"),
    Wrong.TOO_FAR: mark("离今天超过一年，请看年份有没有写错"),
    Wrong.NO_NUMBER: mark("请写一个大于零、合乎实际的整数"),
    Wrong.MORE_THAN_EXPECTED: mark("实到不能多于应到；应到少写了请改应到"),
    Wrong.NAMES: mark("有人未到，请写下是谁"),
    Wrong.NO_ONE_MISSING: mark("应到和实到一样多，请清空未到人员或改实到"),
    Wrong.NOT_RATED: mark("这一项还没有评价"),
    Wrong.NOT_EVALUATED: mark("还没有总结和评估，不能归档"),
    Wrong.NO_PHOTO: mark("还没有照片。请先加照片；确实没有，请写明原因再归档"),
    Wrong.TOO_MANY: mark("太多了，照片最多 %(photos)s 张，种类最多 20 种"),
    Wrong.NOTHING_TO_MEND: mark("这一项没有要整改的问题，或已经转入隐患台账"),
    Wrong.PAST: mark("整改期限要在今天或以后"),
}
_TIME: Final = re.compile(r"(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")


def said_by(form: Mapping[str, str], person: str) -> Said:
    """Who and in which words. Raises HTTPException for a form that is not ours."""
    return Said(form_id=form_id_of(form), person=person, words=form.get("words", ""))


def plan_of(form: Mapping[str, str], texts: Catalogue) -> EvacuationPlan:
    """The plan as it was typed. Raises FieldError."""
    if form.get("night") not in ("day", "night"):
        raise FieldError("night", texts(mark("请选白天还是夜间")))
    return EvacuationPlan(
        kind=form.get("other", "").strip() or form.get("kind", ""),
        planned_utc_ns=_moment(form, "planned", texts),
        night=form["night"] == "night",
        responsible=form.get("responsible", ""),
        text=form.get("text", ""),
    )


def plan_values(plan: EvacuationPlan) -> dict[str, str]:
    """A plan to go on from, without its day."""
    return {
        "kind": plan.kind,
        "planned_time": beijing(plan.planned_utc_ns).strftime("%H:%M"),
        "night": "night" if plan.night else "day",
        "responsible": plan.responsible,
        "text": plan.text,
    }


def carried_of(form: Mapping[str, str], roll_calls: Sequence[GateRollCall], texts: Catalogue) -> CarriedOut:
    """What happened, as it was typed; counts that were left empty are the roll call's. Raises FieldError."""
    call = next((one for one in roll_calls if one.id == form.get("roll_call")), None)
    if form.get("roll_call") and call is None:
        raise FieldError("roll_call", texts(mark("这次点名已不在门卫登记簿里，请重新选")))
    minutes, seconds = _count(form, "all_out_min", texts, empty=0), _count(form, "all_out_s", texts, empty=0)
    return CarriedOut(
        began_utc_ns=_moment(form, "began", texts),
        signal=form.get("signal", ""),
        all_out_s=minutes * 60 + seconds,
        expected=_count(form, "expected", texts, empty=call.expected if call else None),
        present=_count(form, "present", texts, empty=call.found if call else None),
        missing=form.get("missing", ""),
        roll_call=call,
    )


def marks_of(form: Mapping[str, str]) -> tuple[Mark, ...]:
    """The points that were rated."""
    return tuple(
        Mark(point=point, rating=Rating(form[f"rating-{point}"]), mend=form.get(f"mend-{point}", ""))
        for point in Point
        if form.get(f"rating-{point}") in set(Rating)
    )


def mend_of(form: Mapping[str, str], texts: Catalogue) -> tuple[Point, int]:
    """Which point is mended until when. Raises FieldError, HTTPException."""
    if form.get("point") not in set(Point):
        raise HTTPException(400)
    due = due_of(form.get("due", ""), texts)
    if due is None:
        raise FieldError("due", texts(mark("请选整改期限")))
    return Point(form["point"]), due


def _moment(form: Mapping[str, str], name: str, texts: Catalogue) -> int:
    found = _TIME.fullmatch(form.get(f"{name}_time", "").strip())
    try:
        day = date.fromisoformat(form.get(f"{name}_day", "").strip())
        if found is None:
            raise ValueError(name)
        hour, minute, second = (int(part or 0) for part in found.groups())
        return utc_ns_of(datetime.combine(day, time(hour, minute, second), tzinfo=BEIJING))
    except (ValueError, OverflowError) as error:
        raise FieldError(name, texts(mark("请选日期，时间写成 14:05"))) from error


def _count(form: Mapping[str, str], name: str, texts: Catalogue, *, empty: int | None) -> int:
    text = form.get(name, "").strip()
    if not text and empty is not None:
        return empty
    if not (text.isascii() and text.isdecimal() and len(text) < 7):
        field = "all_out" if name.startswith("all_out") else name
        raise FieldError(field, texts(_WRONG[Wrong.NO_NUMBER]))
    return int(text)


@contextmanager
def evacuation_refusals(texts: Catalogue) -> Iterator[None]:
    """The ledger's refusals as pages or as FieldErrors."""
    try:
        with kept_words(texts):
            yield
    except UnknownEvacuationError as unknown:
        raise HTTPException(404) from unknown
    except EvacuationStageError as wrong:
        raise OvertakenError(texts(_OVERTAKEN)) from wrong
    except EvacuationFieldError as wrong:
        raise FieldError(wrong.field, texts(_WRONG[wrong.wrong], photos=MOST_PHOTOS)) from wrong
