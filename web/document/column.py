"""Typed columns and values: what a figure is, so that paper shows it right and a spreadsheet can reckon with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from web.document.plain_text import clean
from web.signs import State

Value: TypeAlias = str | int | Decimal | date | datetime | time | bool | State | None
"""What a cell may hold; None is "not known", shown as a dash. A datetime is Beijing time without a zone."""

UNKNOWN: Final = "—"
_SIGNS: Final = {State.OK: "●", State.ATTENTION: "◆", State.FAILING: "▲", State.UNKNOWN: "○", State.DRILL: "【演练】"}
_MOST_DECIMALS: Final = 9


class ReportError(ValueError):
    """A report that contradicts itself: a fault of the program that made it."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    TIME = "time"
    MOMENT = "moment"
    """Date and time."""
    YES_NO = "yes_no"
    STATE = "state"
    """Sign and word: ● 正常."""


_TYPES: Final[dict[Kind, tuple[type, ...]]] = {
    Kind.TEXT: (str,),
    Kind.INTEGER: (int,),
    Kind.DECIMAL: (Decimal, int),
    Kind.DATE: (date,),
    Kind.TIME: (time,),
    Kind.MOMENT: (datetime,),
    Kind.YES_NO: (bool,),
    Kind.STATE: (State,),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, or the type of a single figure."""

    title: str
    kind: Kind = Kind.TEXT
    unit: str = ""
    """Stands behind the title: 时长（小时）."""
    decimals: int = 2
    """Places of a DECIMAL."""

    def __post_init__(self) -> None:
        if not self.title.strip() or not 0 <= self.decimals <= _MOST_DECIMALS:
            raise ReportError(f"column {self.title!r} needs a title and 0 to {_MOST_DECIMALS} decimals")

    @property
    def heading(self) -> str:
        """Title and unit."""
        title = clean(self.title)
        return f"{title}（{clean(self.unit)}）" if self.unit else title

    @property
    def is_number(self) -> bool:
        """Whether figures stand at the right under each other."""
        return self.kind in (Kind.INTEGER, Kind.DECIMAL)

    def check(self, value: Value, place: str) -> None:
        """Raises ReportError when the value is not of this kind."""
        if value is None:
            return
        wrong = not isinstance(value, _TYPES[self.kind])
        wrong = wrong or (isinstance(value, bool) and self.kind is not Kind.YES_NO)
        wrong = wrong or (isinstance(value, State) and self.kind is not Kind.STATE)
        wrong = wrong or (isinstance(value, datetime) and (self.kind is not Kind.MOMENT or value.tzinfo is not None))
        wrong = wrong or (isinstance(value, time) and value.tzinfo is not None)
        if wrong or (isinstance(value, Decimal) and not value.is_finite()):
            raise ReportError(f"{place} is {value!r}, which is no {self.kind} (Beijing time carries no zone)")

    def shown(self, value: Value) -> str:
        """The value as paper shows it."""
        match value:
            case None:
                return UNKNOWN
            case State():
                return f"{_SIGNS[value]} {value.word}" if value is not State.DRILL else _SIGNS[value]
            case bool():
                return "是" if value else "否"
            case str():
                return clean(value, lines=True) or UNKNOWN
            case datetime():
                return value.strftime("%Y-%m-%d %H:%M:%S")
            case date():
                return value.isoformat()
            case time():
                return value.strftime("%H:%M:%S" if value.second else "%H:%M")
            case int() | Decimal():
                return f"{value:,.{self.decimals}f}" if self.kind is Kind.DECIMAL else f"{value:,}"
