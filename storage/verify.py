"""Reads footage back and compares it with what was written (录像复核): resumable, at a set rate, at night."""

from __future__ import annotations

import errno
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

import structlog

from foundation.clock import Clock, beijing
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError, Transaction, open_read_only
from storage.catalogue import FROM_SEGMENT, Catalogue, segment_of
from storage.check import LOST, WHOLE, DayRow, Found, Trouble, check_seals, folder_of, rows_of, sizes_in
from storage.days import BEIJING_OFFSET_MS, DAY_MS, day_number
from storage.mounted import Absent, Mounted
from storage.shelf import Place, Shelf

NIGHT_HOURS: Final = range(1, 7)
"""Beijing hours in which footage is read back: fewer people look at recordings then."""
RATE_BYTES_PER_S: Final = 50 * 1024**2
_CHUNK: Final = 1024**2
_LOOK_EVERY_S: Final = 60.0
PRESENCE_EVERY_MS: Final = DAY_MS // 2

T = TypeVar("T")

_log = structlog.get_logger("verify")


@dataclass(frozen=True, slots=True, order=True)
class DayOnVolume:
    """A point's day on a volume: the unit in which footage is read back."""

    day: int
    point: str
    point_no: int
    volume_no: int


@dataclass(slots=True)
class VerifyReport:
    """What was read back and what was found."""

    days: int = 0
    segments: int = 0
    bytes: int = 0
    found: list[Found] = field(default_factory=list)
    unread: dict[str, Absent] = field(default_factory=dict)
    """Volumes that failed or hung, by id; the next verification goes on with them."""

    @property
    def holds(self) -> bool:
        """True if everything could be read and is as it was written."""
        return not self.found and not self.unread


class Pace:
    """Keeps reading below a rate; waits on an event so that a stop is prompt."""

    def __init__(self, clock: Clock, rate_bytes_per_s: int, stopping: threading.Event) -> None:
        self._clock = clock
        self._rate = rate_bytes_per_s
        self._stopping = stopping
        self._began_ns = clock.running_ns()
        self._read = 0

    def took(self, count: int) -> None:
        """So much was read; wait as long as it should have taken."""
        self._read += count
        due_s = self._read / self._rate
        passed_s = (self._clock.running_ns() - self._began_ns) / 1e9
        if due_s > passed_s:
            self._stopping.wait(due_s - passed_s)

    @property
    def stopped(self) -> bool:
        """Whether to leave off."""
        return self._stopping.is_set()


def days_on_volumes(reader: Transaction, volumes: Sequence[Mounted]) -> list[DayOnVolume]:
    """Every sealed point's day that has a row on these volumes."""
    numbers = {volume.no for volume in volumes}
    found = set()
    for day, point, point_no in reader.rows(
        "SELECT DISTINCT s.day, p.id, p.no FROM seal s JOIN seal_point sp ON sp.seal_no = s.no "
        "JOIN point p ON p.no = sp.point_no"
    ):
        start_ms = day * DAY_MS - BEIJING_OFFSET_MS
        for (volume_no,) in reader.rows(
            "SELECT DISTINCT volume_no FROM segment WHERE point_no = ? AND start_ms >= ? AND start_ms < ?",
            (point_no, start_ms, start_ms + DAY_MS),
        ):
            if volume_no in numbers:
                found.add(DayOnVolume(day, point, point_no, volume_no))
    return sorted(found)


class Touch(Protocol):
    """Makes a call that touches a disk and gives up on one that hangs (storage.hands)."""

    def __call__(self, call: Callable[[], T], /) -> T: ...


def read_back(
    catalogue: Path, volume: Mounted, day: DayOnVolume, pace: Pace, touch: Touch
) -> Iterator[tuple[DayRow, Found | None]]:
    """Every whole segment of a day with what is wrong with it; ends early when stopped. Raises OSError, DatabaseError
    for a disk or catalogue that cannot be read at all."""
    folder = folder_of(volume.root, day.point, day.day)
    with open_read_only(catalogue) as reader:
        rows = rows_of(reader, day.point_no, day.day, day.volume_no)
    where = f"{volume.id}:{folder.relative_to(volume.root)}"
    for row in rows:
        if pace.stopped:
            return
        if row.state in (WHOLE, LOST):
            yield row, _verified(folder / row.name, row, f"{where}/{row.name}", pace, touch)


def _verified(path: Path, row: DayRow, where: str, pace: Pace, touch: Touch) -> Found | None:
    digest = hashlib.sha256()
    size = 0
    try:
        with touch(lambda: path.open("rb", buffering=0)) as file:
            while chunk := touch(lambda: file.read(_CHUNK)):
                digest.update(chunk)
                size += len(chunk)
                pace.took(len(chunk))
    except FileNotFoundError:
        return Found(Trouble.MISSING, where)
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        return Found(Trouble.ALTERED, where, "the disk cannot read it")
    if row.sha256 is not None and digest.digest() != row.sha256:
        return Found(Trouble.ALTERED, where, f"{size} bytes with another SHA-256")
    return None


