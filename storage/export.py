"""Hands footage over (录像导出): a film per point, a signed manifest, and a page that checks both without a program."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

from foundation.ids import new_id
from foundation.sqlite import open_read_only
from storage.catalogue import Segment
from storage.days import DAY_MS, day_number
from storage.fragment import MARK_BYTES
from storage.ledger import Span, every_gap, without_overlap
from storage.mounted import Mounted
from storage.playback import DiskAway, NoFootage, boxes_of, by_copy, volume_of
from storage.query import Gap, read_segments
from storage.segment_file import NotOurSegment, read_segment
from storage.whole_film import FilmWriter

LONGEST_MS: Final = DAY_MS
Sign = Callable[[dict[str, Any]], bytes]
"""Canonical JSON of a body with `keyid` and `signature` added (uplink.signature.SigningKey.sign)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """What somebody asks for, and why."""

    points: Mapping[str, str]
    """Ids and names."""
    start_ms: int
    end_ms: int
    person: str
    reason: str
    campus: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What was made: `folder` holds films, manifest.json and check.html."""

    id: str
    folder: Path
    films: tuple[Path, ...]
    manifest: Path
    checker: Path
    without_footage: tuple[str, ...]
    """Points of which nothing of the stretch is there."""


class ExportRefused(Exception):
    """The request cannot be met; the text says what to ask instead."""


def export_footage(
    request: ExportRequest,
    *,
    catalogue: Path,
    volumes: Sequence[Mounted],
    folder: Path,
    sign: Sign,
    public_key: str,
    now_ms: int,
    progress: Callable[[float], None] = lambda share: None,
) -> Export:
    """Make an export in a folder that must not exist yet. `progress` is told shares from 0 to 1.

    What lies only on disks that cannot be read now is a gap of the film (`volume_away`); where nothing else is there,
    that is raised as DiskAway. Raises ExportRefused, OSError, DatabaseError.
    """
    if not 0 < request.end_ms - request.start_ms <= LONGEST_MS:
        raise ExportRefused("one export holds at most 24 hours; ask for a shorter stretch")
    folder.mkdir(parents=True)
    identity = new_id()
    entries, films, without = [], [], []
    for number, point in enumerate(sorted(request.points)):
        name = f"{point}.mp4"

        def told(share: float, number: int = number) -> None:
            progress((number + share) / len(request.points))

        try:
            entry = _film(catalogue, volumes, point, request, folder / name, told)
        except NoFootage:
            without.append(point)
            continue
        films.append(folder / name)
        entries.append({"file": name, "name": request.points[point], **entry})
    manifest = sign(
        {
            "kind": "campus-footage-export",
            "version": 1,
            "id": identity,
            "campus": request.campus,
            "made_at_ms": now_ms,
            "start_ms": request.start_ms,
            "end_ms": request.end_ms,
            "person": request.person,
            "reason": request.reason,
            "films": entries,
            "without_footage": without,
            "ledger": _ledger(catalogue, request),
        }
    )
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "check.html").write_text(checker_page(manifest, public_key), encoding="utf-8")
    progress(1.0)
    return Export(
        id=identity,
        folder=folder,
        films=tuple(films),
        manifest=folder / "manifest.json",
        checker=folder / "check.html",
        without_footage=tuple(without),
    )


def _film(
    catalogue: Path,
    volumes: Sequence[Mounted],
    point: str,
    request: ExportRequest,
    target: Path,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    with open_read_only(catalogue) as reader:
        rows = read_segments(reader, point, request.start_ms, request.end_ms)
        segments, unread = by_copy(rows, volumes)
        away = volume_of(reader, unread)
        span = Span(request.start_ms, request.end_ms)
        gaps = [Gap(point=point, start_ms=e.key.start_ms, end_ms=e.end_ms, cause="volume_away") for e in unread]
        gaps = without_overlap([*every_gap(reader, point, span), *gaps], span)
    here = {volume.no: volume for volume in volumes}
    writer = FilmWriter(target, request.start_ms, request.end_ms)
    sources: list[dict[str, Any]] = []
    try:
        for number, segment in enumerate(segments):
            if _append(writer, here[segment.key.volume_no], segment, request, begun=bool(sources)):
                sources.append(
                    {
                        "file": str(segment.path),
                        "start_ms": segment.key.start_ms,
                        "sha256": segment.sha256.hex() if segment.sha256 else "",
                    }
                )
            progress((number + 1) / len(segments))
        if not sources and away is not None:
            raise DiskAway(point, away)
        if not sources:
            raise NoFootage(f"no footage of {point} in this stretch is on any disk")
        size, sha256 = writer.finish()
    except BaseException:
        writer.abandon()
        raise
    return {
        "point": point,
        "bytes": size,
        "sha256": sha256,
        "sources": sources,
        "gaps": [{"start_ms": gap.start_ms, "end_ms": gap.end_ms, "cause": gap.cause} for gap in gaps],
    }


def _append(writer: FilmWriter, volume: Mounted, segment: Segment, request: ExportRequest, *, begun: bool) -> bool:
    path = volume.root / segment.path
    try:
        found = volume.do(partial(read_segment, path, prove_last=False))
    except (FileNotFoundError, NotOurSegment):
        return False
    # Decoding begins at a keyframe: the last one at or before the start.
    first = 0
    if not begun:
        for index, each in enumerate(found.fragments):
            if each.mark.keyframe and each.mark.start_ms <= request.start_ms:
                first = index
    wanted = [
        each
        for each in found.fragments[first:]
        if each.mark.start_ms < request.end_ms
        and (begun or each.mark.start_ms + each.mark.duration_ms > request.start_ms or first)
    ]
    if not wanted or wanted[-1].mark.start_ms + wanted[-1].mark.duration_ms <= request.start_ms:
        return False
    with volume.do(partial(path.open, "rb", buffering=0)) as file:

        def piece(at: int, length: int) -> bytes:
            data = volume.do(partial(os.pread, file.fileno(), length, at))
            if len(data) < length:
                raise OSError(f"{path} is shorter than it was")
            return data

        writer.use_format(dict(boxes_of(piece(0, found.head_bytes)))[b"moov"])
        for each in wanted:
            writer.add(piece(each.offset + MARK_BYTES, each.mark.length), segment.key.start_ms)
    return True


def _ledger(catalogue: Path, request: ExportRequest) -> list[dict[str, Any]]:
    with open_read_only(catalogue) as reader:
        rows = reader.rows(
            "SELECT no, day, kind, hash FROM seal WHERE day BETWEEN ? AND ? ORDER BY no",
            (day_number(request.start_ms), day_number(request.end_ms)),
        )
    return [{"no": no, "day": day, "kind": kind, "hash": bytes(hash_).hex()} for no, day, kind, hash_ in rows]


def checker_page(manifest: bytes, public_key: str) -> str:
    """A single HTML file that checks the films in any browser of today, with nothing installed and no network."""
    page = resources.files("storage").joinpath("check.html").read_text(encoding="utf-8")
    # '<' must not end the script element that carries the manifest.
    text = json.dumps(manifest.decode("utf-8"), ensure_ascii=False).replace("<", "\\u003c")
    return page.replace('"@MANIFEST@"', text).replace('"@PUBLIC_KEY@"', json.dumps(public_key))
