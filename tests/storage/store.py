"""A volume, a catalogue and a clock of the test's; footage is written by hand."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from camera.stream import Codec, Frame, VideoFormat
from config.volume import Volume
from foundation.audit import AuditChain
from foundation.clock import ManualClock, beijing_day_start_ns
from foundation.finding import FindingBoard
from foundation.journal import Journal
from storage import ledger
from storage.catalogue import Catalogue
from storage.check import CheckReport, check
from storage.days import day_number, day_of_number, day_span_ms
from storage.fragment import FragmentBuilder
from storage.mounted import mounted
from storage.mp4 import SegmentHeader
from storage.seal import Sealer
from storage.segment import SegmentWriter
from storage.shelf import Shelf
from storage.verify import Verifier

DAY = date(2026, 11, 20)
START_MS = beijing_day_start_ns(DAY) // 1_000_000
VIDEO = VideoFormat(
    Codec.H264,
    (bytes.fromhex("6764000dacb40a0fd080000003008000001947 8a1550".replace(" ", "")), bytes.fromhex("68ef0fcb")),
    320,
    240,
)


class Store:
    """A volume, a catalogue and a clock of the test's; records by hand."""

    def __init__(self, folder: Path, *, points: tuple[str, ...] = ("gate",), clock: ManualClock | None = None) -> None:
        self.folder = folder
        self.clock = clock or ManualClock(now_utc_ns=START_MS * 1_000_000)
        self.volume = Volume(id="main", path=folder / "main", own_disk=False, reserve_bytes=64 * 1024**2)
        self.path = folder / "catalogue.sqlite"
        self.catalogue = Catalogue(self.path, self.clock)
        self.journal = Journal.open(folder / "journal.sqlite", self.clock)
        self.findings = FindingBoard(self.journal, self.clock)
        self.shelf = Shelf([self.volume], self.catalogue, self.findings)
        self.shelf.look()
        self.audit = AuditChain(self.clock)
        self.sealer = Sealer(self.catalogue, self.shelf)
        self.verifier = Verifier(self.catalogue, self.shelf, self.findings, rate_bytes_per_s=10**9)
        with self.catalogue.database.transaction() as transaction:
            for point in points:
                transaction.execute(
                    "INSERT INTO point (id, since_ms, since_axis_ms, policy, keep_days, delete_after_days, volume) "
                    "VALUES (?, ?, 0, 'p', 90, 90, 'main') ON CONFLICT DO NOTHING",
                    (point, self.catalogue.now_ms()),
                )

    def number(self, point: str) -> int:
        row = self.catalogue.database.row("SELECT no FROM point WHERE id = ?", (point,))
        assert row is not None
        return int(row[0])

    def record(self, minutes: int, *, point: str = "gate", cause: str = "asked", step_s: int = 60) -> list[Path]:
        """Segments of a minute each, one run, the clock going on."""
        place, no = self.shelf.place_for("main"), self.number(point)
        run_no = self.catalogue.begin_run(no, self.catalogue.now_ms(), VIDEO)
        paths = []
        for _ in range(minutes):
            start_ms = self.catalogue.now_ms()
            [key] = self.catalogue.begin_segments(no, start_ms, [(place.no, 0)], run_no=run_no)
            header = SegmentHeader(point, place.uuid, start_ms, start_ms)
            writer = SegmentWriter(place.root, header, VIDEO, None, suffix=0, first_ticks=0)
            fragment = FragmentBuilder()
            fragment.add(Frame(0, True, bytearray(os.urandom(300)), VIDEO, 0))
            self.clock.advance(seconds=step_s)
            axis_ms = self.catalogue.now_axis_ms()
            writer.write(fragment, end_ticks=step_s * 90_000, start_ms=start_ms, axis_ms=axis_ms)
            self.catalogue.finish_segments([(key, writer.close())])
            paths.append(writer.path)
        self.catalogue.end_run(run_no, self.catalogue.now_ms(), cause, 0)
        return paths

    def until_next_day(self) -> None:
        now_ms = self.catalogue.now_ms()
        _, end_ms = day_span_ms(day_of_number(day_number(now_ms)))
        self.clock.advance(seconds=(end_ms - now_ms) / 1000 + 3700)

    def check(self) -> CheckReport:
        with self.catalogue.database.transaction() as transaction:
            volumes = mounted(transaction, [self.volume])
        return check(self.path, volumes)

    def verdict(self, point: str = "gate") -> ledger.PointVerdict:
        self.catalogue.running.save()
        return next(each for each in ledger.verdicts(self.path, self.catalogue.now_ms()) if each.point == point)

    def day(self, day: date = DAY) -> ledger.DayEntry:
        return ledger.day_entry(self.path, "gate", day, self.catalogue.now_ms())

    def close(self) -> None:
        self.catalogue.close()
        self.journal.database.close()
