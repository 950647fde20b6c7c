"""Reading the fault ledger, from whichever role; frozen answers, one short read each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.sqlite import Row, Transaction, Value, open_read_only
from safety.fault import Fault, FaultEntry, FaultFile, FaultFinding, Happening, Notice, Source
from safety.grade import Grade, Stage, is_overdue, urgency
from safety.look import Look, looks, missed
from safety.rule import Merge, Rule

_FAULT: Final = (
    "SELECT f.id, f.number, f.source, f.kind, f.subject, f.title, f.place, f.grade, f.stage, f.owner, f.opened_utc_ns, "
    "f.due_utc_ns, f.rounds, f.repaired_utc_ns, f.rechecked_utc_ns, f.closed_utc_ns, "
    "(SELECT count(*) FROM fault_finding w WHERE w.fault_id = f.id AND w.cleared_utc_ns IS NULL) FROM fault f "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerRow:
    """A fault in the list, with what a person must know at once."""

    fault: Fault
    overdue: bool
    missed_looks: int
    """Of the latest 14 days; 0 where none are due."""
    look_due: bool
    """A look at it is due now and not signed yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCounts:
    """The ledger in figures, for the status page."""

    unmended: int = 0
    major: int = 0
    """Of the unmended ones."""
    overdue: int = 0
    waiting_to_close: int = 0
    """Mended, re-checked, waiting for their owner (待销账)."""
    looks_due: int = 0


def open_faults(path: Path, now_utc_ns: int) -> tuple[LedgerRow, ...]:
    """All that are not closed: overdue and major ones first. Raises DatabaseError."""
    return _rows(path, "WHERE f.stage <> 'closed'", (), now_utc_ns)


def closed_faults(path: Path, now_utc_ns: int, *, limit: int = 200) -> tuple[LedgerRow, ...]:
    """The latest closed ones, last closed first. Raises DatabaseError."""
    found = _rows(path, "WHERE f.stage = 'closed' ORDER BY f.closed_utc_ns DESC LIMIT ?", (limit,), now_utc_ns)
    return tuple(sorted(found, key=lambda row: -(row.fault.closed_utc_ns or 0)))


def faults_between(path: Path, start_utc_ns: int, end_utc_ns: int) -> tuple[Fault, ...]:
    """Faults found from `start` (included) to `end` (excluded), in the order of their numbers. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            _FAULT + "WHERE f.opened_utc_ns >= ? AND f.opened_utc_ns < ? ORDER BY f.number", (start_utc_ns, end_utc_ns)
        )
    return tuple(_fault(row) for row in rows)


def fault_file(path: Path, fault_id: str) -> FaultFile | None:
    """Everything about one fault. Raises DatabaseError."""
    with open_read_only(path) as reader:
        fault = read_fault(reader, fault_id)
        if fault is None:
            return None
        findings = reader.rows(
            "SELECT finding_id, role, subject, kind, severity, since_utc_ns, cleared_utc_ns FROM fault_finding "
            "WHERE fault_id = ? ORDER BY since_utc_ns, finding_id",
            (fault_id,),
        )
        photos = reader.rows("SELECT sha256 FROM photo WHERE fault_id = ? ORDER BY entry", (fault_id,))
        notice = reader.row(
            "SELECT command_id, number, text, sent_by, received_utc_ns, answered_utc_ns FROM notice WHERE fault_id = ?",
            (fault_id,),
        )
        return FaultFile(
            fault=fault,
            history=read_history(reader, fault_id),
            findings=tuple(_finding(row) for row in findings),
            photos=tuple(row[0] for row in photos),
            notice=_notice(notice) if notice else None,
        )


def fault_of(path: Path, finding_id: str) -> str | None:
    """Id of the fault that a finding belongs to; None until the ledger has heard of it. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT fault_id FROM fault_finding WHERE finding_id = ?", (finding_id,))
    return None if row is None else str(row[0])


def fault_looks(path: Path, fault_id: str, now_utc_ns: int) -> tuple[Look, ...]:
    """Looks at a fault that were due lately, newest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return looks(read_history(reader, fault_id), now_utc_ns)


def ledger_counts(path: Path, now_utc_ns: int) -> LedgerCounts:
    """The ledger in figures. Raises DatabaseError."""
    rows = open_faults(path, now_utc_ns)
    unmended = [row for row in rows if not row.fault.stage.mended]
    return LedgerCounts(
        unmended=len(unmended),
        major=sum(row.fault.grade is Grade.MAJOR for row in unmended),
        overdue=sum(row.overdue for row in rows),
        waiting_to_close=len(rows) - len(unmended),
        looks_due=sum(row.look_due for row in rows),
    )


def ledger_version(path: Path) -> str:
    """Changes whenever the ledger does. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT count(*), coalesce(max(at_utc_ns), 0) FROM fault_entry")
    return "-".join(map(str, row or ()))


