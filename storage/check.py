"""Proves on a live system that catalogue and disks agree: each row has its file, each file its row (完整性检查)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path

from foundation.audit import verify_audit
from foundation.ids import is_slug
from foundation.sqlite import Transaction, open_read_only
from storage import merkle
from storage.days import day_number, day_of_number, day_span_ms
from storage.holds import HOLDS
from storage.mounted import Absent, Mounted
from storage.seal import GENESIS, SEALS, recorded_days, sealed_points
from storage.segment import FOOTAGE, segment_name

WRITING, WHOLE, GOING, LOST = range(4)


class Trouble(StrEnum):
    """What can be wrong with footage."""

    MISSING = "missing"
    """A row without its file."""
    WRONG_SIZE = "wrong_size"
    FOREIGN = "foreign"
    """A file without a row."""
    ALTERED = "altered"
    """A file whose content is not what was written."""
    ROW_EDITED = "row_edited"
    """A row that is not what was sealed."""
    ROW_GONE = "row_gone"
    """A sealed segment within its promise has no row any more."""
    CHAIN_BROKEN = "chain_broken"
    AUDIT_BROKEN = "audit_broken"
    TWO_RUNS = "two_runs"
    """Two runs of one point that both go on."""
    STRAY_ROW = "stray_row"
    """A segment outside its run."""


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """One thing that is wrong, and where."""

    trouble: Trouble
    where: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a check looked at and found."""

    segments: int
    seals: int
    volumes: tuple[str, ...]
    found: tuple[Found, ...]
    unread: tuple[Absent, ...] = ()
    """Volumes that failed or hung meanwhile; what lies on them is not proven."""

    @property
    def holds(self) -> bool:
        """True if everything could be looked at and nothing is wrong."""
        return not self.found and not self.unread


def check(
    catalogue: Path, volumes: Sequence[Mounted], *, progress: Callable[[float], None] = lambda share: None
) -> CheckReport:
    """Compare rows, files, seals and the audit chain; nothing is written. Raises DatabaseError.

    What only seems wrong because it changed between two looks is looked at again. A volume that fails or hangs is told
    of and left, and the rest is looked at.
    """
    first = _look(catalogue, volumes, progress)
    found, unread = set(first.found), first.unread
    if found:
        readable = [volume for volume in volumes if volume.id not in unread]
        again = _look(catalogue, readable, lambda share: None)
        found &= set(again.found)
        unread |= again.unread
    with open_read_only(catalogue) as reader:
        seals, broken = check_seals(reader)
        found |= set(broken) | set(_check_rows(reader))
    verdict = verify_audit(catalogue)
    found |= {Found(Trouble.AUDIT_BROKEN, "audit", text) for text in verdict.trouble}
    return CheckReport(
        segments=first.segments,
        seals=seals,
        volumes=tuple(volume.id for volume in volumes if volume.id not in unread),
        found=tuple(sorted(found)),
        unread=tuple(unread.values()),
    )


@dataclass(slots=True)
class _Look:
    """One pass over rows and files."""

    segments: int = 0
    found: list[Found] = field(default_factory=list)
    unread: dict[str, Absent] = field(default_factory=dict)


def _look(catalogue: Path, volumes: Sequence[Mounted], progress: Callable[[float], None]) -> _Look:
    look = _Look()
    for done, volume in enumerate(volumes):

        def tell(share: float, done: int = done) -> None:
            progress((done + share) / len(volumes))

        try:
            _look_at(catalogue, volume, look, tell)
        except OSError as error:
            look.unread[volume.id] = Absent.after(volume, error)
    return look


def _look_at(catalogue: Path, volume: Mounted, look: _Look, progress: Callable[[float], None]) -> None:
    with open_read_only(catalogue) as reader:
        points = reader.rows("SELECT no, id FROM point ORDER BY id")
        days = sorted(recorded_days(reader))
    names, numbers = {point for _, point in points}, set(days)
    look.found.extend(volume.do(lambda: list(_unknown_folders(volume, names, numbers))))
    for number, day in enumerate(days):
        for point_no, point in points:
            # Files are listed before rows are read: a file that is made in between has its row already.
            folder = folder_of(volume.root, point, day)
            files = volume.do(partial(sizes_in, folder))
            with open_read_only(catalogue) as reader:
                rows = rows_of(reader, point_no, day, volume.no)
            look.segments += len(rows)
            look.found.extend(_compare(volume, folder, files, point, rows))
        progress((number + 1) / len(days))


def folder_of(root: Path, point: str, day: int) -> Path:
    """Where a point's day lies."""
    return root / FOOTAGE / point / day_of_number(day).isoformat()


def sizes_in(folder: Path) -> dict[str, int]:
    """Names and lengths of the files of a day; empty if there is no such folder. Raises OSError."""
    try:
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat(follow_symlinks=False).st_size for entry in entries}
    except FileNotFoundError:
        return {}


@dataclass(frozen=True, slots=True)
class DayRow:
    """What a comparison needs of a segment's row."""

    start_ms: int
    name: str
    state: int
    size_bytes: int
    sha256: bytes | None


