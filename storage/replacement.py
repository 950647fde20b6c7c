"""A disk replaced by another under the same volume id (换盘): what lay on the former one is a loss from that moment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from foundation.audit import AuditChain
from foundation.sqlite import Transaction, open_read_only
from storage.catalogue import Catalogue
from storage.facts import DiskReplaced
from storage.loss import enter_loss

BATCH: Final = 2000
"""Segments in a transaction: recording waits for it, and a disk may hold millions."""

_log = structlog.get_logger("replacement")


def disk_in_use(catalogue: Path, volume_id: str) -> str | None:
    """Identity of the disk that the recorder knows by a volume's id; None if it knows none. Raises DatabaseError."""
    with open_read_only(catalogue) as reader:
        row = reader.row("SELECT uuid FROM volume WHERE id = ? ORDER BY no DESC LIMIT 1", (volume_id,))
    return str(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the recorder is with what a person said of a disk."""

    begun: bool
    segments: int
    left: int
    """Segments of the former disk that are still to be entered as lost."""

    @property
    def done(self) -> bool:
        """Nothing is left to do."""
        return self.begun and self.left == 0


def progress_of(catalogue: Path, former_uuid: str) -> Progress:
    """What the catalogue says of a replaced disk by its identity. Raises DatabaseError."""
    with open_read_only(catalogue) as reader:
        row = reader.row("SELECT no, replaced_ms FROM volume WHERE uuid = ?", (former_uuid,))
        if row is None:
            return Progress(False, 0, 0)
        counted = reader.row(
            "SELECT count(*), coalesce(sum(state IN (0, 1)), 0) FROM segment WHERE volume_no = ?", (row[0],)
        )
    segments, left = counted or (0, 0)
    return Progress(row[1] is not None, segments, left)


class Replacements:
    """Does what a person said of a disk; a second time, or after an interruption, it does what is left."""

    def __init__(self, catalogue: Catalogue, audit: AuditChain) -> None:
        self._catalogue = catalogue
        self._audit = audit

    def apply(self, replaced: DiskReplaced) -> None:
        """Know the new disk by the volume's id and enter the former one's footage as lost. Raises DatabaseError."""
        with self._catalogue.database.transaction() as transaction:
            row = transaction.row(
                "SELECT no, replaced_ms FROM volume WHERE id = ? AND uuid = ?", (replaced.volume, replaced.former_uuid)
            )
            if row is None:
                _log.error("a disk that was never in use was to be replaced", volume=replaced.volume)
                return
            no, replaced_ms = row
            if replaced_ms is None:
                self._enter(transaction, no, replaced)
            points = [point_no for (point_no,) in transaction.rows("SELECT no FROM point")]
        for point_no in points:
            after_ms: int | None = -1
            while after_ms is not None:
                with self._catalogue.database.transaction() as transaction:
                    after_ms = _lose(transaction, no, point_no, after_ms, self._catalogue.now_ms())

    def _enter(self, transaction: Transaction, no: int, replaced: DiskReplaced) -> None:
        now_ms = self._catalogue.now_ms()
        # Rows marked as going are audited as deleted already; their files went with the disk.
        transaction.execute("DELETE FROM segment WHERE volume_no = ? AND state = 2", (no,))
        lost = transaction.row("SELECT count(*), coalesce(sum(bytes), 0) FROM segment WHERE volume_no = ?", (no,))
        transaction.execute("UPDATE volume SET replaced_ms = ? WHERE no = ?", (now_ms, no))
        transaction.execute("DELETE FROM presence WHERE volume_no = ?", (no,))
        transaction.execute(
            "INSERT INTO volume (id, uuid, since_ms, scanned_ms) VALUES (?, ?, ?, NULL) ON CONFLICT (uuid) DO NOTHING",
            (replaced.volume, replaced.uuid, now_ms),
        )
        segments, size = lost or (0, 0)
        self._audit.append(
            transaction,
            record_id=f"volume:{replaced.volume}",
            action="volume.replaced",
            body={
                "volume": replaced.volume,
                "former": replaced.former_uuid,
                "new": replaced.uuid,
                "person": replaced.person,
                "reason": replaced.reason,
                "segments": segments,
                "bytes": size,
            },
        )
        _log.warning("a disk was replaced", volume=replaced.volume, person=replaced.person, segments=segments)


def _lose(transaction: Transaction, volume_no: int, point_no: int, after_ms: int, now_ms: int) -> int | None:
    # The next batch of a point; returns where it ended, None after the last. What was being written when the disk went
    # is lost up to the next segment or the end of its run.
    row = transaction.row(
        "SELECT max(start_ms) FROM (SELECT start_ms FROM segment WHERE point_no = ? AND start_ms > ? AND volume_no = ? "
        "ORDER BY start_ms LIMIT ?)",
        (point_no, after_ms, volume_no, BATCH),
    )
    if row is None or row[0] is None:
        return None
    last_ms = int(row[0])
    which = (point_no, after_ms, last_ms, volume_no)
    for start_ms, end_ms, end_axis_ms in transaction.rows(
        "SELECT start_ms, end_ms, end_axis_ms FROM (SELECT s.start_ms, "
        "CASE s.state WHEN 1 THEN s.start_ms + s.duration_ms ELSE min(coalesce(r.end_ms, s.start_ms), coalesce((SELECT "
        "n.start_ms FROM segment n WHERE n.point_no = s.point_no AND n.start_ms > s.start_ms ORDER BY n.start_ms "
        "LIMIT 1), r.end_ms)) END AS end_ms, s.end_axis_ms FROM segment s JOIN run r ON r.no = s.run_no "
        "WHERE s.point_no = ? AND s.start_ms > ? AND s.start_ms <= ? AND s.volume_no = ? AND s.state IN (0, 1)) "
        "WHERE end_ms > start_ms ORDER BY start_ms",
        which,
    ):
        enter_loss(
            transaction,
            point_no=point_no,
            volume_no=volume_no,
            cause="replaced",
            start_ms=start_ms,
            end_ms=end_ms,
            end_axis_ms=end_axis_ms,
            now_ms=now_ms,
        )
    transaction.execute(
        "UPDATE segment SET state = 3 WHERE point_no = ? AND start_ms > ? AND start_ms <= ? AND volume_no = ? "
        "AND state IN (0, 1)",
        which,
    )
    return last_ms