def rules(path: Path) -> tuple[tuple[Rule, str], ...]:
    """The rules, each with who edited it ('' for ours). Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT kind, grade, owner, due_h, closes_itself, reopen_h, merge, edited_by FROM rule ORDER BY kind"
        )
    return tuple(
        (
            Rule(
                kind=kind,
                grade=Grade(grade),
                owner=owner,
                due_h=due_h,
                closes_itself=bool(closes_itself),
                reopen_h=reopen_h,
                merge=Merge(merge),
            ),
            edited_by,
        )
        for kind, grade, owner, due_h, closes_itself, reopen_h, merge, edited_by in rows
    )


def photo_belongs(path: Path, sha256: str) -> bool:
    """Whether a photo of this hash is in the ledger. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return reader.row("SELECT 1 FROM photo WHERE sha256 = ?", (sha256,)) is not None


def read_fault(reader: Transaction, fault_id: str) -> Fault | None:
    """One fault inside a transaction."""
    row = reader.row(_FAULT + "WHERE f.id = ?", (fault_id,))
    return _fault(row) if row else None


def read_history(reader: Transaction, fault_id: str) -> tuple[FaultEntry, ...]:
    """A fault's history inside a transaction, oldest first."""
    rows = reader.rows(
        "SELECT number, at_utc_ns, person, what, words, detail FROM fault_entry WHERE fault_id = ? ORDER BY number",
        (fault_id,),
    )
    return tuple(
        FaultEntry(number=number, at_utc_ns=at_utc_ns, person=person, what=Happening(what), words=words, detail=detail)
        for number, at_utc_ns, person, what, words, detail in rows
    )


def _rows(path: Path, condition: str, bindings: Sequence[Value], now_utc_ns: int) -> tuple[LedgerRow, ...]:
    with open_read_only(path) as reader:
        faults = [_fault(row) for row in reader.rows(_FAULT + condition, bindings)]
        found = [_ledger_row(reader, fault, now_utc_ns) for fault in faults]
    return tuple(
        sorted(
            found,
            key=lambda row: urgency(row.fault.grade, row.fault.stage, row.fault.due_utc_ns, now_utc_ns),
        )
    )


def _ledger_row(reader: Transaction, fault: Fault, now_utc_ns: int) -> LedgerRow:
    overdue = is_overdue(fault.stage, fault.due_utc_ns, now_utc_ns)
    if fault.grade is not Grade.MAJOR or fault.stage is Stage.CLOSED:
        return LedgerRow(fault=fault, overdue=overdue, missed_looks=0, look_due=False)
    history = read_history(reader, fault.id)
    due = any(look.done == "due" for look in looks(history, now_utc_ns, days=1))
    return LedgerRow(fault=fault, overdue=overdue, missed_looks=missed(history, now_utc_ns), look_due=due)


def _fault(row: Row) -> Fault:
    identity, number, source, kind, subject, title, place, grade, stage, owner = row[:10]
    opened_utc_ns, due_utc_ns, rounds, repaired, rechecked, closed, measured_wrong = row[10:]
    return Fault(
        id=identity,
        number=number,
        source=Source(source),
        kind=kind,
        subject=subject,
        title=title,
        place=place,
        grade=Grade(grade),
        stage=Stage(stage),
        owner=owner,
        opened_utc_ns=opened_utc_ns,
        due_utc_ns=due_utc_ns,
        rounds=rounds,
        repaired_utc_ns=repaired,
        rechecked_utc_ns=rechecked,
        closed_utc_ns=closed,
        measured_wrong=measured_wrong,
    )


def _finding(row: Row) -> FaultFinding:
    identity, role, subject, kind, severity, since_utc_ns, cleared_utc_ns = row
    return FaultFinding(
        id=identity,
        role=role,
        subject=subject,
        kind=kind,
        severity=severity,
        since_utc_ns=since_utc_ns,
        cleared_utc_ns=cleared_utc_ns,
    )


def _notice(row: Row) -> Notice:
    command_id, number, text, sent_by, received_utc_ns, answered_utc_ns = row
    return Notice(
        id=command_id,
        number=number,
        text=text,
        sent_by=sent_by,
        received_utc_ns=received_utc_ns,
        answered_utc_ns=answered_utc_ns,
    )
