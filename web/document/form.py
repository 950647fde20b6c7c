"""A report as it will be set on paper: every value a text, every column a width; what the typst template reads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Final

from web.document.column import Column, Kind, Value
from web.document.fonts import SANS, SERIF
from web.document.glyphs import GETA, Glyphs
from web.document.plain_text import clean, cut, width
from web.document.report import Facts, Report, Section, Signature, Table, Text, day_words

MOST_CELL_CHARACTERS: Final = 300
"""A cell of a page; the spreadsheet has the rest."""
MOST_PARAGRAPH_CHARACTERS: Final = 20_000
_MOST_MISSING_LISTED: Final = 30
_SAMPLED_ROWS: Final = 2_000
_NARROWEST: Final = 6
_WIDEST_TEXT: Final = 26
_BETWEEN: Final = 2.2
"""What the lines and the room beside them take of each column."""
_ONE_LINE: Final = 8
_PORTRAIT_WIDTHS: Final = 84
"""Half-width characters of 10.5 pt between the margins of an upright A4 page."""
_LANDSCAPE_WIDTHS: Final = 130
_UNBREAKABLE: Final = re.compile(r"[^\s⺀-〿぀-鿿豈-﫿＀-￯]{13,}")
_BREAK_EVERY: Final = 6
_MAY_BREAK: Final = "\u200b"
_NUMERALS: Final = "一二三四五六七八九十"


@dataclass(frozen=True, slots=True)
class FormColumn:
    """A column on paper."""

    heading: str
    align: str
    fixed: float | None
    """Width in half-width characters; None shares what the fixed ones leave."""
    share: float


@dataclass(frozen=True, slots=True)
class FormSection:
    """A section on paper; of the three kinds each uses its own fields."""

    kind: str
    title: str
    paragraphs: Sequence[str] = ()
    facts: Sequence[tuple[str, str, bool]] = ()
    """Label, value, whether it takes a whole line."""
    columns: Sequence[FormColumn] = ()
    rows: Sequence[Sequence[str]] = ()
    total: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class FormSignature:
    """A place to sign."""

    role: str
    name: str
    day: str


@dataclass(frozen=True, slots=True)
class Form:
    """What the template reads."""

    serif: Sequence[str]
    sans: Sequence[str]
    landscape: bool
    small: bool
    """Whether the letters of tables must be smaller to find room."""
    title: str
    school: str
    period: str
    made: str
    number: str
    marking: str
    sections: Sequence[FormSection]
    signatures: Sequence[FormSignature]
    seal: bool
    footer: str
    sources: Sequence[str]
    missing: Sequence[str]

    def to_json(self) -> str:
        """For the template."""
        return json.dumps(self, default=_plain, ensure_ascii=False)


def _plain(value: object) -> dict[str, object]:
    assert is_dataclass(value)
    return {field.name: getattr(value, field.name) for field in fields(value)}


def make_form(report: Report, glyphs: Glyphs) -> Form:
    """Set a report; `glyphs.missing` then says what could not be shown."""

    def line(text: str, place: str) -> str:
        return glyphs.settle(_breakable(clean(text)), place)

    sections = [
        _section(section, _section_title(section.title, index, len(report.sections)), glyphs)
        for index, section in enumerate(report.sections)
    ]
    title, school = line(report.title, "标题"), line(report.school, "单位")
    number, marking = line(report.number, "编号"), line(report.marking, "标记")
    footer = line(report.footer, "页脚")
    sources = [line(source, "数据来源") for source in report.sources]
    signatures = [_signature(signature, glyphs) for signature in report.signatures]
    further = [face.family for face in glyphs.further]
    widest = max((_natural(section) for section in sections if section.kind == "table"), default=0)
    return Form(
        serif=[SERIF, *further],
        sans=[SANS, *further],
        landscape=widest > _PORTRAIT_WIDTHS,
        small=widest > _LANDSCAPE_WIDTHS,
        title=title,
        school=school,
        period=report.period.words if report.period else "",
        made=report.made_words,
        number=number,
        marking=marking,
        sections=sections,
        signatures=signatures,
        seal=report.seal,
        footer=footer,
        sources=sources,
        missing=_missing_notes(glyphs),
    )


def _section_title(title: str, index: int, count: int) -> str:
    if not title or count < 2:
        return title
    return f"{_NUMERALS[index] if index < len(_NUMERALS) else index + 1}、{title}"


def _signature(signature: Signature, glyphs: Glyphs) -> FormSignature:
    return FormSignature(
        role=glyphs.settle(clean(signature.role), "签字栏"),
        name=glyphs.settle(_breakable(clean(signature.name)), f"签字栏，{clean(signature.role)}"),
        day=day_words(signature.day) if signature.day else "",
    )


def _section(section: Section, title: str, glyphs: Glyphs) -> FormSection:
    title = glyphs.settle(_breakable(clean(title)), "小标题")
    place = clean(section.title)
    match section:
        case Text(paragraphs=paragraphs):
            texts = [cut(clean(text, lines=True), MOST_PARAGRAPH_CHARACTERS, "此处只印开头") for text in paragraphs]
            return FormSection("text", title, paragraphs=[glyphs.settle(_breakable(text), place) for text in texts])
        case Facts(facts=facts):
            found = []
            for fact in facts:
                value = _cell(fact.column.shown(fact.value), f"{place}，{clean(fact.column.title)}", glyphs)
                label = glyphs.settle(_breakable(fact.column.heading), place)
                found.append((label, value, width(value) > _WIDEST_TEXT or "\n" in value))
            return FormSection("facts", title, facts=found)
        case Table():
            return _table(section, title, glyphs)


def _table(table: Table, title: str, glyphs: Glyphs) -> FormSection:
    rows = []
    for number, row in enumerate(table.rows, start=1):
        cells = [
            _cell(column.shown(value), table.place(number, column), glyphs)
            for column, value in zip(table.columns, row, strict=True)
        ]
        rows.append([str(number), *cells] if table.numbered else cells)
    headings = [_heading(column, clean(table.title), glyphs) for column in table.columns]
    total = _total(table, table.total, glyphs) if table.total is not None else []
    sampled = [*rows[:_SAMPLED_ROWS], *([total] if total else [])]
    columns = [
        _column(heading, column.kind, [row[at] for row in sampled])
        for at, (heading, column) in enumerate(zip(headings, table.columns, strict=True), start=int(table.numbered))
    ]
    if table.numbered:
        columns.insert(0, FormColumn("序号", "center", max(4, len(str(len(rows)))), 4))
    note = glyphs.settle(clean(table.note), clean(table.title))
    return FormSection("table", title, columns=_fitting(columns), rows=rows, total=total, note=note)


def _total(table: Table, total: tuple[Value, ...], glyphs: Glyphs) -> list[str]:
    cells = [
        "" if value is None else _cell(column.shown(value), f"{clean(table.title)}，合计", glyphs)
        for column, value in zip(table.columns, total, strict=True)
    ]
    return ["", *cells] if table.numbered else cells


def _heading(column: Column, place: str, glyphs: Glyphs) -> str:
    whole = column.heading
    if column.unit and width(whole) > _ONE_LINE:  # the unit under the title rather than torn apart
        whole = f"{clean(column.title)}\n（{clean(column.unit)}）"
    return glyphs.settle(_breakable(whole), place)


def _column(heading: str, kind: Kind, cells: Sequence[str]) -> FormColumn:
    widest = max((width(line) for cell in cells for line in cell.split("\n")), default=0)
    if kind is Kind.TEXT:
        return FormColumn(
            heading, "left", None, min(max(widest, width(heading.replace("\n", "")), _NARROWEST), _WIDEST_TEXT)
        )
    # A long heading may stand in more lines, a figure may not.
    headed = max(width(line) if width(line) <= _ONE_LINE else width(line) // 2 + 2 for line in heading.split("\n"))
    fixed = max(widest, headed, _NARROWEST)
    return FormColumn(heading, "right" if kind in (Kind.INTEGER, Kind.DECIMAL) else "center", fixed, fixed)


def _fitting(columns: Sequence[FormColumn]) -> list[FormColumn]:
    """Fixed widths only where they leave a third to the others; otherwise everything shares."""
    fixed = sum(column.fixed or 0 for column in columns)
    if fixed <= _LANDSCAPE_WIDTHS * 2 / 3 and any(column.fixed is None for column in columns):
        return list(columns)
    return [FormColumn(column.heading, column.align, None, column.share) for column in columns]


def _natural(section: FormSection) -> float:
    return sum(column.share + _BETWEEN for column in section.columns)


def _cell(text: str, place: str, glyphs: Glyphs) -> str:
    return glyphs.settle(_breakable(cut(text, MOST_CELL_CHARACTERS, "全文见电子表格")), place)


def _breakable(text: str) -> str:
    # Without a place to break, one long word would run over its neighbours and off the page.
    if len(text) < 13:
        return text
    return _UNBREAKABLE.sub(
        lambda run: _MAY_BREAK.join(
            run.group()[at : at + _BREAK_EVERY] for at in range(0, len(run.group()), _BREAK_EVERY)
        ),
        text,
    )


def _missing_notes(glyphs: Glyphs) -> list[str]:
    if not glyphs.missing:
        return []
    places: dict[str, None] = dict.fromkeys(f"{glyph.number}（{glyph.place}）" for glyph in glyphs.missing)
    listed = list(places)[:_MOST_MISSING_LISTED]
    more = f"；另有 {len(places) - len(listed)} 处" if len(places) > len(listed) else ""
    return [f"本机字体没有的字以 {GETA} 代替，括号内为其 Unicode 编号，电子表格中保留原字：{'；'.join(listed)}{more}。"]
