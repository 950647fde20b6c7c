"""Applies the rule of retention: what goes is marked and audited, then deleted (storage.deletion)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

import structlog

from config.volume import Volume, WhenFull
from foundation.audit import AuditChain
from foundation.proven_time import ProvenAge
from foundation.service import Service
from foundation.sqlite import DatabaseError, Transaction
from storage.catalogue import FROM_SEGMENT, Catalogue, Segment, segment_of
from storage.deletion import Deletions
from storage.holds import Holds
from storage.loss import enter_loss
from storage.retention import Hold, Pressure, Promise, Ruling, cutoff_axis_ms, rule
from storage.shelf import Place, Shelf
from storage.volume import VolumeRefused, room
from storage.witnesses import Witnesses

LOOK_EVERY_S: Final = 60.0
"""How often the room on the volumes is looked at."""
EXPIRY_EVERY_S: Final = 3600.0
"""How often footage past its day is looked for: one audit entry per point and hour, not per minute."""
BATCH: Final = 1000
BREACH_BATCH: Final = 64
ROOM_AHEAD_BYTES: Final = 1024**3
"""Room is made before the reserve is touched."""

_log = structlog.get_logger("sweep")


@dataclass(frozen=True, slots=True)
class Deletion:
    """A segment to go, and why."""

    segment: Segment
    ruling: Ruling


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one sweep did."""

    deleted: int = 0
    bytes: int = 0
    breaches: int = 0


