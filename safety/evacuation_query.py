"""Reading evacuation drills (应急疏散演练), from whichever role; frozen answers, one short read each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from config.every import Every
from foundation.sqlite import Row, Transaction, Value, open_read_only
from safety.evacuation import (
    CarriedOut,
    Evacuation,
    EvacuationEntry,
    EvacuationFile,
    EvacuationHappening,
    EvacuationOrder,
    EvacuationPlan,
    EvacuationStage,
    Evaluation,
    GateRollCall,
    Mark,
    Point,
    Rating,
)

_MOMENT: Final = "coalesce(e.began_utc_ns, e.planned_utc_ns)"
_EVACUATION: Final = (
    "SELECT e.id, e.number, e.stage, e.kind, e.planned_utc_ns, e.night, e.responsible, e.plan, e.began_utc_ns, "
    "e.signal, e.all_out_s, e.expected, e.present, e.missing, e.call_id, e.call_begun_utc_ns, e.call_expected, "
    "e.call_found, e.call_all_found_s, e.filed_utc_ns, e.filed_by, "
    "EXISTS (SELECT 1 FROM evacuation_mark m WHERE m.evacuation_id = e.id), "
    "(SELECT count(*) FROM evacuation_photo p WHERE p.evacuation_id = e.id) FROM evacuation e "
)


def evacuations_between(path: Path, start_utc_ns: int, end_utc_ns: int) -> tuple[Evacuation, ...]:
    """Those held, or else planned, from `start` (included) to `end` (excluded), oldest first. Raises DatabaseError."""
    condition = f"WHERE {_MOMENT} >= ? AND {_MOMENT} < ? ORDER BY {_MOMENT}, e.number"
    return _evacuations(path, condition, (start_utc_ns, end_utc_ns))


def recent_evacuations(path: Path, *, limit: int) -> tuple[Evacuation, ...]:
    """The latest, newest first; what is planned ahead comes before. Raises DatabaseError."""
    return _evacuations(path, f"ORDER BY {_MOMENT} DESC, e.number DESC LIMIT ?", (limit,))


def evacuation_file(path: Path, evacuation_id: str) -> EvacuationFile | None:
    """Everything about one. Raises DatabaseError."""
    with open_read_only(path) as reader:
        evacuation = read_evacuation(reader, evacuation_id)
        if evacuation is None:
            return None
        rows = reader.rows(
            "SELECT sha256 FROM evacuation_photo WHERE evacuation_id = ? ORDER BY entry", (evacuation_id,)
        )
        return EvacuationFile(
            evacuation=evacuation,
            history=_history(reader, evacuation_id),
            evaluation=read_evaluation(reader, evacuation_id),
            photos=tuple(sha256 for (sha256,) in rows),
        )


def evacuation_photo_belongs(path: Path, sha256: str) -> bool:
    """Whether a photo is one of a drill. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return reader.row("SELECT 1 FROM evacuation_photo WHERE sha256 = ?", (sha256,)) is not None


def evacuation_order(path: Path) -> EvacuationOrder | None:
    """What the school laid down last; None while the settings hold. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row(
            "SELECT every, boarders, kinds, person, why, at_utc_ns FROM evacuation_order ORDER BY number DESC LIMIT 1"
        )
    if row is None:
        return None
    every, boarders, kinds, person, why, at_utc_ns = row
    return EvacuationOrder(
        every=Every(every),
        boarders=bool(boarders),
        kinds=tuple(kinds.split("\n")),
        person=person,
        why=why,
        at_utc_ns=at_utc_ns,
    )


def evacuations_kept_since(path: Path) -> int:
    """When the file was begun, in UTC nanoseconds. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT since_utc_ns FROM evacuation_kept")
    assert row is not None  # written before the first page is served
    return int(row[0])


def evacuations_version(path: Path) -> str:
    """Changes whenever a drill or the order does. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT (SELECT count(*) FROM evacuation_entry), (SELECT count(*) FROM evacuation_order)")
    return "-".join(map(str, row or ()))


def read_evacuation(reader: Transaction, evacuation_id: str) -> Evacuation | None:
    """One inside a transaction."""
    row = reader.row(_EVACUATION + "WHERE e.id = ?", (evacuation_id,))
    return _evacuation(row) if row else None


def read_evaluation(reader: Transaction, evacuation_id: str) -> Evaluation | None:
    """The evaluation that counts, inside a transaction."""
    said = reader.row(
        "SELECT number, at_utc_ns, person, words FROM evacuation_entry WHERE evacuation_id = ? AND what = 'evaluated' "
        "ORDER BY number DESC LIMIT 1",
        (evacuation_id,),
    )
    if said is None:
        return None
    entry, at_utc_ns, person, summary = said
    rows = reader.rows(
        "SELECT m.point, m.rating, m.mend, m.fault_id, f.number FROM evacuation_mark m "
        "LEFT JOIN fault f ON f.id = m.fault_id WHERE m.evacuation_id = ? AND m.entry = ?",
        (evacuation_id, entry),
    )
    marks = {
        point: Mark(point=Point(point), rating=Rating(rating), mend=mend, fault_id=fault_id, fault_number=number)
        for point, rating, mend, fault_id, number in rows
    }
    return Evaluation(
        entry=entry,
        at_utc_ns=at_utc_ns,
        person=person,
        summary=summary,
        marks=tuple(marks[point] for point in Point if point in marks),
    )


def _evacuations(path: Path, condition: str, bindings: Sequence[Value]) -> tuple[Evacuation, ...]:
    with open_read_only(path) as reader:
        return tuple(_evacuation(row) for row in reader.rows(_EVACUATION + condition, bindings))


def _evacuation(row: Row) -> Evacuation:
    identity, number, stage, kind, planned, night, responsible, plan, began, signal, all_out_s, expected = row[:12]
    present, missing, call_id, call_begun, call_expected, call_found, call_all_s, filed, filed_by = row[12:21]
    evaluated, photos = row[21:]
    call = (
        GateRollCall(
            id=call_id, begun_utc_ns=call_begun, expected=call_expected, found=call_found, all_found_s=call_all_s
        )
        if call_id is not None
        else None
    )
    return Evacuation(
        id=identity,
        number=number,
        stage=EvacuationStage(stage),
        plan=EvacuationPlan(kind=kind, planned_utc_ns=planned, night=bool(night), responsible=responsible, text=plan),
        carried=None
        if began is None
        else CarriedOut(
            began_utc_ns=began,
            signal=signal,
            all_out_s=all_out_s,
            expected=expected,
            present=present,
            missing=missing,
            roll_call=call,
        ),
        evaluated=bool(evaluated),
        photos=photos,
        filed_utc_ns=filed,
        filed_by=filed_by,
    )


def _history(reader: Transaction, evacuation_id: str) -> tuple[EvacuationEntry, ...]:
    rows = reader.rows(
        "SELECT number, at_utc_ns, person, what, words, detail FROM evacuation_entry WHERE evacuation_id = ? "
        "ORDER BY number",
        (evacuation_id,),
    )
    return tuple(
        EvacuationEntry(
            number=number,
            at_utc_ns=at_utc_ns,
            person=person,
            what=EvacuationHappening(what),
            words=words,
            detail=detail,
        )
        for number, at_utc_ns, person, what, words, detail in rows
    )
