"""A report as a Word document (.docx): the same official form as the PDF, but a school can write on in it.

Office Open XML (ISO/IEC 29500, transitional), written by hand: nine small parts, text only.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from foundation.clock import rfc3339, utc_datetime
from web.document.column import Column, Kind, Value
from web.document.plain_text import clean, cut, width
from web.document.report import Fact, Facts, Report, Signature, Table, Text, day_words

MOST_ROWS: Final = 2_000
"""Word itself gets slow beyond; the spreadsheet has no such limit."""
_MOST_CHARACTERS: Final = 20_000
_NUMERALS: Final = "一二三四五六七八九十"
_PAGE_TWIPS: Final = 11_906 - 1_587 - 1_474  # A4 less 28 and 26 mm, as the PDF has them
_WIDEST: Final = 40
_W: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SERIF: Final = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="宋体"/>'
_SANS: Final = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="黑体"/>'


class TooManyRowsError(Exception):
    """More rows than a Word document carries well; the text says what to do."""


def render_word(report: Report) -> bytes:
    """The report as .docx; the same report gives the same bytes. Raises TooManyRowsError."""
    rows = sum(len(table.rows) for table in report.tables)
    if rows > MOST_ROWS:
        raise TooManyRowsError(f"共 {rows} 行，超过 Word 文档的上限 {MOST_ROWS} 行。请缩短时段，或改用电子表格。")
    written = io.BytesIO()
    moment = utc_datetime(report.made_at_utc_ns)
    stamp = (max(moment.year, 1980), moment.month, moment.day, moment.hour, moment.minute, moment.second)
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, part in _parts(report):
            package.writestr(zipfile.ZipInfo(name, stamp), _HEAD + part, zipfile.ZIP_DEFLATED)
    return written.getvalue()


def _parts(report: Report) -> Iterable[tuple[str, str]]:
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    types = {
        "/word/document.xml": f"{word}.document.main+xml",
        "/word/styles.xml": f"{word}.styles+xml",
        "/word/footer1.xml": f"{word}.footer+xml",
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    overrides = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in types.items())
    yield (
        "[Content_Types].xml",
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
    )
    yield (
        "_rels/.rels",
        _relationships(
            (f"{_R}/officeDocument", "word/document.xml"),
            (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        ),
    )
    yield (
        "word/_rels/document.xml.rels",
        _relationships((f"{_R}/styles", "styles.xml"), (f"{_R}/footer", "footer1.xml")),
    )
    yield "word/document.xml", _document(report)
    yield "word/styles.xml", _styles()
    yield "word/footer1.xml", _footer(report)
    at = rfc3339(report.made_at_utc_ns)[:19] + "Z"
    yield (
        "docProps/core.xml",
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{_text(report.title)}</dc:title><dc:creator>{_text(report.school)}</dc:creator>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created></cp:coreProperties>',
    )


def _relationships(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inside}</Relationships>'


def _document(report: Report) -> str:
    body: list[str] = []
    if report.marking:
        body.append(_paragraph(report.marking, "Marking"))
    body.append(_paragraph(report.title, "Title"))
    about = [f"单位：{report.school}"]
    about += [f"编号：{report.number}"] if report.number else []
    about += [f"统计时段：{report.period.words}"] if report.period else []
    about.append(f"制表时间：{report.made_words}")
    body += [_paragraph(line, "About") for line in about]
    for index, section in enumerate(report.sections):
        if section.title:
            numbered = len(report.sections) > 1
            numeral = f"{_NUMERALS[index] if index < len(_NUMERALS) else index + 1}、" if numbered else ""
            body.append(_paragraph(numeral + section.title, "Heading1"))
        match section:
            case Text(paragraphs=paragraphs):
                body += [_paragraph(line, "BodyText") for text in paragraphs for line in _lines(text)]
            case Facts(facts=facts):
                body.append(_facts(facts))
            case Table():
                body.append(_table(section))
                body += [_paragraph(f"注：{section.note}", "Small")] if section.note else []
    body += [_paragraph(f"数据来源：{source}", "Small") for source in report.sources]
    body += [line for signature in report.signatures for line in _signature(signature)]
    body += [_paragraph("（单位公章）", "Marking")] if report.seal else []
    page = (
        '<w:sectPr><w:footerReference w:type="default" r:id="rId2"/><w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="1474" w:right="1474" w:bottom="1474" w:left="1587" w:header="851" w:footer="992" '
        'w:gutter="0"/></w:sectPr>'
    )
    return f'<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>{"".join(body)}{page}</w:body></w:document>'


def _signature(signature: Signature) -> Sequence[str]:
    day = day_words(signature.day) if signature.day else "　　　年　　月　　日"
    return (_paragraph(f"{signature.role}（签字）：{signature.name or '＿＿＿＿＿＿＿＿'}　　{day}", "Signature"),)


def _facts(facts: Sequence[Fact]) -> str:
    widths = (_PAGE_TWIPS // 4, _PAGE_TWIPS - _PAGE_TWIPS // 4)
    rows = [
        _row((_cell(fact.column.heading, widths[0], head=True), _cell(fact.column.shown(fact.value), widths[1])))
        for fact in facts
    ]
    return _grid(widths, rows)


def _table(table: Table) -> str:
    columns = [Column("序号", Kind.INTEGER), *table.columns] if table.numbered else list(table.columns)
    rows: list[Sequence[Value]] = [
        (number, *row) if table.numbered else row for number, row in enumerate(table.rows, start=1)
    ]
    if table.total is not None:
        rows.append((None, *table.total) if table.numbered else table.total)
    shown = [[_shown(column, value) for column, value in zip(columns, row, strict=True)] for row in rows]
    wide = [
        max(4, min(_WIDEST, max(width(line) for cell in cells for line in cell.split("\n"))))
        for cells in zip([column.heading for column in columns], *shown, strict=True)
    ]
    widths = [_PAGE_TWIPS * each // sum(wide) for each in wide]
    head = _row(
        [_cell(column.heading, at, head=True) for column, at in zip(columns, widths, strict=True)], repeated=True
    )
    lines = [_row([_cell(cell, at) for cell, at in zip(row, widths, strict=True)]) for row in shown]
    if not lines:
        lines = [_row([_cell("本期无记录", _PAGE_TWIPS, span=len(columns))])]
    return _grid(widths, [head, *lines])


def _shown(column: Column, value: Value) -> str:
    if isinstance(value, str):
        return clean(value, lines=True)  # also the 合计 that may stand in a column of figures
    return column.shown(value)


def _grid(widths: Sequence[int], rows: Sequence[str]) -> str:
    sides = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    columns = "".join(f'<w:gridCol w:w="{each}"/>' for each in widths)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{sides}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{"".join(rows)}</w:tbl>'
        '<w:p><w:pPr><w:pStyle w:val="Small"/></w:pPr></w:p>'
    )


def _row(cells: Sequence[str], *, repeated: bool = False) -> str:
    head = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" if repeated else ""
    return f"<w:tr>{head}{''.join(cells)}</w:tr>"


def _cell(text: str, twips: int, *, head: bool = False, span: int = 1) -> str:
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>' if head else ""
    spans = f'<w:gridSpan w:val="{span}"/>' if span > 1 else ""
    lines = "".join(_paragraph(line, "CellHead" if head else "Cell") for line in _lines(text))
    return f'<w:tc><w:tcPr><w:tcW w:w="{twips}" w:type="dxa"/>{spans}{shade}</w:tcPr>{lines}</w:tc>'


def _lines(text: str) -> list[str]:
    return cut(clean(text, lines=True), _MOST_CHARACTERS, "此处只印开头").split("\n")


def _paragraph(text: str, style: str) -> str:
    run = f'<w:r><w:t xml:space="preserve">{_text(text)}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr><w:pStyle w:val={quoteattr(style)}/></w:pPr>{run}</w:p>"


def _text(text: str) -> str:
    return escape(clean(text))


def _footer(report: Report) -> str:
    def field(code: str) -> str:
        return f'<w:fldSimple w:instr=" {code} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    def run(text: str) -> str:
        return f'<w:r><w:t xml:space="preserve">{_text(text)}</w:t></w:r>'

    about = "　".join(filter(None, (report.footer, report.number)))
    return (
        f'<w:ftr xmlns:w="{_W}"><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr>'
        f"{run('第 ')}{field('PAGE')}{run(' 页　共 ')}{field('NUMPAGES')}{run(f' 页　{about}')}</w:p></w:ftr>"
    )


def _styles() -> str:
    def style(name: str, run: str, paragraph: str = "", *, default: bool = False) -> str:
        first = ' w:default="1"' if default else ' w:customStyle="1"' if name in _OWN else ""
        based = "" if default else '<w:basedOn w:val="Normal"/>'
        return (
            f'<w:style w:type="paragraph"{first} w:styleId="{name}"><w:name w:val="{_NAMES.get(name, name)}"/>{based}'
            f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        )

    def size(half_points: int) -> str:
        return f'<w:sz w:val="{half_points}"/><w:szCs w:val="{half_points}"/>'

    def spaced(before: int, after: int, line: int = 300) -> str:
        return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'

    return (
        f'<w:styles xmlns:w="{_W}"><w:docDefaults><w:rPrDefault><w:rPr>{_SERIF}{size(21)}'
        '<w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault></w:docDefaults>'
        + style("Normal", _SERIF + size(21), default=True)
        + style("Title", _SERIF + "<w:b/>" + size(36), spaced(120, 320) + '<w:jc w:val="center"/>')
        + style("Heading1", _SANS + size(24), "<w:keepNext/>" + spaced(240, 120) + '<w:outlineLvl w:val="0"/>')
        + style("BodyText", _SERIF + size(24), spaced(0, 80, 360) + '<w:ind w:firstLine="480"/>')
        + style("Footer", _SERIF + size(18), '<w:jc w:val="center"/>')
        + style("Marking", _SANS + size(24), spaced(120, 120) + '<w:jc w:val="right"/>')
        + style("About", _SERIF + size(21), spaced(0, 40))
        + style("Cell", _SERIF + size(21), spaced(20, 20, 240))
        + style("CellHead", _SANS + size(21), spaced(20, 20, 240))
        + style("Small", _SERIF + size(18), spaced(60, 60, 240))
        + style("Signature", _SERIF + size(24), "<w:keepNext/>" + spaced(360, 0))
        + "</w:styles>"
    )


_OWN: Final = frozenset({"Marking", "About", "Cell", "CellHead", "Small"})
_NAMES: Final = {"Heading1": "heading 1", "BodyText": "Body Text", "Footer": "footer", "Signature": "Signature"}
