"""Pictures of the moment somebody stood at the gate (抓拍): asked for with the record, taken after the commit, sealed
with the record's key, erased with it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from foundation.clock import NS_PER_S, Clock
from foundation.record_keys import keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.service import Service
from foundation.sqlite import DatabaseError, Transaction, open_read_only
from gate.record import RecordBook

POLL_S: Final = 0.5
GIVE_UP_AFTER_S: Final = 600
"""Footage of an instant is on the disk within seconds; a camera that was away longer shows another time."""
AGAIN_S: Final = 15
_AT_ONCE: Final = 10

_log = structlog.get_logger("gate-stills")


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG and the instant it shows."""

    jpeg: bytes
    shows_utc_ns: int


class NoPictureError(Exception):
    """There is none just now; the text says why."""


TakePicture = Callable[[str, int], Picture]
"""take(point_id, at_utc_ns). Raises NoPictureError."""


class StillShelf:
    """Where the sealed pictures lie: one file for each record, named by its id."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def file(self, record_id: str) -> Path:
        """gate-stills/YEAR-ISH/visit-ID.sealed; ids of one month or so share a folder."""
        kind, _, row_id = record_id.partition(":")
        return self.folder / row_id[:5] / f"{kind}-{row_id}.sealed"

    def keep(self, record_id: str, sealed: bytes) -> None:
        """On the disk when this returns. Raises OSError."""
        file = self.file(record_id)
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        part = file.with_suffix(".part")
        with part.open("wb") as target:
            target.write(sealed)
            target.flush()
            os.fsync(target.fileno())
        part.rename(file)

    def remove(self, record_id: str) -> None:
        """Gone; without the key it told nothing any more. Raises OSError."""
        self.file(record_id).unlink(missing_ok=True)


def want_still(transaction: Transaction, record_id: str, point: str, at_utc_ns: int) -> None:
    """Ask for the picture in the transaction that writes the record."""
    transaction.execute(
        "INSERT INTO still (record_id, point, at_utc_ns, state) VALUES (?, ?, ?, 'wanted')",
        (record_id, point, at_utc_ns),
    )


def forget_still(transaction: Transaction, shelf: StillShelf, record_id: str) -> None:
    """Take the picture away with the record that is erased."""
    shelf.remove(record_id)
    transaction.execute("DELETE FROM still WHERE record_id = ?", (record_id,))


def has_still(path: Path, record_id: str) -> bool:
    """Whether there is a picture of a record. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT 1 FROM still WHERE record_id = ? AND state = 'taken'", (record_id,))
    return row is not None


def read_still(path: Path, record_id: str) -> Picture | None:
    """The picture of a record; None if there is none, or it was erased. `path` is the gate book's.

    Raises DatabaseError, RecordKeysError, OSError.
    """
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        row = reader.row(
            "SELECT s.shows_utc_ns, k.id FROM still s JOIN audit_key k ON k.record_id = s.record_id "
            "WHERE s.record_id = ? AND s.state = 'taken'",
            (record_id,),
        )
        key = keys.key(row[1]) if row else None
    file = StillShelf(path.parent / "gate-stills").file(record_id)
    if row is None or key is None or not file.exists():
        return None
    try:
        return Picture(unseal(key, file.read_bytes(), record_id), row[0])
    except UnsealError:
        return None


class StillTaker(Service):
    """Takes the pictures that were asked for, also those from before a restart."""

    def __init__(self, records: RecordBook, shelf: StillShelf, take: TakePicture, clock: Clock) -> None:
        super().__init__("gate-stills")
        self._records = records
        self._shelf = shelf
        self._take = take
        self._clock = clock
        self._not_before_ns: dict[str, int] = {}

    def _loop(self) -> None:
        while not self.stopping.is_set():
            if not self.work_once():
                self.stopping.wait(POLL_S)

    def work_once(self) -> bool:
        """Try each picture that is due; whether one was taken."""
        rows = self._records.database.rows(
            "SELECT record_id, point, at_utc_ns FROM still WHERE state = 'wanted' ORDER BY at_utc_ns LIMIT ?",
            (_AT_ONCE + len(self._not_before_ns),),
        )
        self._not_before_ns = {row[0]: self._not_before_ns[row[0]] for row in rows if row[0] in self._not_before_ns}
        now_ns = self._clock.running_ns()
        due = [row for row in rows if self._not_before_ns.get(row[0], 0) <= now_ns][:_AT_ONCE]
        taken = [self._try(record_id, point, at_utc_ns) for record_id, point, at_utc_ns in due]
        return any(taken)

    def _try(self, record_id: str, point: str, at_utc_ns: int) -> bool:
        if self.stopping.is_set():
            return False
        try:
            picture = self._take(point, at_utc_ns)
            self._keep(record_id, picture)
        except NoPictureError as none:
            self._not_yet(record_id, at_utc_ns, str(none))
            return False
        except (OSError, DatabaseError) as error:
            _log.error("a picture could not be kept", record=record_id, error=str(error))
            self._not_yet(record_id, at_utc_ns, str(error))
            return False
        return True

    def _not_yet(self, record_id: str, at_utc_ns: int, why: str) -> None:
        if abs(self._clock.utc_ns() - at_utc_ns) < GIVE_UP_AFTER_S * NS_PER_S:
            self._not_before_ns[record_id] = self._clock.running_ns() + AGAIN_S * NS_PER_S
            return
        with self._records.writing() as transaction:
            transaction.execute("UPDATE still SET state = 'none', why = ? WHERE record_id = ?", (why[:200], record_id))

    def _keep(self, record_id: str, picture: Picture) -> None:
        with self._records.writing() as transaction:
            # Erased in the meantime: then there must be no picture either.
            if transaction.row("SELECT 1 FROM still WHERE record_id = ? AND state = 'wanted'", (record_id,)) is None:
                return
            _, sealed = self._records.audit.seal(transaction, record_id=record_id, plain=picture.jpeg)
            self._shelf.keep(record_id, sealed)
            transaction.execute(
                "UPDATE still SET state = 'taken', shows_utc_ns = ? WHERE record_id = ?",
                (picture.shows_utc_ns, record_id),
            )
            body = {"sha256": hashlib.sha256(picture.jpeg).hexdigest(), "shows_utc_ns": str(picture.shows_utc_ns)}
            self._records.note(transaction, record_id, "still.taken", body)
