"""Rows of what lay on replaced disks: they witness what was sealed, and go once nothing of it was promised any more."""

from __future__ import annotations

import threading
from typing import Final

import structlog

from foundation.audit import AuditChain
from foundation.sqlite import Transaction
from storage.catalogue import FROM_SEGMENT, Catalogue, Segment, segment_of
from storage.retention import Pressure, Promise, cutoff_axis_ms

BATCH: Final = 1000
"""Rows in a transaction: recording waits for it."""

_log = structlog.get_logger("witnesses")


class Witnesses:
    """Lets go of rows without a disk as retention lets go of files: past the promise by proven time, each audited."""

    def __init__(self, catalogue: Catalogue, audit: AuditChain) -> None:
        self._catalogue = catalogue
        self._audit = audit

    def forget(self, stopping: threading.Event) -> int:
        """Drop every such row; returns how many went. What was lost stays in the ledger. Raises DatabaseError."""
        gone = 0
        while not stopping.is_set():
            with self._catalogue.database.transaction() as transaction:
                found = self._next(transaction)
                if not found:
                    break
                self._drop(transaction, found)
            self._catalogue.forget_rates(found[0].key)
            gone += len(found)
        if gone:
            _log.info("rows of replaced disks are past their promise", segments=gone)
        return gone

    def _next(self, transaction: Transaction) -> list[Segment]:
        # A batch of one point on one disk.
        age = self._catalogue.running.proven_age()
        for volume_no, point_no, recorded_keep_days, keep_days in transaction.rows(
            "SELECT v.no, p.no, r.keep_days, p.keep_days FROM volume v, point p JOIN (SELECT DISTINCT point_no, "
            "keep_days FROM run) r ON r.point_no = p.no WHERE v.replaced_ms IS NOT NULL AND EXISTS (SELECT 1 FROM "
            "segment s WHERE s.volume_no = v.no AND s.point_no = p.no)"
        ):
            promise = Promise.of(recorded_keep_days=recorded_keep_days, keep_days=keep_days, delete_after_days=None)
            rows = transaction.rows(
                FROM_SEGMENT + "JOIN run r ON r.no = s.run_no WHERE s.volume_no = ? AND s.point_no = ? AND s.state = 3 "
                "AND s.end_axis_ms <= ? AND r.keep_days = ? ORDER BY s.end_axis_ms LIMIT ?",
                (
                    volume_no,
                    point_no,
                    cutoff_axis_ms(age, promise, Pressure(needs_room=True)),
                    recorded_keep_days,
                    BATCH,
                ),
            )
            if rows:
                return [segment_of(row) for row in rows]
        return []

    def _drop(self, transaction: Transaction, segments: list[Segment]) -> None:
        keys = [segment.key for segment in segments]
        transaction.execute_many(
            "DELETE FROM segment WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
            [(key.point_no, key.start_ms, key.volume_no) for key in keys],
        )
        row = transaction.row("SELECT id FROM volume WHERE no = ?", (keys[0].volume_no,))
        assert row is not None
        self._audit.append(
            transaction,
            record_id=f"footage:{segments[0].point}",
            action="footage.deleted",
            body={
                "point": segments[0].point,
                "volume": row[0],
                "first_start_ms": min(key.start_ms for key in keys),
                "last_end_ms": max(segment.end_ms for segment in segments),
                "segments": len(segments),
                "reasons": {"replaced": len(segments)},
            },
        )
