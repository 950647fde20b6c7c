"""Evacuation drills as programs read them, at the same addresses as the pages."""

from __future__ import annotations

from datetime import date

from config.every import Every
from edge_agent.pages.drill.evacuation_plan import EvacuationYear, MonthMark
from edge_agent.pages.status.model import StatusModel, UtcNs
from safety.evacuation import Evacuation, EvacuationFile, EvacuationHappening, EvacuationStage, Point, Rating
from safety.evacuation_schedule import Asked


class CarriedOutView(StatusModel):
    """How a drill went."""

    began_utc_ns: UtcNs
    signal: str
    all_out_s: int
    expected: int
    present: int
    missing: str
    roll_call_id: str | None


class EvacuationView(StatusModel):
    """A drill in the list."""

    id: str
    number: int
    stage: EvacuationStage
    kind: str
    night: bool
    responsible: str
    planned_utc_ns: UtcNs
    carried_out: CarriedOutView | None
    evaluated: bool
    photos: int
    filed_utc_ns: UtcNs | None


class MonthView(StatusModel):
    """One of the twelve months."""

    month: int
    mark: MonthMark
    drills: tuple[str, ...]


class NightView(StatusModel):
    """A term and its drill at night."""

    first: date
    last: date
    asked: Asked


class EvacuationYearView(StatusModel):
    """The whole page."""

    year: int
    every: Every
    boarders: bool
    months: tuple[MonthView, ...]
    nights: tuple[NightView, ...]
    drills: tuple[EvacuationView, ...]


class EvacuationMarkView(StatusModel):
    """One point of an evaluation."""

    point: Point
    rating: Rating
    mend: str
    fault_id: str | None


class EvacuationEntryView(StatusModel):
    """An entry of the history."""

    number: int
    at_utc_ns: UtcNs
    person: str
    what: EvacuationHappening
    words: str


class EvacuationFileView(StatusModel):
    """Everything about one drill."""

    drill: EvacuationView
    plan: str
    summary: str | None
    marks: tuple[EvacuationMarkView, ...]
    photos: tuple[str, ...]
    history: tuple[EvacuationEntryView, ...]


def evacuation_view(drill: Evacuation) -> EvacuationView:
    """One row."""
    went = drill.carried
    return EvacuationView(
        id=drill.id,
        number=drill.number,
        stage=drill.stage,
        kind=drill.plan.kind,
        night=drill.plan.night,
        responsible=drill.plan.responsible,
        planned_utc_ns=drill.plan.planned_utc_ns,
        carried_out=None
        if went is None
        else CarriedOutView(
            began_utc_ns=went.began_utc_ns,
            signal=went.signal,
            all_out_s=went.all_out_s,
            expected=went.expected,
            present=went.present,
            missing=went.missing,
            roll_call_id=went.roll_call.id if went.roll_call else None,
        ),
        evaluated=drill.evaluated,
        photos=drill.photos,
        filed_utc_ns=drill.filed_utc_ns,
    )


def year_view(year: EvacuationYear) -> EvacuationYearView:
    """A year whole."""
    return EvacuationYearView(
        year=year.year,
        every=year.order.every,
        boarders=year.order.boarders,
        months=tuple(
            MonthView(month=cell.month, mark=cell.mark, drills=tuple(one.id for one in cell.drills))
            for cell in year.months
        ),
        nights=tuple(NightView(first=one.span.first, last=one.span.last, asked=one.asked) for one in year.nights),
        drills=tuple(map(evacuation_view, year.drills)),
    )


def evacuation_file_view(file: EvacuationFile) -> EvacuationFileView:
    """One whole."""
    evaluation = file.evaluation
    return EvacuationFileView(
        drill=evacuation_view(file.evacuation),
        plan=file.evacuation.plan.text,
        summary=evaluation.summary if evaluation else None,
        marks=tuple(
            EvacuationMarkView(point=one.point, rating=one.rating, mend=one.mend, fault_id=one.fault_id)
            for one in (evaluation.marks if evaluation else ())
        ),
        photos=file.photos,
        history=tuple(
            EvacuationEntryView(
                number=one.number, at_utc_ns=one.at_utc_ns, person=one.person, what=one.what, words=one.words
            )
            for one in file.history
        ),
    )
