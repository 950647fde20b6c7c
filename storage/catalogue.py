"""The catalogue's writing side: points, volumes, runs and segments, each row committed before it is relied on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from camera.stream import VideoFormat
from config.settings import Settings
from foundation.audit import AUDIT_SQL
from foundation.clock import Clock
from foundation.journal import JOURNAL_SQL
from foundation.proven_time import PROVEN_TIME_SQL, RunningTime
from foundation.sqlite import Database, Schema, Transaction
from storage.days import NS_PER_MS, day_number
from storage.segment import WrittenSegment, segment_path
from storage.volume import VolumeIdentity

SCHEMA: Final = Schema.load(
    "catalogue",
    JOURNAL_SQL,
    AUDIT_SQL,
    PROVEN_TIME_SQL,
    ("storage", "schema.sql"),
    ("storage", "full_choice.sql"),
    ("storage", "replaced.sql"),
    ("storage", "lost_spans.sql"),
)


class SegmentState(IntEnum):
    """How far a segment is; numbers as they stand in the catalogue."""

    WRITING = 0
    WHOLE = 1
    GOING = 2
    LOST = 3


@dataclass(frozen=True, slots=True)
class SegmentKey:
    """Names one copy of one segment."""

    point_no: int
    start_ms: int
    volume_no: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A catalogued segment."""

    key: SegmentKey
    point: str
    state: SegmentState
    suffix: int
    run_no: int
    duration_ms: int
    size_bytes: int
    end_axis_ms: int
    sha256: bytes | None

    @property
    def end_ms(self) -> int:
        """UTC of the end of its last frame."""
        return self.key.start_ms + self.duration_ms

    @property
    def path(self) -> Path:
        """Below the volume's root."""
        return segment_path(self.point, self.key.start_ms, self.suffix)


SEGMENT_COLUMNS: Final = (
    "s.point_no, s.start_ms, s.volume_no, p.id, s.state, s.suffix, s.run_no, s.duration_ms, s.bytes, s.end_axis_ms, "
    "s.sha256"
)
FROM_SEGMENT: Final = f"SELECT {SEGMENT_COLUMNS} FROM segment s JOIN point p ON p.no = s.point_no "  # noqa: S608 - constants


def segment_of(row: Sequence[object]) -> Segment:
    """A segment from a row of SEGMENT_COLUMNS."""
    point_no, start_ms, volume_no, point, state, suffix, run_no, duration_ms, size, axis, sha256 = row
    whole = [
        int(str(value)) for value in (point_no, start_ms, volume_no, state, suffix, run_no, duration_ms, size, axis)
    ]
    return Segment(
        SegmentKey(*whole[:3]),
        str(point),
        SegmentState(whole[3]),
        suffix=whole[4],
        run_no=whole[5],
        duration_ms=whole[6],
        size_bytes=whole[7],
        end_axis_ms=whole[8],
        sha256=sha256 if isinstance(sha256, bytes) else None,
    )


