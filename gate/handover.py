"""Shift handover (交接班): both sign, and what is open goes with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.record_keys import keys_file, open_keys
from foundation.sqlite import Row, open_read_only
from gate.duty import Duty, DutyBook
from gate.record import RecordBook, person_of, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble

_NOTE_LIMIT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMatters:
    """What the one who takes over must know (未了事项)."""

    inside: int = 0
    """Visitors on the campus."""
    overstayed: int = 0
    faults: int = 0
    lines: tuple[str, ...] = ()
    """One sentence each, by badge number rather than by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Somebody who signed with their PIN."""

    person_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """A handover as it stands in the book."""

    id: str
    station_id: str
    from_name: str
    """Empty if nobody was signed on."""
    from_signed: bool
    to_name: str
    at_utc_ns: int
    inside: int
    overstayed: int
    faults: int
    lines: tuple[str, ...]
    note: str


class HandoverBook:
    """Writes handovers; part of gate.sqlite. The one who takes over is on duty in the same transaction."""

    def __init__(self, records: RecordBook, duty: DutyBook) -> None:
        self._records = records
        self._duty = duty

    def on_duty(self, station_id: str) -> Duty | None:
        """Who stands at a screen and would hand over. Raises DatabaseError."""
        return self._duty.on_duty(station_id)

    def hand_over(
        self, *, handover_id: str, station_id: str, from_signed: bool, to: Signer, matters: OpenMatters, note: str
    ) -> None:
        """From whoever stands at this screen to `to`. The same id again changes nothing.

        Raises RecordRefusedError, DatabaseError.
        """
        note = tidy_text(note)
        refuse({"note": Trouble.TOO_LONG} if len(note) > _NOTE_LIMIT else {})
        now = self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM handover WHERE id = ?", (handover_id,)):
                return
            before: Duty | None = self._duty.on_duty_in(transaction, station_id)
            if before is not None and before.person_id == to.person_id:
                refuse({"to": Trouble.WRONG_FORM})
            transaction.execute(
                "INSERT INTO handover (id, station_id, from_person, from_name, from_signed, to_person, to_name, "
                "at_utc_ns, inside, overstayed, faults) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    handover_id,
                    station_id,
                    before.person_id if before else None,
                    before.name if before else "",
                    int(from_signed and before is not None),
                    to.person_id,
                    to.name,
                    now,
                    matters.inside,
                    matters.overstayed,
                    matters.faults,
                ),
            )
            record_id = f"handover:{handover_id}"
            lines = json.dumps(list(matters.lines), ensure_ascii=False)
            part = {"lines": lines, "note": note}
            self._records.keep_person(transaction, record_id, part, day=beijing_day(now))
            body = {
                "station": station_id, "from": before.name if before else "", "from_signed": from_signed,
                "to": to.name, "inside": matters.inside, "overstayed": matters.overstayed, "faults": matters.faults,
                "lines": lines, "note": note,
            }  # fmt: skip
            self._records.note(transaction, record_id, "duty.handed_over", body)
            self._duty.sign_on_in(transaction, station_id=station_id, person_id=to.person_id, name=to.name)


def read_handovers(path: Path, *, limit: int = 10) -> tuple[Handover, ...]:
    """The latest handovers, latest first. Raises DatabaseError, RecordKeysError."""
    return _read(path, "ORDER BY at_utc_ns DESC LIMIT ?", (limit,))


def handovers_between(path: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Handover, ...]:
    """The handovers of a stretch, in order. Raises DatabaseError, RecordKeysError."""
    return _read(path, "WHERE at_utc_ns >= ? AND at_utc_ns < ? ORDER BY at_utc_ns", (begins_utc_ns, ends_utc_ns))


def _read(path: Path, condition: str, bindings: tuple[int, ...]) -> tuple[Handover, ...]:
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        rows = reader.rows(
            "SELECT h.id, station_id, from_name, from_signed, to_name, at_utc_ns, inside, overstayed, faults, "  # noqa: S608
            "p.key_id, p.sealed FROM handover h LEFT JOIN person_part p ON p.record_id = 'handover:' || h.id "
            f"{condition}",
            bindings,
        )
        parts = [person_of(keys, f"handover:{row[0]}", row[9], row[10]) for row in rows]
    return tuple(
        _handover(row, part.get("lines", "[]"), part.get("note", "")) for row, part in zip(rows, parts, strict=True)
    )


def _handover(row: Row, lines: str, note: str) -> Handover:
    return Handover(
        id=row[0],
        station_id=row[1],
        from_name=row[2],
        from_signed=bool(row[3]),
        to_name=row[4],
        at_utc_ns=row[5],
        inside=row[6],
        overstayed=row[7],
        faults=row[8],
        lines=tuple(json.loads(lines)),
        note=note,
    )
