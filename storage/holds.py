"""Holds (录像保全): with reason, person and end; in the catalogue and, for the day it is lost, beside the segments."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.audit import AuditChain
from foundation.ids import new_id
from foundation.sqlite import Transaction
from storage.catalogue import Catalogue
from storage.retention import Hold
from storage.segment import FOOTAGE, sync_folder

HOLDS: Final = "holds"
"""Folder beside a point's days."""
_NOTE_KEYS: Final = ("from_ms", "to_ms", "reason", "person", "made_ms", "made_axis_ms", "until_ms")


class UnknownPointError(KeyError):
    """No footage of such a point was ever catalogued."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequest:
    """What a person or an alarm asks to keep."""

    point: str
    from_ms: int
    to_ms: int
    reason: str
    person: str
    until_ms: int | None = None


class Holds:
    """Makes and ends holds; each goes into the audit chain."""

    def __init__(self, catalogue: Catalogue, audit: AuditChain) -> None:
        self._catalogue = catalogue
        self._audit = audit

    def place(self, request: HoldRequest, roots: Sequence[Path], *, hold_id: str | None = None) -> str:
        """Keep a stretch of footage; returns the hold's id. A second call with the same id changes nothing.

        The note beside the segments is on every root before this returns. Raises UnknownPointError, DatabaseError,
        OSError.
        """
        identity = self.enter(request, hold_id=hold_id)
        for root in roots:
            write_missing_notes(self._catalogue, root)
        return identity

    def enter(self, request: HoldRequest, *, hold_id: str | None = None) -> str:
        """The same without notes: nothing of it is deleted from here on. Raises UnknownPointError, DatabaseError."""
        identity = hold_id or new_id()
        with self._catalogue.database.transaction() as transaction:
            if transaction.row("SELECT 1 FROM hold WHERE id = ?", (identity,)):
                return identity
            point = transaction.row("SELECT no FROM point WHERE id = ?", (request.point,))
            if point is None:
                raise UnknownPointError(f"there is no footage of a point {request.point}")
            transaction.execute(
                "INSERT INTO hold (id, point_no, from_ms, to_ms, reason, person, made_ms, made_axis_ms, until_ms) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    identity,
                    point[0],
                    request.from_ms,
                    request.to_ms,
                    request.reason,
                    request.person,
                    self._catalogue.now_ms(),
                    self._catalogue.now_axis_ms(),
                    request.until_ms,
                ),
            )
            self._tell(transaction, identity, "hold.placed", request)
        return identity

    def end(self, hold_id: str, *, person: str, roots: Sequence[Path] = (), reason: str = "") -> str | None:
        """Let the footage go by its age again; returns its point, None if there is no such hold.

        Raises DatabaseError, OSError.
        """
        with self._catalogue.database.transaction() as transaction:
            row = transaction.row(
                "SELECT p.id FROM hold h JOIN point p ON p.no = h.point_no WHERE h.id = ? AND h.ended_ms IS NULL",
                (hold_id,),
            )
            if row is None:
                return None
            transaction.execute(
                "UPDATE hold SET ended_ms = ?, ended_by = ? WHERE id = ?", (self._catalogue.now_ms(), person, hold_id)
            )
            said = {"person": person, "reason": reason}
            self._audit.append(transaction, record_id=f"hold:{hold_id}", action="hold.ended", body=said)
        point = str(row[0])
        for root in roots:
            remove_note(root, point, hold_id)
        return point

    def _tell(self, transaction: Transaction, hold_id: str, action: str, request: HoldRequest) -> None:
        self._audit.append(
            transaction,
            record_id=f"hold:{hold_id}",
            action=action,
            body={
                "point": request.point,
                "from_ms": request.from_ms,
                "to_ms": request.to_ms,
                "reason": request.reason,
                "person": request.person,
                "until_ms": request.until_ms,
            },
        )

    def of_point(self, transaction: Transaction, point_no: int) -> list[Hold]:
        """Holds of a point that no person has ended."""
        rows = transaction.rows(
            "SELECT id, from_ms, to_ms, made_ms, made_axis_ms, until_ms FROM hold "
            "WHERE point_no = ? AND ended_ms IS NULL",
            (point_no,),
        )
        return [Hold(*row) for row in rows]


def write_missing_notes(catalogue: Catalogue, root: Path) -> None:
    """Lay a note of every hold that nobody has ended beside the footage it holds. Raises DatabaseError, OSError."""
    rows = catalogue.database.rows(
        "SELECT h.id, p.id, h.from_ms, h.to_ms, h.reason, h.person, h.made_ms, h.made_axis_ms, h.until_ms "
        "FROM hold h JOIN point p ON p.no = h.point_no WHERE h.ended_ms IS NULL"
    )
    for hold_id, point, *values in rows:
        folder = root / FOOTAGE / point / HOLDS
        note = folder / f"{hold_id}.json"
        if note.exists():
            continue
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        fresh = folder / f"{hold_id}.new"
        with fresh.open("w", encoding="utf-8") as file:
            file.write(json.dumps(dict(zip(_NOTE_KEYS, values, strict=True)), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(note)
        sync_folder(folder)
        sync_folder(folder.parent)


def remove_note(root: Path, point: str, hold_id: str) -> None:
    """Take away the note of a hold that has ended. Raises OSError."""
    note = root / FOOTAGE / point / HOLDS / f"{hold_id}.json"
    if note.exists():
        note.unlink()
        sync_folder(note.parent)


@dataclass(frozen=True, slots=True)
class HoldNote:
    """A hold as it lies beside the segments."""

    id: str
    point: str
    values: dict[str, object]


def notes_on(root: Path) -> Iterator[HoldNote]:
    """Holds that lie on a volume; a damaged note is a hold on everything, since nobody can say what it meant."""
    for file in sorted((root / FOOTAGE).glob(f"*/{HOLDS}/*.json")):
        point = file.parent.parent.name
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
            yield HoldNote(file.stem, point, {key: values[key] for key in _NOTE_KEYS})
        except (ValueError, KeyError, TypeError):
            everything = {"from_ms": 0, "to_ms": 2**53, "reason": "damaged note", "person": "", "made_ms": 0}
            yield HoldNote(file.stem, point, {**everything, "made_axis_ms": 0, "until_ms": None})
