"""What a person fills in about an incident, and the ledger's refusals in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

import structlog
from starlette.exceptions import HTTPException

from edge_agent.pages.fault.form import FieldError
from foundation.clock import BEIJING, beijing, utc_ns_of
from foundation.ids import is_id
from foundation.sqlite import DatabaseError
from safety.incident import IncidentGrade, IncidentKind, ReportSort, ReportText
from safety.incident_deadline import Report
from safety.incident_said import IncidentStageError, MeanwhileError, NotYetError, SaidTimeError, UnknownIncidentError
from safety.said import Said, WordsError
from web.language import Catalogue, mark

_log = structlog.get_logger("incidents")

_OVERTAKEN: Final = mark("别人刚处理过，事件已经是另一种状态，没有改动。您写的内容在这里，需要时可以作为记录保存。")
_MEANWHILE: Final = mark("别人刚刚也提交了，您的内容还在下面，没有保存。请先看最新的内容，再决定是否提交。")
_NOT_STORED: Final = mark("没有存上，内容还在下面。请再提交一次；还不行请技术人员看本机硬盘。")
_MISSING: Final = {
    (): mark("还没有定级，不能结案"),
    (Report.PHONE,): mark("还没有登记电话报告，不能结案"),
    (Report.WRITTEN,): mark("书面报告还没有报送，不能结案"),
    (Report.PHONE, Report.WRITTEN): mark("还没有登记电话报告，书面报告也没有报送，不能结案"),
}
_CLOCK: Final = re.compile(r"(?:(\d{4})-(\d{1,2})-(\d{1,2})[ T])?(\d{1,2})[:：](\d{2})(?:[:：](\d{2}))?")
FALLBACK: Final = "words"
"""The field that a refusal about the whole form is shown at."""


class OvertakenError(Exception):
    """The step is no longer there to be taken; the message is for the person."""


def form_id_of(form: Mapping[str, str]) -> str:
    """The id that our own page put into the form. Raises HTTPException."""
    form_id = form.get("form_id", "")
    if not is_id(form_id):
        raise HTTPException(400)
    return form_id


def said_of(form: Mapping[str, str], person: str, now_utc_ns: int, texts: Catalogue) -> Said:
    """Who, when and in which words. Raises FieldError, HTTPException for a form that is not ours."""
    return Said(
        form_id=form_id_of(form),
        person=person,
        words=form.get("words", ""),
        at_utc_ns=time_of(form.get("at", ""), now_utc_ns, texts),
    )


def time_of(text: str, now_utc_ns: int, texts: Catalogue) -> int | None:
    """14:05 is the latest one that is not ahead; 2026-11-21 14:05 is that day's; '' is now. Raises FieldError."""
    text = text.strip()
    if not text:
        return None
    found = _CLOCK.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups())
        if year:
            return utc_ns_of(datetime(year, month, day, hour, minute, second, tzinfo=BEIJING))
        moment = beijing(now_utc_ns).replace(hour=hour, minute=minute, second=second, microsecond=0)
    except (ValueError, OverflowError) as error:
        raise FieldError("at", texts(mark("时间不对，请写成 14:05 或 2026-11-21 14:05"))) from error
    return utc_ns_of(moment if utc_ns_of(moment) <= now_utc_ns else moment - timedelta(days=1))


def grade_of(form: Mapping[str, str], texts: Catalogue) -> IncidentGrade:
    """The grade that was chosen. Raises FieldError."""
    grade = form.get("grade", "")
    if grade not in set(IncidentGrade) or grade == IncidentGrade.UNDECIDED:
        raise FieldError("grade", texts(mark("请选等级")))
    return IncidentGrade(grade)


def kind_of(form: Mapping[str, str], texts: Catalogue) -> IncidentKind:
    """The kind that was chosen. Raises FieldError."""
    kind = form.get("kind", "")
    if kind not in set(IncidentKind) or kind == IncidentKind.UNDECIDED:
        raise FieldError("kind", texts(mark("请选类别")))
    return IncidentKind(kind)


def sort_of(form: Mapping[str, str], texts: Catalogue) -> ReportSort:
    """What the report is. Raises FieldError."""
    sort = form.get("sort", "")
    if sort not in set(ReportSort):
        raise FieldError("sort", texts(mark("请选报告种类")))
    return ReportSort(sort)


def text_of(form: Mapping[str, str]) -> ReportText:
    """The parts of the written report as they were typed."""
    return ReportText(
        recipient=form.get("recipient", ""),
        course=form.get("course", ""),
        losses=form.get("losses", ""),
        measures=form.get("measures", ""),
        cause=form.get("cause", ""),
        next_steps=form.get("next_steps", ""),
        contact=form.get("contact", ""),
    )


def number_of(form: Mapping[str, str], name: str) -> int:
    """A number that our own page put into the form."""
    text = form.get(name, "")
    if not re.fullmatch(r"\d{1,6}", text):
        raise HTTPException(400)
    return int(text)


@contextmanager
def kept_words(texts: Catalogue) -> Iterator[None]:
    """What keeps words from being stored, as FieldErrors: what was typed is shown again, nothing is lost."""
    try:
        yield
    except DatabaseError as error:
        _log.error("what a person wrote could not be stored", error=str(error))
        raise FieldError(FALLBACK, texts(_NOT_STORED)) from error
    except WordsError as wrong:
        raise FieldError(wrong.field, texts(mark("这一项要填，最多 %(n)s 字"), n=wrong.limit)) from wrong


@contextmanager
def incident_words(texts: Catalogue) -> Iterator[None]:
    """The ledger's refusals as pages or as FieldErrors."""
    try:
        with kept_words(texts):
            yield
    except UnknownIncidentError as unknown:
        raise HTTPException(404) from unknown
    except IncidentStageError as wrong:
        raise OvertakenError(texts(_OVERTAKEN)) from wrong
    except MeanwhileError as meanwhile:
        raise FieldError(FALLBACK, texts(_MEANWHILE)) from meanwhile
    except NotYetError as early:
        raise FieldError(FALLBACK, texts(_MISSING[early.missing])) from early
    except SaidTimeError as wrong:
        raise FieldError("at", texts(mark("时间要在事发之后、现在之前"))) from wrong