def count_rate(transaction: Transaction, key: SegmentKey, duration_ms: int, size_bytes: int) -> None:
    """Add a segment to its hour's bytes."""
    transaction.execute(
        "INSERT INTO rate (point_no, volume_no, hour, bytes, duration_ms) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE "
        "SET bytes = bytes + excluded.bytes, duration_ms = duration_ms + excluded.duration_ms",
        (key.point_no, key.volume_no, key.start_ms // 3_600_000, size_bytes, duration_ms),
    )


def note_if_sealed(transaction: Transaction, key: SegmentKey) -> None:
    """A segment that comes to light after its day was sealed is sealed as an addition."""
    transaction.execute(
        "INSERT INTO addition (point_no, start_ms, volume_no) SELECT ?1, ?2, ?3 WHERE EXISTS "
        "(SELECT 1 FROM seal WHERE kind = 'day' AND day = ?4) ON CONFLICT DO NOTHING",
        (key.point_no, key.start_ms, key.volume_no, day_number(key.start_ms)),
    )


class Catalogue:
    """One writer, the recorder role; usable from any of its threads."""

    def __init__(self, path: Path, clock: Clock, *, least_axis_ms: Callable[[], int] = lambda: 0) -> None:
        """Open or make the catalogue. Raises DatabaseError.

        `least_axis_ms` is asked when the catalogue is new: where the running axis must begin so that footage which
        outlived a lost catalogue keeps its age, and new footage does not inherit it.
        """
        self.database = Database(path, SCHEMA)
        self.clock = clock
        with self.database.transaction() as transaction:
            last = transaction.row("SELECT boot_id FROM running_time")
            self.booted: Final = last is not None and last[0] != clock.boot_id()
            """Whether the machine has booted since the catalogue was last open: a run without an end lost its power."""
            if last is None:
                transaction.execute(
                    "INSERT INTO running_time (id, axis_ns, boot_id, boot_running_ns) VALUES (1, ?, ?, ?)",
                    (least_axis_ms() * NS_PER_MS, clock.boot_id(), clock.running_ns()),
                )
        self.running = RunningTime(self.database, clock)

    def now_ms(self) -> int:
        """The box's UTC in milliseconds."""
        return self.clock.utc_ns() // NS_PER_MS

    def now_axis_ms(self) -> int:
        """The present place on the running axis."""
        return self.running.now_ns() // NS_PER_MS

    def enrol_points(self, settings: Settings) -> dict[str, int]:
        """Give every point of the settings its number and policy; a point that left keeps its row and its promise."""
        with self.database.transaction() as transaction:
            for point in settings.points:
                policy = settings.retention_policy(point.retention)
                transaction.execute(
                    "INSERT INTO point (id, since_ms, since_axis_ms, policy, keep_days, delete_after_days, volume) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET policy = excluded.policy, "
                    "keep_days = excluded.keep_days, delete_after_days = excluded.delete_after_days, "
                    "volume = excluded.volume, retired_ms = NULL",
                    (
                        point.id,
                        self.now_ms(),
                        self.now_axis_ms(),
                        policy.id,
                        policy.keep_days,
                        policy.delete_after_days,
                        point.volume,
                    ),
                )
            numbers = {str(row[0]): int(row[1]) for row in transaction.rows("SELECT id, no FROM point")}
            here = {point.id for point in settings.points}
            for gone in numbers.keys() - here:
                transaction.execute(
                    "UPDATE point SET retired_ms = ? WHERE id = ? AND retired_ms IS NULL", (self.now_ms(), gone)
                )
        return numbers

    def known_volume(self, volume_id: str) -> tuple[int, str] | None:
        """Number and identity of the latest disk that bore this volume's name."""
        row = self.database.row("SELECT no, uuid FROM volume WHERE id = ? ORDER BY no DESC LIMIT 1", (volume_id,))
        return (int(row[0]), str(row[1])) if row else None

    def enrol_volume(self, identity: VolumeIdentity, *, empty: bool) -> int:
        """Number of a volume by its identity; one that holds footage already must be scanned before any deletion."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO volume (id, uuid, since_ms, scanned_ms) VALUES (?, ?, ?, ?) ON CONFLICT (uuid) DO NOTHING",
                (identity.id, identity.uuid, self.now_ms(), self.now_ms() if empty else None),
            )
            row = transaction.row("SELECT no FROM volume WHERE uuid = ?", (identity.uuid,))
        assert row is not None
        return int(row[0])

    def begin_run(self, point_no: int, start_ms: int, video: VideoFormat) -> int:
        """Row of an unbroken stretch of recording; returns its number."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO run (point_no, start_ms, codec, width_px, height_px, keep_days) "
                "SELECT no, ?2, ?3, ?4, ?5, keep_days FROM point WHERE no = ?1",
                (point_no, start_ms, video.codec.value, video.width_px, video.height_px),
            )
            return transaction.last_row_id()

    def end_run(self, run_no: int, end_ms: int, cause: str, packets_lost: int) -> None:
        """The stretch is over, and why."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "UPDATE run SET end_ms = ?, end_cause = ?, packets_lost = ? WHERE no = ?",
                (end_ms, cause, packets_lost, run_no),
            )

    def is_held(self, point_no: int, at_ms: int) -> bool:
        """Whether somebody, or an alarm, wants the footage of this moment kept."""
        return (
            self.database.row(
                "SELECT 1 FROM hold WHERE point_no = ?1 AND ended_ms IS NULL AND from_ms <= ?2 AND to_ms > ?2 LIMIT 1",
                (point_no, at_ms),
            )
            is not None
        )

    def begin_segments(
        self,
        point_no: int,
        start_ms: int,
        copies: Sequence[tuple[int, int]],
        *,
        run_no: int,
        finished: Sequence[tuple[SegmentKey, WrittenSegment]] = (),
    ) -> list[SegmentKey]:
        """Rows of files about to be made, together with the end of those before; one for each (volume, suffix).

        Returns their keys, which are a millisecond later where a stepped clock gave the same one twice.
        """
        with self.database.transaction() as transaction:
            for key, written in finished:
                self._finish(transaction, key, written)
            while transaction.row("SELECT 1 FROM segment WHERE point_no = ? AND start_ms = ?", (point_no, start_ms)):
                start_ms += 1
            keys = [SegmentKey(point_no, start_ms, volume_no) for volume_no, _ in copies]
            for volume_no, suffix in copies:
                transaction.execute(
                    "INSERT INTO segment (point_no, start_ms, volume_no, state, suffix, run_no, duration_ms, bytes, "
                    "end_axis_ms) VALUES (?, ?, ?, 0, ?, ?, 0, 0, ?)",
                    (point_no, start_ms, volume_no, suffix, run_no, self.now_axis_ms()),
                )
        return keys

    def finish_segments(self, finished: Sequence[tuple[SegmentKey, WrittenSegment]]) -> None:
        """These files are closed and whole."""
        with self.database.transaction() as transaction:
            for key, written in finished:
                self._finish(transaction, key, written)

    def _finish(self, transaction: Transaction, key: SegmentKey, written: WrittenSegment) -> None:
        transaction.execute(
            "UPDATE segment SET state = 1, duration_ms = ?, bytes = ?, end_axis_ms = ?, sha256 = ? "
            "WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
            (
                written.duration_ms,
                written.size_bytes,
                self.now_axis_ms(),
                written.sha256,
                key.point_no,
                key.start_ms,
                key.volume_no,
            ),
        )
        count_rate(transaction, key, written.duration_ms, written.size_bytes)
        note_if_sealed(transaction, key)  # a clock set back may lead into a day that is sealed

    def close_repaired(self, key: SegmentKey, *, duration_ms: int, size_bytes: int, end_axis_ms: int) -> None:
        """A torn file was cut after its last whole fragment; its hash follows."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "UPDATE segment SET state = 1, duration_ms = ?, bytes = ?, end_axis_ms = ? "
                "WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
                (duration_ms, size_bytes, end_axis_ms, key.point_no, key.start_ms, key.volume_no),
            )
            count_rate(transaction, key, duration_ms, size_bytes)
            note_if_sealed(transaction, key)

    def set_hash(self, key: SegmentKey, sha256: bytes) -> None:
        """The hash of a repaired or adopted file; never replaces one."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "UPDATE segment SET sha256 = ? WHERE point_no = ? AND start_ms = ? AND volume_no = ? "
                "AND sha256 IS NULL",
                (sha256, key.point_no, key.start_ms, key.volume_no),
            )

    def lose_segment(self, segment: Segment, cause: str) -> None:
        """Footage that was promised cannot be played any more; its row stays, as a witness."""
        key = segment.key
        with self.database.transaction() as transaction:
            transaction.execute(
                "UPDATE segment SET state = 3 WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
                (key.point_no, key.start_ms, key.volume_no),
            )
            transaction.execute(
                "INSERT INTO loss (point_no, start_ms, end_ms, end_axis_ms, volume_no, cause, noticed_ms) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    key.point_no,
                    key.start_ms,
                    segment.end_ms,
                    segment.end_axis_ms,
                    key.volume_no,
                    cause,
                    self.now_ms(),
                ),
            )

    def forget_segment(self, key: SegmentKey) -> None:
        """Drop the row of a file that was never made or is gone by decision."""
        self.forget_segments([key])

    def forget_segments(self, keys: Iterable[SegmentKey]) -> None:
        """Drop rows whose files are gone for good and whose folders are synced."""
        with self.database.transaction() as transaction:
            transaction.execute_many(
                "DELETE FROM segment WHERE point_no = ? AND start_ms = ? AND volume_no = ?",
                [(key.point_no, key.start_ms, key.volume_no) for key in keys],
            )

    def forget_rates(self, key: SegmentKey) -> None:
        """Drop the hours of a point on a volume from which no segment is left."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "DELETE FROM rate WHERE point_no = ?1 AND volume_no = ?2 AND hour < (SELECT min(start_ms) / 3600000 "
                "FROM segment WHERE point_no = ?1)",
                (key.point_no, key.volume_no),
            )

    def close(self) -> None:
        """Save the running axis and let go of the file."""
        self.running.save()
        self.database.close()
