"""Incidents as programs read them, at the same addresses as the pages."""

from __future__ import annotations

from collections.abc import Sequence

from edge_agent.pages.incident.words import IncidentWords
from edge_agent.pages.status.model import StatusModel, UtcNs
from foundation.clock import NS_PER_S
from safety.incident import (
    Incident,
    IncidentFile,
    IncidentGrade,
    IncidentKind,
    IncidentSource,
    IncidentStage,
    ReportSort,
)
from safety.incident_deadline import Deadline, Report, Timeliness


class DeadlineView(StatusModel):
    """One of the two deadlines (1 小时、2 小时)."""

    report: Report
    timeliness: Timeliness
    due_utc_ns: UtcNs
    left_s: int
    """Negative when it is over."""


class IncidentView(StatusModel):
    """An incident in the list."""

    id: str
    number: int
    source: IncidentSource
    title: str
    place: str
    grade: IncidentGrade
    kind: IncidentKind
    stage: IncidentStage
    called_off: bool
    happened_utc_ns: UtcNs
    opened_utc_ns: UtcNs
    phoned_utc_ns: UtcNs | None
    submitted_utc_ns: UtcNs | None
    closed_utc_ns: UtcNs | None
    deadlines: tuple[DeadlineView, ...]


class TimelineView(StatusModel):
    """An entry of the timeline, in the reader's language."""

    number: int
    said_utc_ns: UtcNs
    what: str
    who: str
    detail: str
    words: str


class VersionView(StatusModel):
    """A version of the written report."""

    version: int
    sort: ReportSort
    at_utc_ns: UtcNs
    person: str
    submitted: bool


class IncidentFileView(StatusModel):
    """Everything about one incident."""

    incident: IncidentView
    timeline: tuple[TimelineView, ...]
    reports: tuple[VersionView, ...]


def incident_view(incident: Incident, both: Sequence[Deadline]) -> IncidentView:
    """One row."""
    return IncidentView(
        id=incident.id,
        number=incident.number,
        source=incident.source,
        title=incident.title,
        place=incident.place,
        grade=incident.grade,
        kind=incident.kind,
        stage=incident.stage,
        called_off=incident.called_off,
        happened_utc_ns=incident.happened_utc_ns,
        opened_utc_ns=incident.opened_utc_ns,
        phoned_utc_ns=incident.phoned_utc_ns,
        submitted_utc_ns=incident.submitted_utc_ns,
        closed_utc_ns=incident.closed_utc_ns,
        deadlines=tuple(
            DeadlineView(
                report=one.report,
                timeliness=one.timeliness,
                due_utc_ns=one.due_utc_ns,
                left_s=one.left_ns // NS_PER_S,
            )
            for one in both
        ),
    )


def file_view(file: IncidentFile, both: Sequence[Deadline], say: IncidentWords) -> IncidentFileView:
    """One whole."""
    return IncidentFileView(
        incident=incident_view(file.incident, both),
        timeline=tuple(
            TimelineView(
                number=line.number,
                said_utc_ns=line.said_utc_ns,
                what=line.what,
                who=line.who,
                detail=line.detail,
                words=line.words,
            )
            for line in say.timeline(file.history)
        ),
        reports=tuple(
            VersionView(
                version=one.version, sort=one.sort, at_utc_ns=one.at_utc_ns, person=one.person, submitted=one.submitted
            )
            for one in file.reports
        ),
    )
