"""Reading incidents, from whichever role; frozen answers, one short read each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from foundation.sqlite import Row, Transaction, Value, open_read_only
from safety.incident import (
    Incident,
    IncidentEntry,
    IncidentFile,
    IncidentGrade,
    IncidentHappening,
    IncidentKind,
    IncidentSource,
    IncidentStage,
    ReportSort,
    ReportText,
    ReportVersion,
)

_INCIDENT: Final = (
    "SELECT i.id, i.number, i.source, i.title, i.place, i.grade, i.kind, i.stage, i.happened_utc_ns, i.opened_utc_ns, "
    "i.boot_id, i.running_ns, i.quiet, i.called_off, i.phoned_utc_ns, i.phoned_after_ns, i.submitted_utc_ns, "
    "i.submitted_after_ns, i.closed_utc_ns, "
    "(SELECT coalesce(max(e.number), 0) FROM incident_entry e WHERE e.incident_id = i.id AND e.what = 'classified'), "
    "(SELECT coalesce(max(r.version), 0) FROM incident_report r WHERE r.incident_id = i.id) FROM incident i "
)


def open_incidents(path: Path) -> tuple[Incident, ...]:
    """All that are not closed, the oldest first: its deadlines come first. Raises DatabaseError."""
    return _incidents(path, "WHERE i.stage = 'open' ORDER BY i.happened_utc_ns, i.number", ())


def closed_incidents(path: Path, *, limit: int = 200) -> tuple[Incident, ...]:
    """The latest closed ones and false alarms, last closed first. Raises DatabaseError."""
    return _incidents(path, "WHERE i.stage <> 'open' ORDER BY i.closed_utc_ns DESC, i.number DESC LIMIT ?", (limit,))


def incidents_between(path: Path, start_utc_ns: int, end_utc_ns: int) -> tuple[Incident, ...]:
    """Those that happened from `start` (included) to `end` (excluded), by number. Raises DatabaseError."""
    condition = "WHERE i.happened_utc_ns >= ? AND i.happened_utc_ns < ? ORDER BY i.number"
    return _incidents(path, condition, (start_utc_ns, end_utc_ns))


def incident_file(path: Path, incident_id: str) -> IncidentFile | None:
    """Everything about one. Raises DatabaseError."""
    with open_read_only(path) as reader:
        incident = read_incident(reader, incident_id)
        if incident is None:
            return None
        history = _history(reader, incident_id)
        return IncidentFile(incident=incident, history=history, reports=_reports(reader, incident_id, history))


def incidents_version(path: Path) -> str:
    """Changes whenever an incident does. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT count(*) FROM incident_entry")
    return str(row[0]) if row else "0"


def read_incident(reader: Transaction, incident_id: str) -> Incident | None:
    """One inside a transaction."""
    row = reader.row(_INCIDENT + "WHERE i.id = ?", (incident_id,))
    return _incident(row) if row else None


def _incidents(path: Path, condition: str, bindings: Sequence[Value]) -> tuple[Incident, ...]:
    with open_read_only(path) as reader:
        return tuple(_incident(row) for row in reader.rows(_INCIDENT + condition, bindings))


def _incident(row: Row) -> Incident:
    identity, number, source, title, place, grade, kind, stage, happened, opened, boot_id, running_ns = row[:12]
    quiet, called_off, phoned, phoned_after, submitted, submitted_after, closed, classified, version = row[12:]
    return Incident(
        id=identity,
        number=number,
        source=IncidentSource(source),
        title=title,
        place=place,
        grade=IncidentGrade(grade),
        kind=IncidentKind(kind),
        stage=IncidentStage(stage),
        happened_utc_ns=happened,
        opened_utc_ns=opened,
        boot_id=boot_id,
        running_ns=running_ns,
        quiet=bool(quiet),
        called_off=bool(called_off),
        phoned_utc_ns=phoned,
        phoned_after_ns=phoned_after,
        submitted_utc_ns=submitted,
        submitted_after_ns=submitted_after,
        closed_utc_ns=closed,
        classified_entry=classified,
        latest_version=version,
    )


def _history(reader: Transaction, incident_id: str) -> tuple[IncidentEntry, ...]:
    rows = reader.rows(
        "SELECT number, at_utc_ns, said_utc_ns, person, what, words, detail FROM incident_entry "
        "WHERE incident_id = ? ORDER BY number",
        (incident_id,),
    )
    return tuple(
        IncidentEntry(
            number=number,
            at_utc_ns=at_utc_ns,
            said_utc_ns=said_utc_ns,
            person=person,
            what=IncidentHappening(what),
            words=words,
            detail=detail,
        )
        for number, at_utc_ns, said_utc_ns, person, what, words, detail in rows
    )


def _reports(reader: Transaction, incident_id: str, history: Sequence[IncidentEntry]) -> tuple[ReportVersion, ...]:
    handed_in = {entry.detail for entry in history if entry.what is IncidentHappening.SUBMITTED}
    entries = {entry.number: entry for entry in history}
    rows = reader.rows(
        "SELECT version, entry, sort, recipient, course, losses, measures, cause, next_steps, contact "
        "FROM incident_report WHERE incident_id = ? ORDER BY version",
        (incident_id,),
    )
    return tuple(
        ReportVersion(
            version=version,
            entry=entry,
            sort=ReportSort(sort),
            at_utc_ns=entries[entry].at_utc_ns,
            person=entries[entry].person,
            text=ReportText(
                recipient=recipient,
                course=course,
                losses=losses,
                measures=measures,
                cause=cause,
                next_steps=next_steps,
                contact=contact,
            ),
            submitted=str(version) in handed_in,
        )
        for version, entry, sort, recipient, course, losses, measures, cause, next_steps, contact in rows
    )
