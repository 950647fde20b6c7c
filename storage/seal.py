"""Seals each Beijing day of footage: nothing that was recorded can be altered or slipped in afterwards (promise 7)."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import ClassVar, Final

import structlog

from foundation.journal import Fact, Journal
from foundation.service import Service
from foundation.sqlite import DatabaseError, Row, Transaction
from storage import merkle
from storage.catalogue import Catalogue
from storage.days import day_number, day_of_number, day_span_ms
from storage.segment import FOOTAGE, sync_folder
from storage.shelf import Shelf

LOOK_EVERY_S: Final = 60.0
SETTLE_MS: Final = 5 * 60_000
"""The last segment of a day ends a minute after midnight; then the day is sealed."""
WAIT_FOR_REPAIR_MS: Final = 3_600_000
"""So long a day waits for segments that are not closed or hashed yet; later ones are additions."""
SEALS: Final = "seals"
GENESIS: Final = bytes(32)

_log = structlog.get_logger("seal")


class DaySealed(Fact):
    """A day of footage is sealed; the head of the chain goes to the center, which countersigns it."""

    kind: ClassVar[str] = "footage.day_sealed"
    no: int
    day: str
    seal_kind: str
    root: str
    hash: str
    segments: int
    recorded_ms: int


@dataclass(frozen=True, slots=True)
class Seal:
    """A row of the chain."""

    no: int
    day: int
    kind: str
    root: bytes
    hash: bytes
    at_ms: int


@dataclass(frozen=True, slots=True)
class PointSeal:
    """What a seal says of a point."""

    point_no: int
    point: str
    root: bytes
    segments: int
    recorded_ms: int
    bytes: int


class Sealer(Service):
    """Seals the day before soon after each Beijing midnight, and whatever comes to light later."""

    def __init__(self, catalogue: Catalogue, shelf: Shelf) -> None:
        super().__init__("sealer")
        self._catalogue = catalogue
        self._shelf = shelf
        self._journal = Journal(catalogue.database, catalogue.clock)

    def _loop(self) -> None:
        while not self.stopping.wait(LOOK_EVERY_S):
            try:
                self.once()
            except (DatabaseError, OSError) as error:
                _log.error("a day cannot be sealed yet", error=str(error))

    def once(self) -> list[Seal]:
        """Seal every day that is due, oldest first. Raises DatabaseError, OSError."""
        sealed = [self._seal(day, "day") for day in self._due_days()]
        with self._catalogue.database.transaction() as transaction:
            late = {
                day_number(row[0])
                for row in transaction.rows(
                    "SELECT a.start_ms FROM addition a JOIN segment s USING (point_no, start_ms, volume_no) "
                    "WHERE a.seal_no IS NULL AND s.sha256 IS NOT NULL"
                )
            }
        sealed.extend(self._seal(day, "addition") for day in sorted(late))
        return sealed

    def _due_days(self) -> list[int]:
        now_ms = self._catalogue.now_ms()
        with self._catalogue.database.transaction() as transaction:
            done = {row[0] for row in transaction.rows("SELECT day FROM seal WHERE kind = 'day'")}
            due = []
            for day in sorted(recorded_days(transaction) - done):
                _, end_ms = day_span_ms(day_of_number(day))
                if end_ms + SETTLE_MS > now_ms:
                    continue
                if end_ms + WAIT_FOR_REPAIR_MS > now_ms and _has_open_segments(transaction, end_ms):
                    continue
                due.append(day)
        return due

    def _seal(self, day: int, kind: str) -> Seal:
        with self._catalogue.database.transaction() as transaction:
            last = transaction.row("SELECT no, hash FROM seal ORDER BY no DESC LIMIT 1")
            no, previous = (last[0] + 1, bytes(last[1])) if last else (1, GENESIS)
            if kind == "day":
                _set_aside_unhashed(transaction, day)
                points = sealed_points(transaction, day, None)
            else:
                points = _unsealed_additions(transaction, day)
            root = merkle.root([merkle.point_leaf(each.point, each.root) for each in points])
            at_ms = self._catalogue.now_ms()
            seal = Seal(no, day, kind, root, merkle.seal_hash(previous, no, day, kind, root, at_ms), at_ms)
            transaction.execute(
                "INSERT INTO seal (no, day, kind, root, hash, at_ms) VALUES (?, ?, ?, ?, ?, ?)",
                (seal.no, seal.day, seal.kind, seal.root, seal.hash, seal.at_ms),
            )
            transaction.execute_many(
                "INSERT INTO seal_point (seal_no, point_no, root, segments, recorded_ms, bytes) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                [(no, each.point_no, each.root, each.segments, each.recorded_ms, each.bytes) for each in points],
            )
            if kind == "addition":
                start_ms, end_ms = day_span_ms(day_of_number(day))
                transaction.execute(
                    "UPDATE addition SET seal_no = ? WHERE seal_no IS NULL AND start_ms >= ? AND start_ms < ? AND "
                    "EXISTS (SELECT 1 FROM segment s WHERE s.point_no = addition.point_no AND "
                    "s.start_ms = addition.start_ms AND s.volume_no = addition.volume_no AND s.sha256 IS NOT NULL)",
                    (no, start_ms, end_ms),
                )
            self._journal.append(
                DaySealed(
                    no=no,
                    day=day_of_number(day).isoformat(),
                    seal_kind=kind,
                    root=root.hex(),
                    hash=seal.hash.hex(),
                    segments=sum(each.segments for each in points),
                    recorded_ms=sum(each.recorded_ms for each in points),
                ),
                transaction=transaction,
            )
        for place in self._shelf.places():
            try:
                self._shelf.do(place, partial(_write_beside_footage, place.root, seal, previous, points))
            except OSError as error:  # the catalogue has it, and the other volumes
                self._shelf.report(place, error)
        _log.info("sealed", day=day_of_number(day).isoformat(), kind=kind, hash=seal.hash.hex())
        return seal


def recorded_days(transaction: Transaction) -> set[int]:
    """Days on which any segment begins; asked from day to day, so that the cost is that of days, not of segments."""
    found: set[int] = set()
    for (point_no,) in transaction.rows("SELECT no FROM point"):
        after_ms = 0
        while row := transaction.row(
            "SELECT start_ms FROM segment WHERE point_no = ? AND start_ms >= ? ORDER BY start_ms LIMIT 1",
            (point_no, after_ms),
        ):
            found.add(day_number(row[0]))
            _, after_ms = day_span_ms(day_of_number(day_number(row[0])))
    return found


def _has_open_segments(transaction: Transaction, before_ms: int) -> bool:
    return any(
        transaction.row(f"SELECT 1 FROM segment WHERE {condition} AND start_ms < ? LIMIT 1", (before_ms,))  # noqa: S608
        for condition in ("state IN (0, 2) AND state = 0", "sha256 IS NULL AND state = 1")
    )


_COVERED: Final = (
    "SELECT s.point_no, p.id, s.start_ms, s.duration_ms, s.bytes, s.end_axis_ms, s.suffix, s.sha256 FROM segment s "
    "JOIN point p ON p.no = s.point_no LEFT JOIN addition a "
    "ON a.point_no = s.point_no AND a.start_ms = s.start_ms AND a.volume_no = s.volume_no "
    "WHERE s.point_no = ? AND s.start_ms >= ? AND s.start_ms < ? AND s.sha256 IS NOT NULL AND "
)
_IN_ORDER: Final = " ORDER BY s.start_ms, s.volume_no"


def sealed_points(transaction: Transaction, day: int, addition_no: int | None) -> list[PointSeal]:
    """What the rows give now for the seal of a day (`addition_no` None) or for one addition to it."""
    start_ms, end_ms = day_span_ms(day_of_number(day))
    rows = []
    for (point_no,) in transaction.rows("SELECT no FROM point ORDER BY id"):
        if addition_no is None:
            rows += transaction.rows(_COVERED + "a.point_no IS NULL" + _IN_ORDER, (point_no, start_ms, end_ms))
        else:
            rows += transaction.rows(_COVERED + "a.seal_no = ?" + _IN_ORDER, (point_no, start_ms, end_ms, addition_no))
    return _points(rows)


def _unsealed_additions(transaction: Transaction, day: int) -> list[PointSeal]:
    start_ms, end_ms = day_span_ms(day_of_number(day))
    rows = []
    for (point_no,) in transaction.rows("SELECT no FROM point ORDER BY id"):
        rows += transaction.rows(
            _COVERED + "a.point_no IS NOT NULL AND a.seal_no IS NULL" + _IN_ORDER, (point_no, start_ms, end_ms)
        )
    return _points(rows)


def _points(rows: Sequence[Row]) -> list[PointSeal]:
    found = []
    for (point_no, point), group in groupby(rows, key=lambda row: (row[0], row[1])):
        leaves, recorded_ms, total_bytes = [], 0, 0
        for _, _, start_ms, duration_ms, size, axis_ms, suffix, sha256 in group:
            assert isinstance(sha256, bytes)
            leaves.append(merkle.segment_leaf(point, (start_ms, duration_ms, size, axis_ms, suffix), sha256))
            recorded_ms += duration_ms
            total_bytes += size
        found.append(PointSeal(point_no, point, merkle.root(leaves), len(leaves), recorded_ms, total_bytes))
    return found


def _set_aside_unhashed(transaction: Transaction, day: int) -> None:
    start_ms, end_ms = day_span_ms(day_of_number(day))
    transaction.execute(
        "INSERT INTO addition (point_no, start_ms, volume_no) SELECT point_no, start_ms, volume_no FROM segment "
        "WHERE (state = 0 OR sha256 IS NULL) AND start_ms >= ? AND start_ms < ? ON CONFLICT DO NOTHING",
        (start_ms, end_ms),
    )


def _write_beside_footage(root: Path, seal: Seal, previous: bytes, points: Sequence[PointSeal]) -> None:
    # A lost catalogue must not take the proof with it.
    folder = root / FOOTAGE / SEALS
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    body = {
        "no": seal.no,
        "day": day_of_number(seal.day).isoformat(),
        "kind": seal.kind,
        "previous": previous.hex(),
        "root": seal.root.hex(),
        "hash": seal.hash.hex(),
        "at_ms": seal.at_ms,
        "points": {each.point: {"root": each.root.hex(), "segments": each.segments} for each in points},
    }
    name = folder / f"{seal.no:06d}.json"
    with name.open("w", encoding="utf-8") as file:
        file.write(json.dumps(body) + "\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
