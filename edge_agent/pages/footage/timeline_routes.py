"""The timeline of a point's day as data (时间轴数据): what the day's page draws, for programs. It shows no picture."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict

from edge_agent.pages.footage.deps import NO_CATALOGUE, FootageDeps, day_of_text
from foundation.finding import Finding
from foundation.sqlite import DatabaseError
from storage.days import NS_PER_MS, day_of, day_span_ms
from storage.timeline import timeline
from web.problem import PageProblem


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True)


class SpanData(_Data):
    """A stretch, UTC milliseconds; `cause` says why a gap is one."""

    start_ms: int
    end_ms: int
    cause: str = ""


class HoldData(SpanData):
    """A stretch that somebody wants kept (录像保全)."""

    id: str
    reason: str
    person: str
    until_ms: int | None


class AlarmMark(_Data):
    """An alarm of that day."""

    id: str
    at_ms: int
    input: str
    drill: bool


class TimelineData(SpanData):
    """A point's Beijing day: footage and gaps together make up what was due of it."""

    point: str
    name: str
    footage: tuple[SpanData, ...]
    gaps: tuple[SpanData, ...]
    holds: tuple[HoldData, ...]
    alarms: tuple[AlarmMark, ...]
    findings: tuple[Finding, ...]


def timeline_routes(routes: APIRouter, deps: FootageDeps) -> None:
    """/footage/POINT/timeline?day=2026-11-20, today without a day."""

    @routes.get("/{point}/timeline")
    def data(request: Request, point: str, day: str = "") -> TimelineData:
        now_ms = deps.now_ms()
        start_ms, end_ms = day_span_ms(day_of_text(day, day_of(now_ms)))
        span_ns = (start_ms * NS_PER_MS, end_ms * NS_PER_MS)
        try:
            name = deps.name(point)
            found = timeline(deps.catalogue, point, start_ms, end_ms, now_ms)
            alarms, findings = deps.alarms(*span_ns), deps.findings(point, *span_ns)
        except DatabaseError as error:
            raise PageProblem(503, NO_CATALOGUE) from error
        return TimelineData(
            point=point,
            name=name,
            start_ms=start_ms,
            end_ms=end_ms,
            footage=tuple(SpanData(start_ms=span.start_ms, end_ms=span.end_ms) for span in found.footage),
            gaps=tuple(SpanData(start_ms=gap.start_ms, end_ms=gap.end_ms, cause=gap.cause) for gap in found.gaps),
            holds=tuple(
                HoldData(
                    id=hold.id,
                    start_ms=hold.start_ms,
                    end_ms=hold.end_ms,
                    reason=hold.reason,
                    person=hold.person,
                    until_ms=hold.until_ms,
                )
                for hold in found.holds
            ),
            alarms=tuple(
                AlarmMark(
                    id=alarm.id,
                    at_ms=alarm.pressed_utc_ns // NS_PER_MS,
                    input=alarm.input_name,
                    drill=alarm.drill_id is not None,
                )
                for alarm in alarms
            ),
            findings=tuple(findings),
        )