def rows_of(reader: Transaction, point_no: int, day: int, volume_no: int) -> list[DayRow]:
    """Rows of a point's day on a volume."""
    start_ms, end_ms = day_span_ms(day_of_number(day))
    return [
        DayRow(start, segment_name(start, suffix), state, size, sha256)
        for start, suffix, state, size, sha256 in reader.rows(
            "SELECT start_ms, suffix, state, bytes, sha256 FROM segment WHERE point_no = ? AND start_ms >= ? "
            "AND start_ms < ? AND volume_no = ? ORDER BY start_ms",
            (point_no, start_ms, end_ms, volume_no),
        )
    ]


def _compare(
    volume: Mounted, folder: Path, files: dict[str, int], point: str, rows: Sequence[DayRow]
) -> Iterator[Found]:
    where = f"{volume.id}:{folder.relative_to(volume.root)}"
    names = {row.name for row in rows}
    for row in rows:
        if row.state != WHOLE:
            continue
        size = files.get(row.name)
        if size is None:
            yield Found(Trouble.MISSING, f"{where}/{row.name}")
        elif size != row.size_bytes:
            yield Found(Trouble.WRONG_SIZE, f"{where}/{row.name}", f"{size} bytes instead of {row.size_bytes}")
    for name in files.keys() - names:
        yield Found(Trouble.FOREIGN, f"{where}/{name}", f"no row of {point} knows it")


def _unknown_folders(volume: Mounted, points: set[str], days: set[int]) -> Iterator[Found]:
    names = {day_of_number(day).isoformat() for day in days}
    footage = volume.root / FOOTAGE
    for folder in footage.iterdir() if footage.is_dir() else ():
        if folder.name == SEALS:
            continue
        if not (folder.is_dir() and is_slug(folder.name) and folder.name in points):
            yield Found(Trouble.FOREIGN, f"{volume.id}:{FOOTAGE}/{folder.name}", "no point of this name")
            continue
        for day in folder.iterdir():
            if day.name != HOLDS and day.name not in names and any(day.iterdir() if day.is_dir() else [day]):
                yield Found(
                    Trouble.FOREIGN, f"{volume.id}:{FOOTAGE}/{folder.name}/{day.name}", "no footage of that day"
                )


def check_seals(reader: Transaction) -> tuple[int, list[Found]]:
    """Recompute the chain of seals and every root whose segments are all still there."""
    found: list[Found] = []
    previous, expected_no = GENESIS, 1
    gone = _gone(reader)
    seals = reader.rows("SELECT no, day, kind, root, hash, at_ms FROM seal ORDER BY no")
    for no, day, kind, root, hash_, at_ms in seals:
        name = f"seal {no} ({day_of_number(day).isoformat()})"
        if no != expected_no or merkle.seal_hash(previous, no, day, kind, root, at_ms) != hash_:
            found.append(Found(Trouble.CHAIN_BROKEN, name, "it was altered or follows an altered one"))
        sealed = reader.rows(
            "SELECT p.id, s.root, s.segments FROM seal_point s JOIN point p ON p.no = s.point_no WHERE s.seal_no = ? "
            "ORDER BY p.id",
            (no,),
        )
        if merkle.root([merkle.point_leaf(point, point_root) for point, point_root, _ in sealed]) != root:
            found.append(Found(Trouble.CHAIN_BROKEN, name, "its points were altered"))
        now = {each.point: each for each in sealed_points(reader, day, None if kind == "day" else no)}
        for point, point_root, segments in sealed:
            here = now.get(point)
            if here is not None and here.segments == segments:
                if here.root != point_root:
                    found.append(Found(Trouble.ROW_EDITED, f"{point} {day_of_number(day).isoformat()}", name))
            elif not 0 <= segments - (here.segments if here else 0) <= gone[point, day]:
                found.append(
                    Found(
                        Trouble.ROW_GONE,
                        f"{point} {day_of_number(day).isoformat()}",
                        f"{here.segments if here else 0} of {segments} sealed segments have a row",
                    )
                )
        previous, expected_no = hash_, no + 1
    return len(seals), found


def _gone(reader: Transaction) -> Counter[tuple[str, int]]:
    # Rows go by retention, by an owner's overwriting, or long after their disk was replaced: the audit chain tells of
    # each. It is read once: asked anew for each sealed day of each point, a year of hourly deletions would take hours.
    gone: Counter[tuple[str, int]] = Counter()
    for point, first_ms, last_ms, segments in reader.rows(
        "SELECT json_extract(b.body, '$.point'), json_extract(b.body, '$.first_start_ms'), "
        "json_extract(b.body, '$.last_end_ms'), json_extract(b.body, '$.segments') FROM audit a "
        "JOIN audit_body b USING (seq) WHERE a.action = 'footage.deleted'"
    ):
        for day in range(day_number(first_ms), day_number(last_ms - 1) + 1):
            gone[point, day] += segments
    return gone


def _check_rows(reader: Transaction) -> Iterator[Found]:
    for point, count in reader.rows(
        "SELECT p.id, count(*) FROM run r JOIN point p ON p.no = r.point_no WHERE r.end_ms IS NULL GROUP BY p.no "
        "HAVING count(*) > 1"
    ):
        yield Found(Trouble.TWO_RUNS, point, f"{count} runs go on at once")
    for point, count in reader.rows(
        "SELECT p.id, count(*) FROM segment s JOIN point p ON p.no = s.point_no WHERE s.state IN (0, 2) "
        "GROUP BY p.no HAVING sum(s.state = 0) > 2"
    ):
        yield Found(Trouble.STRAY_ROW, point, f"{count} segments are being written at once")
