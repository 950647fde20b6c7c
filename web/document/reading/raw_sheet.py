"""A worksheet as it came, before anybody asked what its columns mean."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, TypeAlias

Cell: TypeAlias = str | int | float | bool | date | datetime | time | None

MOST_ROWS: Final = 10_000
"""A large school has 8,000 pupils; more than this is another file by mistake."""
MOST_COLUMNS: Final = 200
MOST_CELLS: Final = 1_000_000
LONGEST_CELL: Final = 32_767


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged cell: rows and columns from 0, both ends included."""

    first_row: int
    first_column: int
    last_row: int
    last_column: int

    @property
    def is_upright(self) -> bool:
        """One column wide: it says the same of each row (班级 of ten pupils)."""
        return self.first_column == self.last_column


@dataclass(frozen=True, slots=True)
class RawSheet:
    """One visible worksheet; row and column 0 are A1, whatever is empty."""

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class RawFile:
    """What a file holds."""

    sheets: tuple[RawSheet, ...]
    hidden: tuple[str, ...] = ()
    """Names of hidden worksheets, which are not read: what nobody sees must not be imported."""


def column_letters(index: int) -> str:
    """A, B … Z, AA, as the spreadsheet program names it."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