def verify_all(
    catalogue: Path,
    volumes: Sequence[Mounted],
    *,
    clock: Clock,
    progress_file: Path,
    rate_bytes_per_s: int = RATE_BYTES_PER_S,
    stopping: threading.Event | None = None,
    progress: Callable[[int, int, VerifyReport], None] = lambda done, total, report: None,
) -> VerifyReport:
    """Read back every sealed day, going on where an interrupted verification stopped; nothing in the catalogue is
    written. A volume that fails or hangs is told of and left, and the rest is read. `progress` is told days done, days
    in all and the report so far. Raises DatabaseError, and OSError for the progress file."""
    event = stopping or threading.Event()
    pace = Pace(clock, rate_bytes_per_s, event)
    by_no = {volume.no: volume for volume in volumes}
    with open_read_only(catalogue) as reader:
        days = days_on_volumes(reader, volumes)
        _, broken = check_seals(reader)
    report = VerifyReport(found=list(broken))
    done = _read_progress(progress_file)
    for number, day in enumerate(days, start=1):
        name, volume = f"{day.day}/{day.point}/{day.volume_no}", by_no[day.volume_no]
        if volume.id in report.unread:
            continue
        if name not in done:
            try:
                bad = list(_verify_day(catalogue, volume, day, pace, report))
            except OSError as error:
                report.unread[volume.id] = Absent.after(volume, error)
                continue
            if event.is_set():
                return report
            report.found.extend(bad)
            if not bad:
                done.add(name)
                progress_file.write_text(json.dumps(sorted(done)), encoding="utf-8")
        report.days += 1
        progress(number, len(days), report)
    if not report.unread:
        progress_file.unlink(missing_ok=True)
    return report


def _verify_day(
    catalogue: Path, volume: Mounted, day: DayOnVolume, pace: Pace, report: VerifyReport
) -> Iterator[Found]:
    for row, wrong in read_back(catalogue, volume, day, pace, volume.do):
        report.segments += 1
        report.bytes += row.size_bytes
        if wrong is not None:
            yield wrong
    folder = folder_of(volume.root, day.point, day.day)
    if not pace.stopped:
        files = volume.do(partial(sizes_in, folder))
        with open_read_only(catalogue) as reader:
            names = {row.name for row in rows_of(reader, day.point_no, day.day, day.volume_no)}
        for name in files.keys() - names:
            yield Found(Trouble.FOREIGN, f"{volume.id}:{folder.relative_to(volume.root)}/{name}")


