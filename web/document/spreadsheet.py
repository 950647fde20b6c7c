"""A report as a workbook (电子表格): figures a school can reckon with, text that is never taken for a formula."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from foundation.clock import utc_datetime
from web.document.cell_text import safe
from web.document.column import Column, Kind, Value
from web.document.plain_text import clean, width
from web.document.report import Facts, Report, Table, Text
from web.signs import State

if TYPE_CHECKING:
    from xlsxwriter import Workbook

MOST_ROWS: Final = 1_048_000
"""A worksheet has 1,048,576."""
_LARGEST_INTEGER: Final = 2**53
_FIRST_YEAR: Final = 1900
"""Workbooks count days from here; what is older is written as text."""
_PAPER_A4: Final = 9
_WIDEST: Final = 60
_ACROSS_FROM: Final = 90
_SAMPLED_ROWS: Final = 2_000
_FORBIDDEN_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\'\n]")
_LONGEST_NAME: Final = 31
_COLOURS: Final = {
    State.OK: "#1a7f37",
    State.ATTENTION: "#9a6700",
    State.FAILING: "#cf222e",
    State.UNKNOWN: "#656d76",
    State.DRILL: "#8250df",
}
_NUMBER_FORMATS: Final = {
    Kind.INTEGER: "#,##0",
    Kind.DATE: "yyyy-mm-dd",
    Kind.TIME: "hh:mm:ss",
    Kind.MOMENT: "yyyy-mm-dd hh:mm:ss",
    Kind.YES_NO: '"是";"是";"否"',  # 1 and 0, so that a school can count them
    Kind.TEXT: "@",
    Kind.STATE: "@",
}


class TooManyRowsError(Exception):
    """A table has more rows than a worksheet; the text says what to do."""


def render_spreadsheet(report: Report) -> bytes:
    """The report as .xlsx: a first sheet with what is not a table, then one sheet for each. Raises TooManyRowsError."""
    from xlsxwriter import Workbook  # late: a role starts often, and few ask for a workbook

    for table in report.tables:
        if len(table.rows) > MOST_ROWS:
            raise TooManyRowsError(
                f"“{table.title}”共 {len(table.rows)} 行，一个工作表放不下。请缩短时段后分几次导出。"
            )
    content = io.BytesIO()
    book = Workbook(
        content,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_date_format": "yyyy-mm-dd",
        },
    )
    book.set_properties(
        {
            "title": clean(report.title)[:250],
            "author": clean(report.school)[:250],
            "created": utc_datetime(report.made_at_utc_ns).replace(tzinfo=None, microsecond=0),
        }
    )
    sheets = _Sheets(book, report)
    sheets.add_cover()
    for table in report.tables:
        sheets.add_table(table)
    book.close()
    return content.getvalue()


class _Sheets:
    def __init__(self, book: Workbook, report: Report) -> None:
        self._book = book
        self._report = report
        self._names: set[str] = set()
        self._formats: dict[tuple[Kind, int, State | None], Any] = {}
        common = {"font_name": "宋体", "font_size": 10.5, "valign": "vcenter"}
        self._common = common
        self._title = book.add_format(common | {"bold": True, "font_size": 16})
        self._head = book.add_format(
            common | {"bold": True, "bg_color": "#F2F2F2", "border": 1, "align": "center", "text_wrap": True}
        )
        self._plain = book.add_format(common | {"text_wrap": True, "num_format": "@"})
        self._total = book.add_format(common | {"bold": True, "border": 1, "num_format": "@"})

    def add_cover(self) -> None:
        """What stands around the tables on paper."""
        report, sheet = self._report, self._sheet("报表", across=False)
        sheet.set_column(0, 0, 26)
        sheet.set_column(1, 1, 70)
        sheet.write_string(0, 0, safe(report.title), self._title)
        lines = [
            ("单位", report.school),
            ("统计时段", report.period.words if report.period else ""),
            ("编号", report.number),
            ("标记", report.marking),
            ("制表时间", report.made_words),
        ]
        at = 1
        for label, value in lines:
            if value:
                at = self._line(sheet, at, label, value)
        for section in report.sections:
            if isinstance(section, Table):
                continue
            sheet.write_string(at + 1, 0, safe(section.title), self._head)
            at += 2
            if isinstance(section, Text):
                for paragraph in section.paragraphs:
                    at = self._line(sheet, at, "", paragraph)
            elif isinstance(section, Facts):
                for fact in section.facts:
                    sheet.write_string(at, 0, safe(fact.column.heading), self._plain)
                    self._write(sheet, at, 1, fact.column, fact.value)
                    at += 1
        for label, texts in (
            ("数据来源", report.sources),
            ("签字", tuple(f"{signature.role}：{signature.name}" for signature in report.signatures)),
        ):
            for text in texts:
                at = self._line(sheet, at + 1, label, text)

    def _line(self, sheet: Any, at: int, label: str, text: str) -> int:
        sheet.write_string(at, 0, safe(label), self._plain)
        sheet.write_string(at, 1, safe(text), self._plain)
        return at + 1

    def add_table(self, table: Table) -> None:
        """One table: its name, its head (which stays in sight and is printed on each page), its rows."""
        columns = [Column("序号", Kind.INTEGER), *table.columns] if table.numbered else list(table.columns)
        rows = [(number, *row) for number, row in enumerate(table.rows, start=1)] if table.numbered else table.rows
        widths = [_width(column, [row[at] for row in rows[:_SAMPLED_ROWS]]) for at, column in enumerate(columns)]
        sheet = self._sheet(table.title or "表", across=sum(widths) > _ACROSS_FROM)
        period = self._report.period
        about = "　".join(filter(None, (table.title, self._report.school, period.words if period else "")))
        sheet.write_string(0, 0, safe(about), self._title)
        for at, (column, wide) in enumerate(zip(columns, widths, strict=True)):
            sheet.set_column(at, at, wide)
            sheet.write_string(1, at, safe(column.heading), self._head)
        sheet.freeze_panes(2, 0)
        sheet.repeat_rows(1)
        sheet.autofilter(1, 0, 1 + max(1, len(rows)), len(columns) - 1)
        for number, row in enumerate(rows, start=2):
            for at, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, number, at, column, value)
        end = 2 + len(rows)
        if table.total is not None:
            for at, (column, value) in enumerate(zip(table.columns, table.total, strict=True), int(table.numbered)):
                if isinstance(value, str):
                    sheet.write_string(end, at, safe(value), self._total)
                else:
                    self._write(sheet, end, at, column, value)
            end += 1
        if table.note:
            sheet.write_string(end, 0, safe(f"注：{table.note}"), self._book.add_format(self._common))

    def _sheet(self, title: str, *, across: bool) -> Any:
        sheet = self._book.add_worksheet(self._free_name(title))
        sheet.set_paper(_PAPER_A4)
        if across:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.7, right=0.7, top=0.8, bottom=0.8)
        sheet.center_horizontally()
        sheet.set_footer("&C第 &P 页　共 &N 页")
        return sheet

    def _free_name(self, title: str) -> str:
        wanted = _FORBIDDEN_IN_NAMES.sub(" ", clean(title)).strip()[:_LONGEST_NAME].strip() or "表"
        name, number = wanted, 1
        while name.casefold() in self._names or name.casefold() == "history":
            number += 1
            ending = f" {number}"
            name = wanted[: _LONGEST_NAME - len(ending)] + ending
        self._names.add(name.casefold())
        return name

    def _write(self, sheet: Any, row: int, at: int, column: Column, value: Value) -> None:
        cell_format = self._format(column, value if isinstance(value, State) else None)
        match value:
            case None:
                sheet.write_blank(row, at, None, cell_format)
            case bool():
                sheet.write_number(row, at, int(value), cell_format)
            case int() if abs(value) <= _LARGEST_INTEGER:
                sheet.write_number(row, at, value, cell_format)
            case Decimal() if abs(value) <= _LARGEST_INTEGER:
                sheet.write_number(row, at, float(value), cell_format)
            case date() if value.year > _FIRST_YEAR:  # a datetime is one too
                sheet.write_datetime(row, at, value, cell_format)
            case time():
                sheet.write_datetime(row, at, value, cell_format)
            case _:
                sheet.write_string(row, at, safe(column.shown(value)) if value else "", cell_format)

    def _format(self, column: Column, state: State | None) -> Any:
        key = (column.kind, column.decimals if column.kind is Kind.DECIMAL else 0, state)
        found = self._formats.get(key)
        if found is None:
            shape: dict[str, object] = dict(self._common, border=1, text_wrap=column.kind is Kind.TEXT)
            shape["num_format"] = (
                "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
                if column.kind is Kind.DECIMAL
                else _NUMBER_FORMATS[column.kind]
            )
            shape["align"] = "right" if column.is_number else "left" if column.kind is Kind.TEXT else "center"
            if state is not None:
                shape["font_color"] = _COLOURS[state]
            found = self._formats[key] = self._book.add_format(shape)
        return found


def _width(column: Column, values: Sequence[Value]) -> int:
    widest = max((width(line) for value in values for line in column.shown(value).split("\n")), default=0)
    return min(max(widest, width(column.heading), 6), _WIDEST) + 2
