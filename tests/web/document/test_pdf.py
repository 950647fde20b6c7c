"""A report is set as a Chinese form, whatever the names in it are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.programs import require_program, unavailable
from tests.support.waiting import WAIT_AT_MOST_S
from web.document.column import Column, Kind, ReportError
from web.document.fonts import FontsMissingError, find_fonts
from web.document.form import make_form
from web.document.glyphs import Glyphs
from web.document.pdf import LIMITS, MissingGlyphError, PdfError, render_pdf
from web.document.plain_text import clean
from web.document.report import Report, Table

ReportOf = Callable[..., Report]


@pytest.fixture(scope="module", autouse=True)
def _fonts() -> None:
    try:
        find_fonts()
    except FontsMissingError as missing:
        unavailable(str(missing))


def text_of(pdf: bytes, tmp_path: Path) -> str:
    """What a reader finds in it, by poppler."""
    file = tmp_path / "document.pdf"
    file.write_bytes(pdf)
    program = require_program("pdftotext", "poppler-utils")
    return subprocess.run(
        [program, "-layout", file, "-"], capture_output=True, text=True, timeout=WAIT_AT_MOST_S, check=True
    ).stdout


def test_the_form_carries_title_school_period_signatures_and_page_numbers(report_of: ReportOf, tmp_path: Path) -> None:
    text = text_of(render_pdf(report_of(["张伟"] * 80)).content, tmp_path)
    for wanted in ("校园安全月报表", "单位：新平县第一小学", "2026 年 11 月 1 日至 2026 年 11 月 30 日"):
        assert wanted.replace(" ", "") in text.replace(" ", "")
    plain = re.sub(r"\s", "", text)
    pages = text.count("\f")
    assert pages >= 3
    assert all(f"第{page}页共{pages}页" in plain for page in range(1, pages + 1))
    assert plain.count("制表人（签字）") == 1
    assert "（单位公章）" in plain
    assert "数据来源：来访登记簿" in plain


def test_the_head_of_a_table_stands_on_each_of_its_pages(report_of: ReportOf, tmp_path: Path) -> None:
    pages = text_of(render_pdf(report_of(["张伟"] * 80)).content, tmp_path).split("\f")
    with_rows = [page for page in pages if "张伟" in page and re.search(r"2026-11-\d\d", page)]
    assert len(with_rows) >= 2
    assert all("姓名" in page and "已核验" in re.sub(r"\s", "", page) for page in with_rows)


def test_a_table_without_rows_says_so(report_of: ReportOf, tmp_path: Path) -> None:
    report = report_of(["张伟"], sections=(Table("拒绝入校", (Column("原因"),), ()),))
    assert "本期无记录" in text_of(render_pdf(report).content, tmp_path)


def test_it_is_an_archive_document_of_the_day_it_was_made(report_of: ReportOf) -> None:
    report = report_of(["张伟"])
    content = render_pdf(report).content
    assert b"<pdfaid:part>2</pdfaid:part>" in content
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in content
    assert b"2026-12-01T00:00:00" in content
    assert render_pdf(report).content == content


def test_no_hostile_name_keeps_a_report_from_being_made(
    report_of: ReportOf, hostile_names: dict[str, str], tmp_path: Path
) -> None:
    names = ["李雷", *hostile_names.values()]
    text = text_of(render_pdf(report_of(names)).content, tmp_path)
    plain = re.sub(r"[\s\u200b]", "", text)
    assert "=cmd|'/Ccalc'!A0" in plain  # as it was typed, and no more than text
    assert "#letx=" in plain
    assert "preview" in plain
    assert "abcgpj.exe" in plain  # the mark that turns the writing round is gone
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert "共10000字" in plain
    assert "𠮷" in plain


@pytest.mark.parametrize("place", ["title", "school", "number", "marking", "footer"])
def test_hostile_names_may_stand_in_every_line_of_the_form(
    report_of: ReportOf, hostile_names: dict[str, str], place: str
) -> None:
    everything = " ".join(name[:200] for name in hostile_names.values())
    assert render_pdf(report_of(["张"], **{place: everything})).content.startswith(b"%PDF")


def test_a_character_without_a_glyph_is_shown_by_its_number_and_the_document_says_so(
    report_of: ReportOf, tmp_path: Path
) -> None:
    pdf = render_pdf(report_of(["张\U000e1000\ue123某"]))
    text = re.sub(r"\s", "", text_of(pdf.content, tmp_path))
    assert "张〓〓(U+E1000U+E123)某" in text
    assert "U+E123（来访登记，第1行，姓名）" in text
    assert {glyph.number for glyph in pdf.missing} == {"U+E1000", "U+E123"}
    assert any(glyph.sentence.startswith("来访登记，第 1 行，姓名：字体中没有 U+E123") for glyph in pdf.missing)


def test_strictly_a_missing_glyph_is_refused_with_character_and_field(report_of: ReportOf) -> None:
    with pytest.raises(MissingGlyphError, match=r"来访登记，第 5 行，姓名：字体中没有 U\+E123 这个字"):
        render_pdf(report_of([*["张伟"] * 4, "王\ue123"]), strict=True)


def test_typst_itself_refuses_a_character_that_nobody_replaced(report_of: ReportOf) -> None:
    # The standard is the last guard: a box on paper instead of a name is never signed.
    form = make_form(report_of(["王"]), Glyphs(find_fonts(), use_further=False))
    broken = replace(form, title="校园\ue123").to_json()
    from foundation.short_process import RefusedWorkError, run_short

    order = b'{"folders": ["/usr/share/fonts/opentype/noto"], "made_s": 0}\n'
    with pytest.raises(RefusedWorkError, match="e123"):
        run_short("web.document.typeset", order + broken.encode(), LIMITS)


def test_missing_fonts_are_said_with_the_command_that_brings_them(report_of: ReportOf, tmp_path: Path) -> None:
    with pytest.raises(FontsMissingError, match="apt-get install fonts-noto-cjk"):
        render_pdf(report_of(["张"]), fonts_root=tmp_path)
    folder = tmp_path / "opentype" / "noto"
    folder.mkdir(parents=True)
    for name in ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc"):
        (folder / name).write_bytes(os.urandom(500))
    find_fonts.cache_clear()
    with pytest.raises(FontsMissingError, match="reinstall"):
        render_pdf(report_of(["张"]), fonts_root=tmp_path)


def test_setting_that_takes_too_long_is_ended_with_a_sentence(report_of: ReportOf) -> None:
    with pytest.raises(PdfError, match="已停止"):
        render_pdf(report_of(["张伟"] * 200), limits=replace(LIMITS, wall_s=0.05))


def test_setting_that_needs_too_much_memory_is_ended_with_a_sentence(report_of: ReportOf) -> None:
    with pytest.raises(PdfError, match="请再试一次，或改用电子表格"):
        render_pdf(report_of(["张伟"] * 200), limits=replace(LIMITS, memory_bytes=150 * 1024**2))


def test_too_many_rows_are_refused_before_anything_is_set(report_of: ReportOf) -> None:
    table = Table("长", (Column("数", Kind.INTEGER),), tuple((at,) for at in range(20_001)))
    with pytest.raises(PdfError, match="20001 行"):
        render_pdf(report_of(["张"], sections=(table,)))


def test_wide_tables_lie_across_and_nothing_runs_off_the_page(report_of: ReportOf, tmp_path: Path) -> None:
    columns = tuple(Column(f"第 {at} 项指标数值", Kind.DECIMAL, "小时") for at in range(24))
    table = Table("宽", columns, (tuple(123_456 for _ in columns),) * 3)
    content = render_pdf(report_of(["张"], sections=(table,))).content
    file = tmp_path / "wide.pdf"
    file.write_bytes(content)
    program = require_program("pdftotext", "poppler-utils")
    boxes = subprocess.run(
        [program, "-bbox", file, "-"], capture_output=True, text=True, timeout=WAIT_AT_MOST_S, check=True
    ).stdout
    page = re.search(r'<page width="([\d.]+)" height="([\d.]+)"', boxes)
    assert page is not None
    assert float(page[1]) > float(page[2])
    assert max(float(right) for right in re.findall(r'xMax="([\d.]+)"', boxes)) <= float(page[1]) - 60


@settings(max_examples=200)
@given(st.text())
def test_every_character_of_a_settled_text_has_a_glyph(text: str) -> None:
    fonts = find_fonts()
    glyphs = Glyphs(fonts, use_further=False)
    shown = glyphs.settle(clean(text), "字段")
    unseen = {"\u200c", "\u200d"}
    assert all(
        fonts.has(character) or character in unseen or 0xFE00 <= ord(character) <= 0xFE0F or ord(character) > 0xE00FF
        for character in shown
    )


@settings(max_examples=15)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=20))
def test_whatever_is_typed_becomes_a_document(names: list[str]) -> None:
    from tests.web.document.conftest import make_report

    assert render_pdf(make_report(names)).content.startswith(b"%PDF")


def test_the_asking_process_never_loads_the_typesetter(root: Path) -> None:
    program = "import sys, web.document.pdf; print('typst' in sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, timeout=WAIT_AT_MOST_S, check=True
    )
    assert told.stdout.strip() == "False"


def test_a_report_that_contradicts_itself_is_not_made() -> None:
    with pytest.raises(ReportError, match="人数"):
        Table("表", (Column("人数", Kind.INTEGER),), (("三",),))
    with pytest.raises(ReportError):
        Table("表", (Column("人数", Kind.INTEGER),), ((True,),))
    with pytest.raises(ReportError):
        Table("表", (Column("甲"), Column("乙")), (("一",),))
