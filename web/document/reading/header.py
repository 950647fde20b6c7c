"""Which row holds the headers and which column is which (表头)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Generic, TypeVar

from web.document.plain_text import clean
from web.document.reading.mistake import Mistake, Sentence
from web.document.reading.parse import Parser
from web.document.reading.raw_sheet import Cell, column_letters
from web.language import mark

T = TypeVar("T")
_LOOKED_AT: Final = 30
"""A head that stands lower than this is none."""
_ORNAMENT: Final = re.compile(r"[\s*:：]")
_IN_BRACKETS: Final = re.compile(r"\([^()]*\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(Generic[T]):
    """A column that is wanted: its header, other headers it may have, and what its cells mean."""

    name: str
    parse: Parser[T]
    aliases: tuple[str, ...] = ()
    required: bool = True
    """Whether the column must be there and each row filled."""
    unique: bool = False
    """Whether no value may come twice."""

    @property
    def headers(self) -> frozenset[str]:
        """Every header that means it, as `plain_header` has them."""
        return frozenset(map(plain_header, (self.name, *self.aliases)))


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns are."""

    row: int
    """From 0."""
    columns: tuple[tuple[Field[object], int], ...]
    ignored: tuple[str, ...]
    """Headers that mean nothing here; a page should show them."""


def plain_header(cell: Cell) -> str:
    """A header without blanks, stars, colons and case; full-width letters as plain ones."""
    return _ORNAMENT.sub("", unicodedata.normalize("NFKC", clean(cell)).casefold()) if isinstance(cell, str) else ""


def _meanings(cell: Cell, fields: Sequence[Field[object]]) -> list[Field[object]]:
    whole = plain_header(cell)
    bare = _IN_BRACKETS.sub("", whole)  # 时长（小时）, 姓名（必填）
    return [field for field in fields if whole and (whole in field.headers or (bare and bare in field.headers))]


def find_header(rows: Sequence[Sequence[Cell]], fields: Sequence[Field[object]]) -> int | None:
    """The row, among the first, in which most of the fields are named; None if none names any."""
    best, best_count = None, 0
    for number, row in enumerate(rows[:_LOOKED_AT]):
        count = len({field.name for cell in row for field in _meanings(cell, fields)})
        if count > best_count:
            best, best_count = number, count
    return best


def read_header(
    rows: Sequence[Sequence[Cell]], at: int, fields: Sequence[Field[object]]
) -> tuple[Header, list[Mistake]]:
    """The columns by the headers of row `at`, and what is wrong with them."""
    places: dict[str, list[int]] = {field.name: [] for field in fields}
    unknown: list[str] = []
    for column, cell in enumerate(rows[at]):
        meanings = _meanings(cell, fields)
        for field in meanings:
            places[field.name].append(column)
        if not meanings and plain_header(cell):
            unknown.append(clean(str(cell)).strip())
    mistakes = [
        Mistake(
            at + 1,
            field.name,
            Sentence(
                mark("有 %(count)s 列都是“%(name)s”（%(columns)s 列）"),
                {
                    "count": len(places[field.name]),
                    "name": field.name,
                    "columns": "、".join(map(column_letters, places[field.name])),
                },
            ),
            Sentence(mark("请只留一列，删去其余的。")),
        )
        for field in fields
        if len(places[field.name]) > 1
    ]
    mistakes += [_missing(field, at, unknown) for field in fields if field.required and not places[field.name]]
    mistakes += [
        wrong
        for field in fields
        if not field.required and not places[field.name]
        for wrong in _alike(field, at, unknown)
    ]
    columns = tuple((field, places[field.name][0]) for field in fields if places[field.name])
    return Header(at, columns, tuple(unknown)), mistakes


def _missing(field: Field[object], at: int, unknown: Sequence[str]) -> Mistake:
    alike = _closest(field, unknown)
    if alike:
        return _renamed(field, at, alike)
    return Mistake(
        at + 1,
        field.name,
        Sentence(mark("缺少“%(name)s”这一列"), {"name": field.name}),
        Sentence(mark("请加上这一列，表头写“%(name)s”。"), {"name": field.name}),
    )


def _alike(field: Field[object], at: int, unknown: Sequence[str]) -> list[Mistake]:
    # A column that may be missing must not get lost through a slip of the pen.
    alike = _closest(field, unknown, cutoff=0.75)
    return [_renamed(field, at, alike)] if alike else []


def _closest(field: Field[object], unknown: Sequence[str], cutoff: float = 0.5) -> str | None:
    found = [name for header in (field.name, *field.aliases) for name in get_close_matches(header, unknown, 1, cutoff)]
    return found[0] if found else None


def _renamed(field: Field[object], at: int, alike: str) -> Mistake:
    return Mistake(
        at + 1,
        field.name,
        Sentence(mark("没有“%(name)s”这一列，只有“%(alike)s”"), {"name": field.name, "alike": alike}),
        Sentence(mark("如果是同一列，请把表头改成“%(name)s”。"), {"name": field.name}),
    )
