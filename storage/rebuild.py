"""Brings footage into the catalogue from the disks: after a lost catalogue, lost rows, or an older backup."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from config.retention import FLOOR_DAYS
from foundation.clock import NS_PER_S
from foundation.ids import is_slug
from foundation.sqlite import Transaction
from storage.catalogue import Catalogue, SegmentKey, count_rate, note_if_sealed
from storage.days import day_span_ms
from storage.hands import Hands
from storage.holds import notes_on
from storage.segment import FOOTAGE, segment_name, segment_path
from storage.segment_file import NotOurSegment, SegmentFile, read_segment
from storage.shelf import Place, Shelf

BATCH: Final = 500
FOLDER_LIMIT_S: Final = 60.0
TELL_EVERY_S: Final = 30.0
_DAY_PATTERN: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"

_log = structlog.get_logger("rebuild")


@dataclass(frozen=True, slots=True)
class FoundSegment:
    """A file and what it says of itself."""

    path: Path
    suffix: int
    file: SegmentFile


def segment_files(folder: Path) -> Iterator[Path]:
    """Segment files of one day's folder."""
    with os.scandir(folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name.endswith(".mp4"))
    return (folder / name for name in names)


def suffix_of(path: Path) -> int:
    """n of HH-MM-SS.n.mp4, 0 without."""
    _, _, suffix = path.name.removesuffix(".mp4").partition(".")
    return int(suffix) if suffix.isdigit() else 0


def look_at(root: Path, path: Path) -> FoundSegment | None:
    """What a file says of itself; None if it is not ours, holds no whole fragment, or lies where it does not belong."""
    try:
        found = read_segment(path)
    except NotOurSegment:
        return None
    suffix = suffix_of(path)
    if not found.fragments or path != root / segment_path(found.header.point, found.header.start_ms, suffix):
        return None
    return FoundSegment(path, suffix, found)


def scan_volume(catalogue: Catalogue, shelf: Shelf, place: Place, stopping: threading.Event) -> int:
    """Make every segment on a volume known, then allow deletions on it; returns how many were adopted.

    May be interrupted and begun again. Raises DatabaseError, OSError.
    """
    adopted = 0
    days = shelf.do(place, lambda: sorted((place.root / FOOTAGE).glob(f"*/{_DAY_PATTERN}")), limit_s=FOLDER_LIMIT_S)
    told_ns = catalogue.clock.running_ns()
    for number, day in enumerate(days):
        if stopping.is_set():
            return adopted
        adopted += shelf.do(place, partial(_adopt_folder, catalogue, place, day), limit_s=FOLDER_LIMIT_S)
        if catalogue.clock.running_ns() - told_ns >= TELL_EVERY_S * NS_PER_S:
            told_ns = catalogue.clock.running_ns()
            _log.info(
                "looking through a volume", volume=place.volume.id, folders=number + 1, of=len(days), adopted=adopted
            )
    notes = shelf.do(place, lambda: list(notes_on(place.root)))
    with catalogue.database.transaction() as transaction:
        for note in notes:
            point_no = _point_no(transaction, catalogue, note.point, place.volume.id)
            values = note.values
            transaction.execute(
                "INSERT INTO hold (id, point_no, from_ms, to_ms, reason, person, made_ms, made_axis_ms, until_ms) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (
                    note.id,
                    point_no,
                    _whole(values["from_ms"]),
                    _whole(values["to_ms"]),
                    str(values["reason"]),
                    str(values["person"]),
                    _whole(values["made_ms"]),
                    _whole(values["made_axis_ms"]),
                    None if values["until_ms"] is None else _whole(values["until_ms"]),
                ),
            )
        transaction.execute("UPDATE volume SET scanned_ms = ? WHERE no = ?", (catalogue.now_ms(), place.no))
    _log.info("every file of a volume is known", volume=place.volume.id, adopted=adopted)
    return adopted


def _whole(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} in a hold's note is not a number")
    return value


def adopt_newer(catalogue: Catalogue, place: Place) -> int:
    """Adopt files of each point's newest day that have no row: the catalogue may be an older copy of itself.

    Costs one folder per point. If the newest day holds unknown files, the whole volume is looked through later.
    """
    adopted = 0
    for point in _point_folders(place.root):
        days = sorted(point.glob(_DAY_PATTERN))
        if days:
            adopted += _adopt_folder(catalogue, place, days[-1])
    if adopted:
        with catalogue.database.transaction() as transaction:
            transaction.execute("UPDATE volume SET scanned_ms = NULL WHERE no = ?", (place.no,))
    return adopted


def _point_folders(root: Path) -> Iterable[Path]:
    return (path for path in (root / FOOTAGE).glob("*") if path.is_dir() and is_slug(path.name))