def _read_progress(file: Path) -> set[str]:
    try:
        return set(json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return set()


class Verifier(Service):
    """Looks for every file twice a day and reads the longest unread days back at night."""

    def __init__(
        self,
        catalogue: Catalogue,
        shelf: Shelf,
        findings: FindingBoard,
        *,
        rate_bytes_per_s: int = RATE_BYTES_PER_S,
    ) -> None:
        super().__init__("verifier")
        self._catalogue = catalogue
        self._shelf = shelf
        self._findings = findings
        self._rate = rate_bytes_per_s

    def _loop(self) -> None:
        while not self.stopping.wait(_LOOK_EVERY_S):
            try:
                self.note_presence()
                if beijing(self._catalogue.clock.utc_ns()).hour in NIGHT_HOURS:
                    self.verify_next()
            except (DatabaseError, OSError) as error:
                _log.error("footage cannot be verified now", error=str(error))

    def note_presence(self) -> None:
        """See which volumes are away and, twice a day, whether every file is there; one that fails keeps no other from
        being looked at. Raises DatabaseError."""
        here = {place.no: place for place in self._shelf.places()}
        now_ms = self._catalogue.now_ms()
        with self._catalogue.database.transaction() as transaction:
            rows = transaction.rows(
                "SELECT v.no, p.checked_ms, p.away_ms FROM volume v LEFT JOIN presence p ON p.volume_no = v.no "
                "WHERE v.replaced_ms IS NULL"
            )
            for no, checked_ms, away_ms in rows:
                if no not in here and away_ms is None:
                    _note(transaction, no, checked_ms, now_ms)
                elif no in here and away_ms is not None:
                    _note(transaction, no, checked_ms, None)
        for no, checked_ms, away_ms in rows:
            if no in here and (checked_ms is None or away_ms is not None or now_ms - checked_ms >= PRESENCE_EVERY_MS):
                place = here[no]
                try:
                    self._look_for_files(Mounted(no, place.volume.id, place.root), self._touch(place))
                except OSError as error:
                    _log.error("a volume's files cannot be looked for", volume=place.volume.id, error=str(error))
                    continue
                if self.stopping.is_set():
                    return
                with self._catalogue.database.transaction() as transaction:
                    _note(transaction, no, now_ms, None)

    def _touch(self, place: Place) -> Touch:
        def touch(call: Callable[[], T], /) -> T:
            try:
                return self._shelf.do(place, call)
            except TimeoutError as error:
                self._shelf.report(place, error)
                raise

        return touch

    def _look_for_files(self, volume: Mounted, touch: Touch) -> None:
        path = self._catalogue.database.path
        with open_read_only(path) as reader:
            points = reader.rows("SELECT no, id FROM point")
        for point_no, point in points:
            day = 0
            while not self.stopping.is_set():
                with open_read_only(path) as reader:
                    following = reader.row(
                        "SELECT start_ms FROM segment WHERE point_no = ? AND start_ms >= ? AND volume_no = ? LIMIT 1",
                        (point_no, day * DAY_MS - BEIJING_OFFSET_MS, volume.no),
                    )
                    if following is None:
                        break
                    day = day_number(following[0])
                    rows = rows_of(reader, point_no, day, volume.no)
                files = touch(partial(sizes_in, folder_of(volume.root, point, day)))
                for row in rows:
                    if row.state == WHOLE and files.get(row.name) != row.size_bytes:
                        cause = "missing" if row.name not in files else "altered"
                        self._lost(point_no, row.start_ms, volume, cause, touch)
                day += 1

    def verify_next(self) -> None:
        """Read back the day that was read longest ago, or never; a volume that fails or hangs keeps no other from being
        read. Raises DatabaseError."""
        places = {place.no: place for place in self._shelf.places()}
        with open_read_only(self._catalogue.database.path) as reader:
            days = days_on_volumes(reader, [Mounted(no, each.volume.id, each.root) for no, each in places.items()])
            when = {
                DayOnVolume(day, point, point_no, volume_no): verified_ms
                for point_no, point, day, volume_no, verified_ms in reader.rows(
                    "SELECT p.no, p.id, v.day, v.volume_no, v.verified_ms FROM verified v JOIN point p "
                    "ON p.no = v.point_no"
                )
            }
        failing: set[int] = set()
        for day in sorted(days, key=lambda each: (when.get(each, 0), each)):
            if self._catalogue.now_ms() - when.get(day, 0) < DAY_MS // 2:
                return
            if day.volume_no in failing:
                continue
            try:
                self._read_day(places[day.volume_no], day)
            except OSError as error:
                _log.error("a volume cannot be read back", volume=places[day.volume_no].volume.id, error=str(error))
                failing.add(day.volume_no)
            else:
                return

    def _read_day(self, place: Place, day: DayOnVolume) -> None:
        volume, touch = Mounted(place.no, place.volume.id, place.root), self._touch(place)
        pace = Pace(self._catalogue.clock, self._rate, self.stopping)
        size = 0
        for row, wrong in read_back(self._catalogue.database.path, volume, day, pace, touch):
            size += row.size_bytes
            if wrong is not None and row.state == WHOLE:
                self._lost(day.point_no, row.start_ms, volume, wrong.trouble.value, touch)
        if self.stopping.is_set():
            return
        with self._catalogue.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO verified (point_no, day, volume_no, verified_ms, bytes) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET verified_ms = excluded.verified_ms, bytes = excluded.bytes",
                (day.point_no, day.day, day.volume_no, self._catalogue.now_ms(), size),
            )

    def _lost(self, point_no: int, start_ms: int, volume: Mounted, cause: str, touch: Touch) -> None:
        with self._catalogue.database.transaction() as transaction:
            row = transaction.row(
                FROM_SEGMENT + "WHERE s.point_no = ? AND s.start_ms = ? AND s.volume_no = ? AND s.state = 1",
                (point_no, start_ms, volume.no),
            )
        if row is None:  # it went by retention meanwhile
            return
        segment = segment_of(row)
        if cause == "missing" and touch((volume.root / segment.path).exists):
            return
        self._catalogue.lose_segment(segment, cause)
        self._findings.open(
            f"point:{segment.point}",
            f"storage.footage_{cause}",
            Severity.FAILING,
            evidence={"file": str(segment.path), "volume": volume.id},
        )
        _log.error("footage is not as it was written", point=segment.point, file=str(segment.path), cause=cause)


def _note(transaction: Transaction, volume_no: int, checked_ms: int | None, away_ms: int | None) -> None:
    transaction.execute(
        "INSERT INTO presence (volume_no, checked_ms, away_ms) VALUES (?, ?, ?) ON CONFLICT (volume_no) DO UPDATE SET "
        "checked_ms = excluded.checked_ms, away_ms = excluded.away_ms",
        (volume_no, checked_ms, away_ms),
    )
