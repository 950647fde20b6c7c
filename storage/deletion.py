"""Finishes deletions that are decided and written down: file unlinked, folder synced, row dropped (删除)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from foundation.audit import AuditChain
from foundation.sqlite import Transaction
from storage.catalogue import FROM_SEGMENT, Catalogue, Segment, SegmentKey, segment_of
from storage.holds import Holds
from storage.segment import sync_folder
from storage.shelf import Place, Shelf

BATCH: Final = 64
"""So many files at most are in the disk's hands at once."""

_log = structlog.get_logger("deletion")


class Deletions:
    """Deletes what is marked as going; whatever fails stays marked and is tried again at the next sweep."""

    def __init__(self, catalogue: Catalogue, shelf: Shelf, audit: AuditChain) -> None:
        self._catalogue = catalogue
        self._shelf = shelf
        self._audit = audit
        self._holds = Holds(catalogue, audit)

    def finish(self, place: Place) -> int:
        """Delete every marked segment of a volume; returns how many went. Raises DatabaseError.

        A disk that refuses is told to the shelf. What a hold has covered since it was marked stays after all.
        """
        done = 0
        with self._catalogue.database.transaction() as transaction:
            rows = transaction.rows(
                FROM_SEGMENT + "WHERE s.state IN (0, 2) AND s.state = 2 AND s.volume_no = ?", (place.no,)
            )
            going = self._without_held(transaction, place, [segment_of(row) for row in rows])
        for at in range(0, len(going), BATCH):
            batch = going[at : at + BATCH]
            gone: list[SegmentKey] = []
            try:
                self._shelf.do(place, partial(_unlink, place.root, batch, gone))
            except OSError as error:
                self._shelf.report(place, error)
                return done
            self._catalogue.forget_segments(gone)
            for key in {(key.point_no, key.volume_no): key for key in gone}.values():
                self._catalogue.forget_rates(key)
            done += len(gone)
        return done

    def _without_held(self, transaction: Transaction, place: Place, segments: Sequence[Segment]) -> list[Segment]:
        age = self._catalogue.running.proven_age()
        going = []
        for segment in segments:
            key = segment.key
            holds = self._holds.of_point(transaction, key.point_no)
            if not any(hold.covers(key.start_ms, segment.end_ms) and hold.binds(age) for hold in holds):
                going.append(segment)
                continue
            transaction.execute(
                "UPDATE segment SET state = 1 WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
                (key.point_no, key.start_ms, key.volume_no),
            )
            body: dict[str, object] = {
                "point": segment.point,
                "volume": place.volume.id,
                "first_start_ms": key.start_ms,
                "last_end_ms": segment.end_ms,
                "segments": 1,
            }
            self._audit.append(transaction, record_id=f"footage:{segment.point}", action="footage.kept", body=body)
        return going


def _unlink(root: Path, segments: Sequence[Segment], gone: list[SegmentKey]) -> None:
    folders = set()
    for segment in segments:
        path = root / segment.path
        path.unlink(missing_ok=True)
        folders.add(path.parent)
        _log.info("deleted", point=segment.point, file=str(segment.path))
    for folder in folders:
        if folder.is_dir():
            sync_folder(folder)
            if not any(folder.iterdir()):
                folder.rmdir()
                sync_folder(folder.parent)
    gone.extend(segment.key for segment in segments)
