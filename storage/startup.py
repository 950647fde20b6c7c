"""Puts right what a crash or a failing disk left (断电恢复): torn segments keep every whole fragment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from foundation.service import Service
from foundation.sqlite import DatabaseError
from storage.catalogue import FROM_SEGMENT, Catalogue, Segment, segment_of
from storage.holds import write_missing_notes
from storage.rebuild import adopt_newer, scan_volume
from storage.segment import sync_folder
from storage.segment_file import LONGEST_HEAD, NotOurSegment, SegmentFile, read_segment, sha256_of
from storage.shelf import Place, Shelf

LOOK_EVERY_S: Final = 10.0
HASH_BATCH: Final = 16
HASH_LIMIT_S: Final = 60.0
ADOPT_LIMIT_S: Final = 60.0
"""Up to a day of every point is read through after a lost catalogue; a disk that takes longer is as good as away."""

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
        self._told_of_holds: set[int] = set()

    def start(self) -> None:
        """Settle what the last process left; raises DatabaseError."""
        rows = self._catalogue.database.rows(FROM_SEGMENT + "WHERE s.state IN (0, 2) AND s.state = 0")
        self._unsettled = [segment_of(row) for row in rows]
        self.settle()
        self._end_runs()
        for place in self._shelf.places():
            try:
                adopted = self._shelf.do(place, partial(adopt_newer, self._catalogue, place), limit_s=ADOPT_LIMIT_S)
            except OSError as error:
                self._shelf.report(place, error)
            else:
                self.report.adopted += adopted
        if self.report != RepairReport():
            _log.warning("repaired after an unclean end", **self._as_fields())
        super().start()

    def _as_fields(self) -> dict[str, int]:
        report = self.report
        return {
            "torn": report.torn,
            "torn_bytes": report.torn_bytes,
            "empty": report.empty,
            "adopted": report.adopted,
            "waiting": report.waiting,
        }

    def _loop(self) -> None:
        while True:
            try:
                self.settle()
                self._write_hold_notes()
                self._scan()
                self._hash()
            except (DatabaseError, OSError) as error:
                _log.error("a repair has to wait", error=str(error))
            if self.stopping.wait(LOOK_EVERY_S):
                return

    def settle(self) -> None:
        """Repair the unsettled segments whose volumes are there, also those that a disk failed to take since."""
        self._unsettled += self._set_aside()
        left = []
        failed = False
        for segment in self._unsettled:
            # Asked for each: a disk that fails at one is not there for the next.
            place = next((each for each in self._shelf.places() if each.no == segment.key.volume_no), None)
            if place is None:
                if self._is_open(segment):
                    left.append(segment)
                continue
            try:
                self._close_torn(place, segment)
            except OSError as error:
                left.append(segment)
                failed = True
                self._shelf.report(place, error)
        self._unsettled = left
        self.report.waiting = len(left)
        self.settled = not failed

    def _is_open(self, segment: Segment) -> bool:
        # What was being written on a disk that was replaced is a loss, and nobody waits for it any more.
        key = segment.key
        return bool(
            self._catalogue.database.row(
                "SELECT 1 FROM segment WHERE point_no = ? AND start_ms = ? AND volume_no = ? AND state = 0",
                (key.point_no, key.start_ms, key.volume_no),
            )
        )

    def _set_aside(self) -> list[Segment]:
        return [
            segment_of(row)
            for key in self._shelf.take_set_aside()
            for row in self._catalogue.database.rows(
                FROM_SEGMENT + "WHERE s.point_no = ? AND s.start_ms = ? AND s.volume_no = ? AND s.state = 0",
                (key.point_no, key.start_ms, key.volume_no),
            )
        ]

    def _close_torn(self, place: Place, segment: Segment) -> None:
        torn = self._shelf.do(place, partial(_cut_torn, place.root / segment.path))
        if torn is None:
            self._catalogue.forget_segment(segment.key)
            self.report.empty += 1
        elif torn.file is None:
            self._catalogue.lose_segment(segment, "torn")
            _log.error("a segment cannot be read and is left as it is", file=str(segment.path))
        else:
            self._catalogue.close_repaired(
                segment.key,
                duration_ms=torn.file.duration_ms,
                size_bytes=torn.file.whole_bytes,
                end_axis_ms=torn.file.fragments[-1].mark.axis_ms,
            )
            self.report.torn += 1
            self.report.torn_bytes += torn.file.size - torn.file.whole_bytes

    def _end_runs(self) -> None:
        with self._catalogue.database.transaction() as transaction:
            transaction.execute(
                "UPDATE run SET end_cause = ?, end_ms = max(start_ms, coalesce((SELECT "
                "max(s.start_ms + s.duration_ms) FROM segment s WHERE s.point_no = run.point_no "
                "AND s.start_ms >= run.start_ms AND s.run_no = run.no), start_ms)) WHERE end_ms IS NULL",
                ("power_lost" if self._catalogue.booted else "recorder_died",),
            )

    def _write_hold_notes(self) -> None:
        # A volume that was away when a hold was placed is told of it when it is back.
        places = self._shelf.places()
        for place in places:
            if place.no not in self._told_of_holds:
                self._shelf.do(place, partial(write_missing_notes, self._catalogue, place.root))
        self._told_of_holds = {place.no for place in places}

    def _scan(self) -> None:
        for place in self._shelf.places():
            row = self._catalogue.database.row("SELECT scanned_ms FROM volume WHERE no = ?", (place.no,))
            if row is not None and row[0] is None:
                self.report.adopted += scan_volume(self._catalogue, self._shelf, place, self.stopping)

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
                place = places[segment.key.volume_no]
                taken = self._shelf.do(place, partial(sha256_of, place.root / segment.path), limit_s=HASH_LIMIT_S)
                self._catalogue.set_hash(segment.key, taken)


@dataclass(frozen=True, slots=True)
class _Torn:
    """A file that was being written, cut after its last whole fragment."""

    file: SegmentFile | None
    """None if fragments lie in it that nobody can read: a damaged disk, not a torn file."""


def _cut_torn(path: Path) -> _Torn | None:
    # None where nothing is left of it: the row came first, and the file was never made or holds no whole fragment.
    try:
        found: SegmentFile | None = read_segment(path)
    except FileNotFoundError:
        return None
    except NotOurSegment:
        if path.stat().st_size > LONGEST_HEAD:
            return _Torn(None)
        found = None
    if found is None or not found.fragments:
        path.unlink()
        sync_folder(path.parent)
        return None
    if found.size > found.whole_bytes:
        handle = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.ftruncate(handle, found.whole_bytes)
            os.fsync(handle)
        finally:
            os.close(handle)
    return _Torn(found)