class Sweep(Service):
    """Deletes what may go, where everything that must be respected can be read; else it deletes nothing."""

    def __init__(
        self,
        catalogue: Catalogue,
        shelf: Shelf,
        audit: AuditChain,
        ready: Callable[[], bool],
        chosen: Callable[[Volume], WhenFull | None] = lambda volume: volume.when_full,
    ) -> None:
        """`ready` says whether holds asked for by other roles are known up to now, and repairs are done; `chosen` what
        persons want of a full volume (storage.full_choice), None while nobody has said it."""
        super().__init__("sweep")
        self._catalogue = catalogue
        self._shelf = shelf
        self._audit = audit
        self._holds = Holds(catalogue, audit)
        self._deletions = Deletions(catalogue, shelf, audit)
        self._chosen = chosen
        self._ready = ready
        self._last_expiry_ns: int | None = None

    def _loop(self) -> None:
        while not self.stopping.wait(LOOK_EVERY_S):
            try:
                self.once()
            except DatabaseError as error:
                _log.error("nothing was deleted: the catalogue cannot be used", error=str(error))

    def once(self) -> SweepReport:
        """One sweep over all volumes that are there. Raises DatabaseError."""
        if not self._ready():
            return SweepReport()
        now_ns = self._catalogue.clock.running_ns()
        expiry = self._last_expiry_ns is None or now_ns - self._last_expiry_ns >= EXPIRY_EVERY_S * 1e9
        if expiry:
            self._last_expiry_ns = now_ns
        total = SweepReport()
        if expiry:
            Witnesses(self._catalogue, self._audit).forget(self.stopping)
        for place in self._shelf.places():
            self._deletions.finish(place)
            pressure = self._pressure(place)
            if not expiry and not pressure.needs_room:
                continue
            report = self._sweep(place, pressure)
            total = SweepReport(
                total.deleted + report.deleted, total.bytes + report.bytes, total.breaches + report.breaches
            )
        return total

    def _pressure(self, place: Place) -> Pressure:
        try:
            free = self._shelf.do(place, lambda: room(place.volume)).free
        except (VolumeRefused, OSError):
            return Pressure()
        return Pressure(
            needs_room=free < place.volume.reserve_bytes + ROOM_AHEAD_BYTES,
            overwrite=self._chosen(place.volume) is WhenFull.OVERWRITE,
        )

    def _sweep(self, place: Place, pressure: Pressure) -> SweepReport:
        age = self._catalogue.running.proven_age()
        within = Pressure(needs_room=pressure.needs_room)
        deletions = self.find(place, age, within)
        if pressure.needs_room and pressure.overwrite and not deletions:
            deletions = self._find_breaches(place, age, pressure)
        for _, group in groupby(deletions, key=lambda deletion: deletion.segment.point):
            self._mark(place, list(group))
        self._deletions.finish(place)
        return SweepReport(
            len(deletions),
            sum(deletion.segment.size_bytes for deletion in deletions),
            sum(deletion.ruling is Ruling.BREACH for deletion in deletions),
        )

    def find(self, place: Place, age: ProvenAge, pressure: Pressure) -> list[Deletion]:
        """What may go from a volume now, at most a batch; nothing while a file on it may be unknown here."""
        with self._catalogue.database.transaction() as transaction:
            if not _is_scanned(transaction, place.no):
                return []
            found: list[Deletion] = []
            for point_no, recorded_keep_days, keep_days, delete_after_days in transaction.rows(
                "SELECT p.no, r.keep_days, p.keep_days, p.delete_after_days FROM point p "
                "JOIN (SELECT DISTINCT point_no, keep_days FROM run) r ON r.point_no = p.no"
            ):
                promise = Promise.of(
                    recorded_keep_days=recorded_keep_days, keep_days=keep_days, delete_after_days=delete_after_days
                )
                cutoff_ms = cutoff_axis_ms(age, promise, pressure)
                if cutoff_ms < 0:
                    continue
                rows = transaction.rows(
                    FROM_SEGMENT + "JOIN run r ON r.no = s.run_no WHERE s.volume_no = ? AND s.point_no = ? "
                    "AND s.end_axis_ms <= ? AND s.state IN (1, 3) AND r.keep_days = ? ORDER BY s.end_axis_ms LIMIT ?",
                    (place.no, point_no, cutoff_ms, recorded_keep_days, BATCH - len(found)),
                )
                found.extend(self._ruled(transaction, map(segment_of, rows), age, promise, pressure))
                if len(found) >= BATCH:
                    break
        return found

    def _find_breaches(self, place: Place, age: ProvenAge, pressure: Pressure) -> list[Deletion]:
        # The owner chose to lose the oldest rather than the newest; a few at a time, so that no more goes than must.
        with self._catalogue.database.transaction() as transaction:
            if not _is_scanned(transaction, place.no):
                return []
            oldest: list[Segment] = []
            for (point_no,) in transaction.rows("SELECT no FROM point"):
                rows = transaction.rows(
                    FROM_SEGMENT + "WHERE s.volume_no = ? AND s.point_no = ? AND s.state = 1 "
                    "ORDER BY s.end_axis_ms LIMIT ?",
                    (place.no, point_no, BREACH_BATCH),
                )
                oldest.extend(map(segment_of, rows))
            oldest.sort(key=lambda segment: segment.end_axis_ms)
            forever = Promise(keep_days=10**6, delete_after_days=None)
            deletions = self._ruled(transaction, oldest[:BREACH_BATCH], age, forever, pressure)
        return sorted(deletions, key=lambda deletion: deletion.segment.point)

    def _ruled(
        self,
        transaction: Transaction,
        segments: Iterable[Segment],
        age: ProvenAge,
        promise: Promise,
        pressure: Pressure,
    ) -> list[Deletion]:
        deletions = []
        holds: dict[int, list[Hold]] = {}
        for segment in segments:
            point_no = segment.key.point_no
            if point_no not in holds:
                holds[point_no] = self._holds.of_point(transaction, point_no)
            ruling = rule(
                start_ms=segment.key.start_ms,
                end_ms=segment.end_ms,
                end_axis_ms=segment.end_axis_ms,
                age=age,
                promise=promise,
                holds=holds[point_no],
                pressure=pressure,
            )
            if ruling.deletes:
                deletions.append(Deletion(segment, ruling))
        return deletions

    def _mark(self, place: Place, deletions: Sequence[Deletion]) -> None:
        segments = [deletion.segment for deletion in deletions]
        point = segments[0].point
        with self._catalogue.database.transaction() as transaction:
            transaction.execute_many(
                "UPDATE segment SET state = 2 WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
                [(key.point_no, key.start_ms, key.volume_no) for key in (d.segment.key for d in deletions)],
            )
            for deletion in deletions:
                if deletion.ruling is Ruling.BREACH:
                    segment, key = deletion.segment, deletion.segment.key
                    enter_loss(
                        transaction,
                        point_no=key.point_no,
                        volume_no=key.volume_no,
                        cause="overwritten",
                        start_ms=key.start_ms,
                        end_ms=segment.end_ms,
                        end_axis_ms=segment.end_axis_ms,
                        now_ms=self._catalogue.now_ms(),
                    )
            reasons = {
                ruling.value: count
                for ruling in Ruling
                if (count := sum(deletion.ruling is ruling for deletion in deletions))
            }
            self._audit.append(
                transaction,
                record_id=f"footage:{point}",
                action="footage.deleted",
                body={
                    "point": point,
                    "volume": place.volume.id,
                    "first_start_ms": min(segment.key.start_ms for segment in segments),
                    "last_end_ms": max(segment.end_ms for segment in segments),
                    "segments": len(deletions),
                    "reasons": reasons,
                },
            )


def _is_scanned(transaction: Transaction, volume_no: int) -> bool:
    row = transaction.row("SELECT scanned_ms FROM volume WHERE no = ?", (volume_no,))
    return row is not None and row[0] is not None
