"""Workbook and CSV: figures stay figures, text stays text wherever it is opened or saved again."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from web.document.cell_text import safe, unguarded
from web.document.column import Column
from web.document.comma_separated import render_csv
from web.document.plain_text import clean
from web.document.report import Report, Table
from web.document.spreadsheet import render_spreadsheet

ReportOf = Callable[..., Report]
COMPUTED = "=+-@＝＋－＠\t\r\n"


def rows_of(content: bytes, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_name(sheet).to_python()


def part(content: bytes, pattern: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "".join(archive.read(name).decode() for name in archive.namelist() if re.fullmatch(pattern, name))


def test_figures_are_figures_and_days_are_days(report_of: ReportOf) -> None:
    rows = rows_of(render_spreadsheet(report_of(["张伟", "王芳"])), "来访登记")
    assert rows[1] == ["序号", "日期", "姓名", "人数（人）", "时长（小时）", "时间", "登记时间", "已核验", "状态"]
    number, day, name, count, hours, _, moment, checked, state = rows[3]
    assert (number, day, name, count, hours, checked) == (2.0, date(2026, 11, 2), "王芳", 1.0, 0.25, 0.0)
    assert moment == datetime(2026, 11, 2, 7, 41, 1)
    assert state == "◆ 注意"


def test_the_head_stays_in_sight_and_is_printed_on_each_page(report_of: ReportOf) -> None:
    content = render_spreadsheet(report_of(["张伟"]))
    sheet = part(content, r"xl/worksheets/sheet2\.xml")
    assert 'state="frozen"' in sheet
    assert 'paperSize="9"' in sheet
    assert "fitToPage" in sheet
    assert "第 &amp;P 页" in sheet
    assert "_xlnm.Print_Titles" in part(content, r"xl/workbook\.xml")


def test_no_hostile_name_becomes_a_formula_or_a_link(report_of: ReportOf, hostile_names: dict[str, str]) -> None:
    names = ["https://example.org", "mailto:x@y", *hostile_names.values()]
    content = render_spreadsheet(report_of(names, title=hostile_names["formula"], school=hostile_names["at"]))
    sheets = part(content, r"xl/worksheets/sheet\d+\.xml")
    assert "<f>" not in sheets
    assert "<f " not in sheets
    assert "hyperlink" not in sheets
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    texts = [
        cell
        for sheet in book.sheet_names
        for row in book.get_sheet_by_name(sheet).to_python()
        for cell in row
        if isinstance(cell, str) and cell
    ]
    assert len(texts) > len(names)
    assert [cell for cell in texts if cell[0] in COMPUTED] == []


def test_a_name_comes_back_as_it_was_typed(report_of: ReportOf, hostile_names: dict[str, str]) -> None:
    kept = ["formula", "typst", "quotes", "uyghur", "tibetan", "rare Chinese", "emoji", "escaped", "markup", "long"]
    rows = rows_of(render_spreadsheet(report_of([hostile_names[name] for name in kept])), "来访登记")
    assert [unguarded(row[2]) for row in rows[2 : 2 + len(kept)]] == [hostile_names[name] for name in kept]


def test_a_text_too_long_for_a_cell_is_cut_with_a_word_and_not_lost(report_of: ReportOf) -> None:
    rows = rows_of(render_spreadsheet(report_of(["张" * 50_000])), "来访登记")
    assert rows[2][2].endswith("……（共 50000 字，超出单元格的部分未导出）")


def test_worksheets_get_names_that_a_workbook_allows(report_of: ReportOf) -> None:
    titles = ["a/b:c*[d]?\\e'", "A" * 60, "a" * 60, "History", "", "表", "\x00\n", "报表"]
    tables = tuple(Table(title, (Column("甲"),), ((title or "空",),)) for title in titles)
    names = CalamineWorkbook.from_filelike(
        io.BytesIO(render_spreadsheet(report_of(["张"], sections=tables)))
    ).sheet_names
    assert len(names) == len(titles) + 1
    assert len({name.casefold() for name in names}) == len(names)
    assert all(0 < len(name) <= 31 and not re.search(r"[\[\]:*?/\\]", name) for name in names)


def test_csv_opens_as_chinese_and_computes_nothing(report_of: ReportOf, hostile_names: dict[str, str]) -> None:
    report = report_of(list(hostile_names.values()))
    content = render_csv(report.tables[0])
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    assert rows[0][:3] == ["日期", "姓名", "人数（人）"]
    assert len(rows) == 1 + len(hostile_names)
    assert [cell for row in rows for cell in row if cell and cell[0] in COMPUTED] == []


@settings(max_examples=300)
@given(
    st.text(alphabet=st.one_of(st.sampled_from(list("=+-@＝＋－＠\t\r\n '　|!\ufeff\u200b\u202e")), st.characters()))
)
def test_no_text_is_computed_and_none_is_changed_beyond_the_apostrophe(text: str) -> None:
    shown = safe(text)
    stripped = shown.lstrip(" \u3000\xa0")
    number = re.fullmatch(r"[+-]\d[\d ]*(\.\d+)?", shown)
    assert not stripped or stripped[0] not in COMPUTED.strip() or number
    assert unguarded(shown) == clean(text, lines=True)


@settings(max_examples=20)
@given(st.lists(st.text(min_size=1, max_size=50), min_size=1, max_size=10))
def test_whatever_is_typed_a_workbook_and_a_csv_come_out_whole(names: list[str]) -> None:
    table = Table("表", (Column("姓名"),), tuple((name,) for name in names), numbered=False)
    report = Report(title="表", school="校", period=None, made_at_utc_ns=0, sections=(table,))
    rows = rows_of(render_spreadsheet(report), "表")
    assert len(rows) <= 2 + len(names)
    assert len(list(csv.reader(io.StringIO(render_csv(table).decode("utf-8-sig"), newline="")))) == 1 + len(names)
