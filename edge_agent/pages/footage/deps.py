"""What the footage pages share: what they are made of, who is looking, and what the person typed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.exceptions import HTTPException

from alarms.record import AlarmRecord
from config.volume import Volume
from edge_agent.access_log import AccessKind, AccessLog, Who
from edge_agent.exports import ExportDesk
from edge_agent.pages.fault.form import FieldError
from foundation.clock import Clock
from foundation.finding import Finding
from foundation.journal import Journal
from storage.days import DAY_MS, NS_PER_MS, day_span_ms
from storage.forecast import VolumeForecast
from storage.mounted import Mounted
from web.language import Catalogue, mark
from web.login import person_of
from web.people import PeopleBook
from web.problem import PageProblem, Words

REASON_LENGTH: Final = 200
_TIME: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")
_WHO: Final = Words(mark("看录像要先登录"), mark("每次查看都要记下是谁、为什么。请用自己的账号登录。"))
NO_CATALOGUE: Final = Words(mark("录像目录读不出来"), mark("请稍后再试；仍不行时请技术员检查硬盘。报警不受影响。"))
NOT_NOTED: Final = Words(
    mark("查看记录写不进去，所以没有放录像"), mark("多半是系统盘满或坏，请技术员马上看。报警不受影响。")
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FootageDeps:
    """What the footage pages are made of; every callable is asked from worker threads."""

    clock: Clock
    points: Callable[[], Mapping[str, str]]
    """Ids and names of all points that have or had footage, those of the settings first. Raises DatabaseError."""
    catalogue: Path
    volumes: Callable[[], Sequence[Mounted]]
    """Raises DatabaseError."""
    alarms: Callable[[int, int], Sequence[AlarmRecord]]
    """Alarms between two moments (UTC ns). Raises DatabaseError."""
    findings: Callable[[str, int, int], Sequence[Finding]]
    """What was found about a point or its device between two moments (UTC ns). Raises DatabaseError."""
    log: AccessLog
    desk: ExportDesk
    journal: Journal
    """The office's own: what it asks of the recorder."""
    disks: Sequence[Volume]
    """Volumes of the settings."""
    forecasts: Callable[[], Sequence[VolumeForecast]]
    """Raises DatabaseError."""
    people: PeopleBook
    """To know the second person of a choice that takes two."""

    def now_ms(self) -> int:
        """The present."""
        return self.clock.utc_ns() // NS_PER_MS

    def name(self, point: str) -> str:
        """A point's name. Raises HTTPException 404 if there was never such a point, DatabaseError."""
        found = self.points().get(point)
        if found is None:
            raise HTTPException(404)
        return found

    def looked(self, *, person: str, point: str, at_utc_ns: int, reason: str) -> None:
        """Write a still down (edge_agent.pages.picture.still_routes.Looked). Raises PageProblem, DatabaseError."""
        if not person:
            raise PageProblem(401, _WHO)
        at_ms = at_utc_ns // NS_PER_MS
        self.log.note(AccessKind.STILL, Who(person, person), [point], (at_ms, at_ms), reason)


def who_of(request: Request) -> Who:
    """Who is looking: a look without a person is none. Raises PageProblem."""
    person = person_of(request)
    if person is None:
        raise PageProblem(401, _WHO)
    return Who(person.login, person.name)


def reason_of(form: Mapping[str, str], texts: Catalogue) -> str:
    """Why somebody looks. Raises FieldError."""
    reason = " ".join(form.get("reason", "").split())
    if not reason:
        raise FieldError("reason", texts(mark("请写明为什么查看")))
    if len(reason) > REASON_LENGTH or not reason.isprintable():
        raise FieldError("reason", texts(mark("请写短一些，最多 %(n)s 字"), n=REASON_LENGTH))
    return reason


def day_of_text(text: str, today: date) -> date:
    """The day that an address names; today where it names none or one to come. Raises HTTPException 404."""
    if not text:
        return today
    try:
        return min(date.fromisoformat(text), today)
    except ValueError as error:
        raise HTTPException(404) from error


def span_of(form: Mapping[str, str], texts: Catalogue, *, longest_ms: int = DAY_MS) -> tuple[int, int]:
    """From and to, each as 2026-11-20T07:41:20 or, where the form names the day, as 07:41:20. Raises FieldError.

    24:00 is not known to a field of a browser: 00:00 as the end is the end of the day.
    """
    start_ms, end_ms = (_moment_ms(form, name, texts) for name in ("from", "to"))
    if form.get("day") and end_ms <= start_ms and form.get("to", "")[:5] == "00:00":
        end_ms += DAY_MS
    if end_ms <= start_ms:
        raise FieldError("to", texts(mark("结束时间要晚于开始时间")))
    if end_ms - start_ms > longest_ms:
        raise FieldError("to", texts(mark("一次最多 24 小时，请缩短时段")))
    return start_ms, end_ms


def _moment_ms(form: Mapping[str, str], name: str, texts: Catalogue) -> int:
    wrong = texts(mark("请写成 07:41:20 这样的时间"))
    day_text, time_text = form.get("day", ""), form.get(name, "").strip()
    if not day_text:
        day_text, _, time_text = time_text.replace(" ", "T").partition("T")
    found = _TIME.fullmatch(time_text)
    try:
        start_ms, _ = day_span_ms(date.fromisoformat(day_text))
    except (ValueError, OverflowError) as error:
        raise FieldError(name, wrong) from error
    if found is None:
        raise FieldError(name, wrong)
    hour, minute, second = (int(part or 0) for part in found.groups())
    return start_ms + ((hour * 60 + minute) * 60 + second) * 1000


def until_of(form: Mapping[str, str], texts: Catalogue, today: date) -> int | None:
    """Last moment of the day until which footage is held; None for 'until somebody ends it'. Raises FieldError."""
    text = form.get("until", "")
    if not text:
        return None
    try:
        until = date.fromisoformat(text)
        if until < today:
            raise FieldError("until", texts(mark("保全到期日不能早于今天")))
        return day_span_ms(until + timedelta(days=1))[0] - 1
    except (ValueError, OverflowError) as error:
        raise FieldError("until", texts(mark("日期不对，请写成 2026-12-05"))) from error
