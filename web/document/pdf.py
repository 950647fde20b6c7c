"""A report as PDF: laid out as a Chinese official form, set by typst in a short-lived process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S
from foundation.short_process import OutOfTimeError, RefusedWorkError, ShortProcessError, WorkLimits, run_short
from web.document.fonts import SYSTEM_FONTS, find_fonts
from web.document.form import make_form
from web.document.glyphs import Glyphs, MissingGlyph
from web.document.report import Report

LIMITS: Final = WorkLimits(wall_s=60, cpu_s=60, memory_bytes=2 * 1024**3, output_bytes=64 * 1024**2, nice=5)
"""500 rows take well under a second; the memory is address space, of which the mapped fonts are a tenth."""
MOST_ROWS: Final = 20_000
"""About 600 pages; nobody signs more, and the spreadsheet has no such limit."""


class PdfError(Exception):
    """The PDF was not made; the text says why and what to do."""


class MissingGlyphError(PdfError):
    """With `strict`: there are characters that no font has; the text names the first and its field."""

    def __init__(self, missing: Sequence[MissingGlyph]) -> None:
        more = f"（另有 {len(missing) - 1} 处）" if len(missing) > 1 else ""
        super().__init__(
            f"{missing[0].place}：字体中没有 {missing[0].number} 这个字{more}。请改写这个字，或安装含有它的字体。"
        )
        self.missing = tuple(missing)


@dataclass(frozen=True, slots=True)
class Pdf:
    """A PDF/A-2u document."""

    content: bytes
    missing: tuple[MissingGlyph, ...]
    """Characters shown as 〓 with their number; the document says so too."""


def render_pdf(
    report: Report, *, strict: bool = False, fonts_root: Path = SYSTEM_FONTS, limits: WorkLimits = LIMITS
) -> Pdf:
    """Set a report. A character that no font has is replaced and named in `missing`; with `strict` it is refused.

    Raises PdfError, MissingGlyphError, fonts.FontsMissingError.
    """
    rows = sum(len(table.rows) for table in report.tables)
    if rows > MOST_ROWS:
        raise PdfError(f"共 {rows} 行，超过 PDF 的上限 {MOST_ROWS} 行。请缩短时段，或改用电子表格。")
    try:
        return _render(report, fonts_root, limits, strict=strict, use_further=True)
    except RefusedWorkError:
        # A further font may have a character and still not the form that its neighbours ask for.
        try:
            return _render(report, fonts_root, limits, strict=strict, use_further=False)
        except RefusedWorkError as error:
            raise PdfError(f"排版程序没有接受这份文件：{error}。请把这句话告诉技术人员；可先用电子表格。") from error


def _render(report: Report, fonts_root: Path, limits: WorkLimits, *, strict: bool, use_further: bool) -> Pdf:
    fonts = find_fonts(fonts_root)
    glyphs = Glyphs(fonts, use_further=use_further)
    form = make_form(report, glyphs)
    if strict and glyphs.missing:
        raise MissingGlyphError(glyphs.missing)
    folders = dict.fromkeys(str(face.folder) for face in (*fonts.main, *glyphs.further))
    order = {"folders": list(folders), "made_s": report.made_at_utc_ns // NS_PER_S}
    given = json.dumps(order).encode() + b"\n" + form.to_json().encode("utf-8")
    try:
        content = run_short("web.document.typeset", given, limits)
    except OutOfTimeError as error:
        raise PdfError(f"排版超过 {limits.wall_s:g} 秒，已停止。请缩短时段，或改用电子表格。") from error
    except RefusedWorkError:
        raise
    except ShortProcessError as error:
        raise PdfError(f"排版程序中断（{error}）。请再试一次，或改用电子表格。") from error
    return Pdf(content, tuple(glyphs.missing))
