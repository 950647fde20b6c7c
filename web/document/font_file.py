"""Which characters a font file has (OpenType `cmap`), read without loading the glyphs."""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

_COLLECTION: Final = b"ttcf"
_MOST_FACES: Final = 64
_MOST_TABLE_BYTES: Final = 8_000_000
_FAMILY_NAMES: Final = (1, 16)
_FULL_UNICODE: Final = 12
_BASIC_PLANE: Final = 4


class FontFileError(Exception):
    """Not a font, or one without the family asked for."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The characters of one face, as ranges of code points."""

    firsts: tuple[int, ...]
    lasts: tuple[int, ...]

    def __contains__(self, character: str) -> bool:
        point = ord(character)
        at = bisect_right(self.firsts, point) - 1
        return at >= 0 and point <= self.lasts[at]


def read_coverage(file: Path, family: str) -> Coverage:
    """The characters of the face of `family` (a collection holds one per region). Raises FontFileError, OSError."""
    with file.open("rb") as source:
        try:
            for face in _faces(source):
                tables = _tables(source, face)
                if family in _families(_read(source, *tables[b"name"])):
                    return _coverage(_read(source, *tables[b"cmap"]))
        except (struct.error, KeyError, IndexError) as error:
            raise FontFileError(f"{file} is no font that can be read: install it again") from error
    raise FontFileError(f"{file} holds no {family}")


def _read(source: BinaryIO, offset: int, length: int) -> bytes:
    source.seek(offset)
    return source.read(min(length, _MOST_TABLE_BYTES))


def _faces(source: BinaryIO) -> list[int]:
    tag, _, count = struct.unpack(">4sII", _read(source, 0, 12))
    if tag != _COLLECTION:
        return [0]
    count = min(count, _MOST_FACES)
    return list(struct.unpack(f">{count}I", _read(source, 12, 4 * count)))


def _tables(source: BinaryIO, face: int) -> dict[bytes, tuple[int, int]]:
    (count,) = struct.unpack(">4xH", _read(source, face, 6))
    records = struct.iter_unpack(">4s4xII", _read(source, face + 12, 16 * count))
    return {tag: (offset, length) for tag, offset, length in records}


def _families(name: bytes) -> set[str]:
    count, strings = struct.unpack_from(">2xHH", name)
    found = set()
    for platform, _, _, kind, length, offset in struct.iter_unpack(">6H", name[6 : 6 + 12 * count]):
        if kind in _FAMILY_NAMES and platform == 3:
            text = name[strings + offset : strings + offset + length]
            found.add(text.decode("utf-16-be", "replace"))
    return found


def _coverage(cmap: bytes) -> Coverage:
    (count,) = struct.unpack_from(">2xH", cmap)
    by_format: dict[int, int] = {}
    for platform, _, offset in struct.iter_unpack(">HHI", cmap[4 : 4 + 8 * count]):
        if platform in (0, 3):
            by_format[struct.unpack_from(">H", cmap, offset)[0]] = offset
    if _FULL_UNICODE in by_format:
        return _full(cmap, by_format[_FULL_UNICODE])
    return _basic(cmap, by_format[_BASIC_PLANE])


def _full(cmap: bytes, at: int) -> Coverage:
    (groups,) = struct.unpack_from(">12xI", cmap, at)
    ranges = [(first, last) for first, last, _ in struct.iter_unpack(">III", cmap[at + 16 : at + 16 + 12 * groups])]
    return Coverage(tuple(first for first, _ in ranges), tuple(last for _, last in ranges))


def _basic(cmap: bytes, at: int) -> Coverage:
    length, twice = struct.unpack_from(">2xH2xH", cmap, at)
    table = cmap[at : at + length]
    count = twice // 2
    lasts = struct.unpack_from(f">{count}H", table, 14)
    firsts, deltas, offsets = (struct.unpack_from(f">{count}H", table, 16 + twice * step) for step in (1, 2, 3))
    points = []
    for segment, (first, last, delta, offset) in enumerate(zip(firsts, lasts, deltas, offsets, strict=True)):
        for point in range(first, min(last, 0xFFFE) + 1):
            glyph = point
            if offset:
                place = 16 + twice * 3 + 2 * segment + offset + 2 * (point - first)
                (glyph,) = struct.unpack_from(">H", table, place) if place + 2 <= len(table) else (0,)
            if glyph and (glyph + delta) & 0xFFFF:
                points.append(point)
    return Coverage(tuple(points), tuple(points))
