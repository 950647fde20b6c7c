"""A report (报表) as its maker hands it over: everything in it typed, nothing of how it will look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, TypeAlias

from foundation.clock import beijing
from web.document.column import Column, ReportError, Value

MOST_COLUMNS: Final = 24
"""More cannot be read on A4, not even across."""


@dataclass(frozen=True, slots=True)
class Period:
    """The Beijing days that a report is about (统计时段), both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ReportError(f"a period cannot end on {self.last} before it begins on {self.first}")

    @property
    def words(self) -> str:
        """2026 年 11 月 1 日至 2026 年 11 月 30 日"""
        return day_words(self.first) if self.first == self.last else f"{day_words(self.first)}至{day_words(self.last)}"


def day_words(day: date) -> str:
    """2026 年 11 月 1 日"""
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


@dataclass(frozen=True, slots=True)
class Text:
    """Paragraphs under a heading."""

    title: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One named figure: its column says what it is."""

    column: Column
    value: Value


@dataclass(frozen=True, slots=True)
class Facts:
    """Named figures under a heading, two beside each other on paper (基本情况)."""

    title: str
    facts: tuple[Fact, ...]

    def __post_init__(self) -> None:
        for fact in self.facts:
            fact.column.check(fact.value, f"{self.title}，{fact.column.title}")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of typed columns; one without rows says so on paper."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    """A last row that sums up (合计); its first value may be any text."""
    note: str = ""
    numbered: bool = True
    """Whether 序号 stands before each row (not in CSV)."""

    def __post_init__(self) -> None:
        if not 0 < len(self.columns) <= MOST_COLUMNS:
            raise ReportError(f"table {self.title!r} has {len(self.columns)} columns; 1 to {MOST_COLUMNS} fit on paper")
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ReportError(f"{self.title}, row {number} has {len(row)} values for {len(self.columns)} columns")
            for column, value in zip(self.columns, row, strict=True):
                if value is not None:
                    column.check(value, self.place(number, column))
        if self.total is not None:
            if len(self.total) != len(self.columns):
                raise ReportError(f"{self.title}: the last row must have {len(self.columns)} values")
            for column, value in zip(self.columns[1:], self.total[1:], strict=True):
                column.check(value, f"{self.title}，合计，{column.title}")

    def place(self, number: int, column: Column) -> str:
        """How a person finds a cell."""
        return f"{self.title}，第 {number} 行，{column.title}"


Section: TypeAlias = Text | Facts | Table


@dataclass(frozen=True, slots=True)
class Signature:
    """A place to sign (签字): who it is for, and the name and day if they are known already."""

    role: str
    name: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report, to be rendered by `pdf.render_pdf`, `spreadsheet.render_spreadsheet` or `comma_separated`."""

    title: str
    school: str
    """单位"""
    period: Period | None
    made_at_utc_ns: int
    """制表时间"""
    sections: tuple[Section, ...]
    number: str = ""
    """编号"""
    marking: str = ""
    """At the top right: 【演练】, 内部资料."""
    signatures: tuple[Signature, ...] = ()
    seal: bool = False
    """Whether room for the school's seal is left: （公章）."""
    footer: str = ""
    """Small at the foot of each page, before its number."""
    sources: tuple[str, ...] = ()
    """Where the figures come from (数据来源), at the end."""

    def __post_init__(self) -> None:
        if not self.title.strip() or not self.school.strip():
            raise ReportError("a report needs a title and a school")

    @property
    def made_words(self) -> str:
        """2026-12-01 08:00:00, Beijing time."""
        return beijing(self.made_at_utc_ns).strftime("%Y-%m-%d %H:%M:%S")

    @property
    def tables(self) -> tuple[Table, ...]:
        """Its tables in order."""
        return tuple(section for section in self.sections if isinstance(section, Table))
