"""Shows that the shipped retention does what it promises, on a scratch volume with a clock of its own."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from camera.stream import Codec, Frame, VideoFormat
from config.retention import FLOOR_DAYS
from config.volume import Volume
from foundation.audit import AuditChain
from foundation.clock import NS_PER_S, ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from storage.catalogue import Catalogue
from storage.fragment import FragmentBuilder
from storage.mp4 import SegmentHeader
from storage.segment import SegmentWriter, segment_path
from storage.shelf import Place, Shelf
from storage.sweep import Sweep

_POINT: Final = "proof"
_SPS: Final = bytes.fromhex(
    "6742c00adb0a0f6026a0a0a0800000030080000019078913c0"
)  # 160 x 120, one grey picture is enough
_PPS: Final = bytes.fromhex("68ca8cb2")
OLD_DAYS: Final = FLOOR_DAYS + 1
YOUNG_DAYS: Final = FLOOR_DAYS - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionProof:
    """What one sweep did to footage of two ages."""

    keep_days: int
    old_days: int
    old_deleted_from_disk: bool
    old_deleted_from_catalogue: bool
    young_days: int
    young_kept_on_disk: bool
    young_kept_in_catalogue: bool

    @property
    def holds(self) -> bool:
        """Whether the old footage went and the young one stayed, on the disk and in the catalogue."""
        return all(
            (
                self.old_deleted_from_disk,
                self.old_deleted_from_catalogue,
                self.young_kept_on_disk,
                self.young_kept_in_catalogue,
            )
        )


def prove_retention(scratch: Path, sample: Path | None = None) -> RetentionProof:
    """File footage 91 and 89 days old by proven time on a volume in `scratch`, run the sweep once, see what is left.

    `sample` is a segment file to copy in; without one a single grey picture is written. The folder is emptied first.
    Raises OSError, DatabaseError.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    clock = ManualClock()
    volume = Volume(id="proof", path=scratch / "volume", own_disk=False, reserve_bytes=64 * 1024**2)
    catalogue = Catalogue(scratch / "catalogue.sqlite", clock)
    journal = Journal.open(scratch / "journal.sqlite", clock)
    try:
        shelf = Shelf([volume], catalogue, FindingBoard(journal, clock))
        shelf.look()
        place = shelf.place_for(volume.id)
        point_no = _enrol(catalogue)
        old = _file_footage(catalogue, place, point_no, sample)
        clock.advance(days=OLD_DAYS - YOUNG_DAYS)
        young = _file_footage(catalogue, place, point_no, sample)
        clock.advance(days=YOUNG_DAYS)
        Sweep(catalogue, shelf, AuditChain(clock), lambda: True).once()
        left = {row[0] for row in catalogue.database.rows("SELECT start_ms FROM segment")}
        return RetentionProof(
            keep_days=FLOOR_DAYS,
            old_days=OLD_DAYS,
            old_deleted_from_disk=not (place.root / segment_path(_POINT, old)).exists(),
            old_deleted_from_catalogue=old not in left,
            young_days=YOUNG_DAYS,
            young_kept_on_disk=(place.root / segment_path(_POINT, young)).exists(),
            young_kept_in_catalogue=young in left,
        )
    finally:
        catalogue.close()
        journal.database.close()


def _enrol(catalogue: Catalogue) -> int:
    with catalogue.database.transaction() as transaction:
        transaction.execute(
            "INSERT INTO point (id, since_ms, since_axis_ms, policy, keep_days, delete_after_days, volume) "
            "VALUES (?, ?, ?, 'proof', ?, ?, 'proof')",
            (_POINT, catalogue.now_ms(), catalogue.now_axis_ms(), FLOOR_DAYS, FLOOR_DAYS),
        )
        return transaction.last_row_id()


def _file_footage(catalogue: Catalogue, place: Place, point_no: int, sample: Path | None) -> int:
    start_ms = catalogue.now_ms()
    video = VideoFormat(Codec.H264, (_SPS, _PPS), 160, 120)
    run_no = catalogue.begin_run(point_no, start_ms, video)
    [key] = catalogue.begin_segments(point_no, start_ms, [(place.no, 0)], run_no=run_no)
    writer = SegmentWriter(
        place.root, SegmentHeader(_POINT, place.uuid, start_ms, start_ms), video, None, suffix=0, first_ticks=0
    )
    fragment = FragmentBuilder()
    fragment.add(Frame(0, True, bytearray(b"\0\0\0\1\x65"), video, catalogue.clock.running_ns()))
    writer.write(fragment, end_ticks=90_000, start_ms=start_ms, axis_ms=catalogue.now_axis_ms())
    catalogue.finish_segments([(key, writer.close())])
    catalogue.end_run(run_no, start_ms + NS_PER_S // 1_000_000, "asked", 0)
    if sample is not None:
        shutil.copyfile(sample, writer.path)
    return start_ms