def _adopt_folder(catalogue: Catalogue, place: Place, day: Path) -> int:
    with catalogue.database.transaction() as transaction:
        known = _known_names(transaction, place, day.parent.name, day.name)
    with os.scandir(day) as entries:
        unknown = sorted(entry.name for entry in entries if entry.name.endswith(".mp4") and entry.name not in known)
    adopted = 0
    for at in range(0, len(unknown), BATCH):
        found = [segment for name in unknown[at : at + BATCH] if (segment := look_at(place.root, day / name))]
        adopted += _insert(catalogue, place, found)
    return adopted


def _known_names(transaction: Transaction, place: Place, point: str, day: str) -> set[str]:
    start_ms, end_ms = day_span_ms(day)
    rows = transaction.rows(
        "SELECT s.start_ms, s.suffix FROM segment s JOIN point p ON p.no = s.point_no "
        "WHERE p.id = ? AND s.start_ms >= ? AND s.start_ms < ? AND s.volume_no = ?",
        (point, start_ms, end_ms, place.no),
    )
    return {segment_name(start, suffix) for start, suffix in rows}


def _insert(catalogue: Catalogue, place: Place, segments: Sequence[FoundSegment]) -> int:
    with catalogue.database.transaction() as transaction:
        count = 0
        for segment in segments:
            header, fragments = segment.file.header, segment.file.fragments
            point_no = _point_no(transaction, catalogue, header.point, place.volume.id)
            run_no = _run_no(transaction, point_no, header.run_start_ms, header.start_ms + segment.file.duration_ms)
            added = transaction.execute(
                "INSERT INTO segment (point_no, start_ms, volume_no, state, suffix, run_no, duration_ms, bytes, "
                "end_axis_ms) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (
                    point_no,
                    header.start_ms,
                    place.no,
                    segment.suffix,
                    run_no,
                    segment.file.duration_ms,
                    segment.file.size,
                    fragments[-1].mark.axis_ms,
                ),
            )
            if added:
                key = SegmentKey(point_no, header.start_ms, place.no)
                count_rate(transaction, key, segment.file.duration_ms, segment.file.size)
                note_if_sealed(transaction, key)
                transaction.execute(  # a point is due since its first footage, whatever catalogue knows of it
                    "UPDATE point SET since_ms = min(since_ms, ?), since_axis_ms = min(since_axis_ms, ?) WHERE no = ?",
                    (header.start_ms, fragments[0].mark.axis_ms, point_no),
                )
            count += added
    return count


def _point_no(transaction: Transaction, catalogue: Catalogue, point: str, volume: str) -> int:
    transaction.execute(
        "INSERT INTO point (id, since_ms, since_axis_ms, policy, keep_days, volume, retired_ms) "
        "VALUES (?, ?, ?, '', ?, ?, ?) ON CONFLICT (id) DO NOTHING",
        (point, catalogue.now_ms(), catalogue.now_axis_ms(), FLOOR_DAYS, volume, catalogue.now_ms()),
    )
    row = transaction.row("SELECT no FROM point WHERE id = ?", (point,))
    assert row is not None
    return int(row[0])


def _run_no(transaction: Transaction, point_no: int, run_start_ms: int, end_ms: int) -> int:
    row = transaction.row("SELECT no FROM run WHERE point_no = ? AND start_ms = ?", (point_no, run_start_ms))
    if row is None:
        transaction.execute(
            "INSERT INTO run (point_no, start_ms, end_ms, end_cause, codec, width_px, height_px, keep_days) "
            "SELECT no, ?, ?, 'rebuilt', '', 0, 0, max(keep_days, ?) FROM point WHERE no = ?",
            (run_start_ms, end_ms, FLOOR_DAYS, point_no),
        )
        return transaction.last_row_id()
    transaction.execute("UPDATE run SET end_ms = max(end_ms, ?) WHERE no = ? AND end_ms IS NOT NULL", (end_ms, row[0]))
    return int(row[0])


def latest_axis_ms(roots: Iterable[Path]) -> int:
    """The furthest place on the running axis that footage on these volumes tells of; 0 without any.

    A new catalogue must begin its axis there, else footage recorded from now would seem older than it is. Costs one
    file per point.
    """
    latest = 0
    for root in roots:
        try:
            latest = max(latest, Hands(root.name).do(partial(_latest_on, root), limit_s=FOLDER_LIMIT_S))
        except OSError as error:  # what lies there will look younger than it is, and stay
            _log.error("a volume cannot be asked how old its footage is", path=str(root), error=str(error))
    return latest


def _latest_on(root: Path) -> int:
    return max((_latest_of(point) for point in _point_folders(root)), default=0)


def _latest_of(point: Path) -> int:
    # The clock may have been wrong in either direction, so the newest files by name and by making are both asked.
    files = [path for day in sorted(point.glob(_DAY_PATTERN))[-2:] for path in segment_files(day)]
    newest = {*files[-2:], *sorted(files, key=lambda path: path.stat().st_mtime_ns)[-2:]}
    latest = 0
    for path in newest:
        try:
            found = read_segment(path, prove_last=False)
        except NotOurSegment:
            continue
        if found.fragments:
            latest = max(latest, found.fragments[-1].mark.axis_ms)
    return latest
