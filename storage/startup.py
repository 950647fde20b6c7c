"""Puts right what a crash left (断电恢复): torn segments keep every whole fragment, begun deletions are finished."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

import structlog

from foundation.service import Service
from foundation.sqlite import DatabaseError
from storage.catalogue import FROM_SEGMENT, Catalogue, Segment, SegmentState, segment_of
from storage.rebuild import adopt_newer, scan_volume
from storage.segment import sync_folder
from storage.segment_file import LONGEST_HEAD, NotOurSegment, read_segment, sha256_of
from storage.shelf import Place, Shelf

LOOK_EVERY_S: Final = 10.0
HASH_BATCH: Final = 16

_log = structlog.get_logger("startup")


@dataclass(slots=True)
class RepairReport:
    """What a start found and did."""

    torn: int = 0
    """Segments that were being written and are now closed after their last whole fragment."""
    torn_bytes: int = 0
    """Cut off behind it: at most a fragment each."""
    empty: int = 0
    """Segments without a whole fragment."""
    deletions_finished: int = 0
    adopted: int = 0
    """Files whose rows were lost."""
    waiting: int = 0
    """On volumes that are not there now."""


class StartupRepair(Service):
    """Repairs before the first recorder starts; what is on a volume that is away is repaired when it comes back.

    The cost is that of the segments that were open, however much footage lies on the disks.
    """

    def __init__(self, catalogue: Catalogue, shelf: Shelf) -> None:
        super().__init__("repair")
        self._catalogue = catalogue
        self._shelf = shelf
        self._unsettled: list[Segment] = []
        self.report = RepairReport()
        self.settled = False

    def start(self) -> None:
        """Settle what the last process left; raises DatabaseError."""
        with self._catalogue.database.transaction() as transaction:
            rows = transaction.rows(FROM_SEGMENT + "WHERE s.state IN (0, 2)")
            self._unsettled = [segment_of(row) for row in rows]
        self.settle()
        self._end_runs()
        for place in self._shelf.places():
            self.report.adopted += adopt_newer(self._catalogue, place)
        if self.report != RepairReport():
            _log.warning("repaired after an unclean end", **self._as_fields())
        super().start()

    def _as_fields(self) -> dict[str, int]:
        report = self.report
        return {
            "torn": report.torn,
            "torn_bytes": report.torn_bytes,
            "empty": report.empty,
            "deletions_finished": report.deletions_finished,
            "adopted": report.adopted,
            "waiting": report.waiting,
        }

    def _loop(self) -> None:
        while True:
            try:
                self.settle()
                self._scan()
                self._hash()
            except (DatabaseError, OSError) as error:
                _log.error("a repair has to wait", error=str(error))
            if self.stopping.wait(LOOK_EVERY_S):
                return

    def settle(self) -> None:
        """Repair the unsettled segments whose volumes are there."""
        places = {place.no: place for place in self._shelf.places()}
        left = []
        for segment in self._unsettled:
            place = places.get(segment.key.volume_no)
            if place is None:
                left.append(segment)
                continue
            try:
                if segment.state is SegmentState.GOING:
                    self._finish_deletion(place, segment)
                else:
                    self._close_torn(place, segment)
            except OSError as error:
                left.append(segment)
                self._shelf.report(place, error)
        self._unsettled = left
        self.report.waiting = len(left)
        self.settled = not left

    def _finish_deletion(self, place: Place, segment: Segment) -> None:
        path = place.root / segment.path
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
        self._catalogue.forget_segment(segment.key)
        self.report.deletions_finished += 1

    def _close_torn(self, place: Place, segment: Segment) -> None:
        path = place.root / segment.path
        try:
            found = read_segment(path)
        except FileNotFoundError:
            self._catalogue.forget_segment(segment.key)  # the row came first, the file was never made
            self.report.empty += 1
            return
        except NotOurSegment as error:
            if path.stat().st_size > LONGEST_HEAD:  # fragments lie in it: a damaged disk, not a torn file
                self._catalogue.lose_segment(segment, "torn")
                _log.error("a segment cannot be read and is left as it is", file=str(path), error=str(error))
                return
            found = None
        if found is None or not found.fragments:
            path.unlink()
            sync_folder(path.parent)
            self._catalogue.forget_segment(segment.key)
            self.report.empty += 1
            return
        if found.size > found.whole_bytes:
            handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.ftruncate(handle, found.whole_bytes)
                os.fsync(handle)
            finally:
                os.close(handle)
            self.report.torn_bytes += found.size - found.whole_bytes
        self._catalogue.close_repaired(
            segment.key,
            duration_ms=found.duration_ms,
            size_bytes=found.whole_bytes,
            end_axis_ms=found.fragments[-1].mark.axis_ms,
        )
        self.report.torn += 1

    def _end_runs(self) -> None:
        with self._catalogue.database.transaction() as transaction:
            transaction.execute(
                "UPDATE run SET end_cause = 'recorder_died', end_ms = max(start_ms, coalesce((SELECT "
                "max(s.start_ms + s.duration_ms) FROM segment s WHERE s.point_no = run.point_no "
                "AND s.start_ms >= run.start_ms AND s.run_no = run.no), start_ms)) WHERE end_ms IS NULL"
            )

    def _scan(self) -> None:
        for place in self._shelf.places():
            row = self._catalogue.database.row("SELECT scanned_ms FROM volume WHERE no = ?", (place.no,))
            if row is not None and row[0] is None:
                self.report.adopted += scan_volume(self._catalogue, place, self.stopping)

    def _hash(self) -> None:
        # Hashing a repaired segment reads all of it, so recording does not wait for that.
        places = {place.no: place for place in self._shelf.places()}
        while not self.stopping.is_set():
            rows = self._catalogue.database.rows(
                FROM_SEGMENT + "WHERE s.state = 1 AND s.sha256 IS NULL LIMIT ?", (HASH_BATCH,)
            )
            segments = [segment for segment in map(segment_of, rows) if segment.key.volume_no in places]
            if not segments:
                return
            for segment in segments:
                path = places[segment.key.volume_no].root / segment.path
                self._catalogue.set_hash(segment.key, sha256_of(path))
