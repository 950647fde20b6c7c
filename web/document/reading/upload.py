"""An uploaded table as typed rows: all of them, or every mistake with its row, column and what would be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar, cast

from web.document.reading.delimited import read_delimited
from web.document.reading.header import Field, Header, find_header, plain_header, read_header
from web.document.reading.mistake import Mistake, Sentence, UploadRefused, WrongValue, refusal
from web.document.reading.parse import is_blank
from web.document.reading.raw_sheet import MOST_ROWS, Cell, RawFile, RawSheet, column_letters
from web.document.reading.workbook import read_workbook
from web.language import mark

T = TypeVar("T")
MOST_BYTES: Final = 5 * 1024**2
"""10,000 people with ten columns are 0.8 MB as .xlsx."""
_WORKBOOK_STARTS: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""ZIP (.xlsx, .ods) and OLE (.xls, or .xlsx with a password)."""


@dataclass(frozen=True, slots=True)
class UploadedRow:
    """One row; ask it by field."""

    number: int
    """As the spreadsheet program counts."""
    _values: Mapping[str, object]

    def __getitem__(self, field: Field[T]) -> T:
        """The value of a required field; KeyError for an optional one that is blank."""
        return cast("T", self._values[field.name])

    def get(self, field: Field[T]) -> T | None:
        """The value, None where the cell is blank or the column is missing."""
        return cast("T | None", self._values.get(field.name))


@dataclass(frozen=True, slots=True)
class Upload:
    """Everything that was read."""

    sheet: str
    rows: tuple[UploadedRow, ...]
    ignored: tuple[str, ...]
    """Headers of columns that nobody asked for."""


def read_upload(data: bytes, fields: Sequence[Field[Any]], *, most_bytes: int = MOST_BYTES) -> Upload:
    """Read .xlsx, .xls, .ods or CSV, told apart by their bytes. Raises UploadRefused, and nothing else for any file."""
    if not data:
        raise refusal(Sentence(mark("这个文件是空的")), Sentence(mark("请填好表格，保存后再上传。")))
    if len(data) > most_bytes:
        raise refusal(
            Sentence(mark("文件太大，最多 %(most)s MB"), {"most": most_bytes // 1024**2}),
            Sentence(mark("请去掉图片和多余的工作表，或分成几个文件上传。")),
        )
    raw = read_workbook(data) if data.startswith(_WORKBOOK_STARTS) else read_delimited(data)
    sheet, at = _choose(raw, fields)
    return _read(sheet, at, fields)


def _choose(raw: RawFile, fields: Sequence[Field[Any]]) -> tuple[RawSheet, int]:
    """The one worksheet that has the headers."""
    wanted = "、".join(field.name for field in fields if field.required) or "、".join(field.name for field in fields)
    found = [(sheet, at) for sheet in map(_filled, raw.sheets) if (at := find_header(sheet.rows, fields)) is not None]
    if not found:
        hidden = f"（{'、'.join(raw.hidden)}）" if raw.hidden else ""
        raise refusal(
            Sentence(mark("没有找到表头")),
            Sentence(
                mark("请在前几行里写上各列的名称：%(wanted)s。隐藏的工作表%(hidden)s不会读取。"),
                {"wanted": wanted, "hidden": hidden},
            ),
        )
    whole = [(sheet, at) for sheet, at in found if not read_header(sheet.rows, at, fields)[1]]
    if len(whole) > 1:
        names = "、".join(sheet.name for sheet, _ in whole)
        raise refusal(
            Sentence(mark("有 %(count)s 个工作表都能导入：%(names)s"), {"count": len(whole), "names": names}),
            Sentence(mark("请只留要导入的一个，或分成几个文件上传。")),
        )
    return (whole or found)[0]


def _filled(sheet: RawSheet) -> RawSheet:
    """What an upright merged cell says holds for each of its rows."""
    rows = [list(row) for row in sheet.rows]
    for merged in sheet.merged:
        if not merged.is_upright or merged.first_row >= len(rows):
            continue
        column = merged.first_column
        value = rows[merged.first_row][column] if column < len(rows[merged.first_row]) else None
        for row in rows[merged.first_row + 1 : merged.last_row + 1]:
            if column < len(row):
                row[column] = value
    return RawSheet(sheet.name, tuple(map(tuple, rows)), sheet.merged)


def _read(sheet: RawSheet, at: int, fields: Sequence[Field[Any]]) -> Upload:
    header, mistakes = read_header(sheet.rows, at, fields)
    mistakes += _merged_mistakes(sheet, header)
    if mistakes:
        raise UploadRefused(mistakes)
    rows: list[UploadedRow] = []
    first_rows: dict[tuple[str, object], int] = {}
    for number, row in enumerate(sheet.rows[at + 1 :], start=at + 2):
        cells = [(field, row[column] if column < len(row) else None) for field, column in header.columns]
        if all(is_blank(cell) for _, cell in cells) or _repeats_header(cells):
            continue
        values, wrong = _row(number, cells)
        mistakes += wrong
        for field, _ in header.columns:
            if field.unique and field.name in values:
                first = first_rows.setdefault((field.name, values[field.name]), number)
                if first != number:
                    mistakes.append(_twice(field, number, first))
        rows.append(UploadedRow(number, values))
    if not rows and not mistakes:
        raise refusal(Sentence(mark("表头下面没有内容")), Sentence(mark("请从表头的下一行起填写。")))
    if len(rows) > MOST_ROWS:
        raise refusal(
            Sentence(mark("行数太多，最多 %(most)s 行"), {"most": MOST_ROWS}), Sentence(mark("请分成几个文件上传。"))
        )
    if mistakes:
        raise UploadRefused(mistakes)
    return Upload(sheet.name, tuple(rows), header.ignored)


def _repeats_header(cells: Sequence[tuple[Field[Any], Cell]]) -> bool:
    # The second line of a head of two lines, or the head again after a page.
    return all(is_blank(cell) or plain_header(cell) in field.headers for field, cell in cells)


def _row(number: int, cells: Sequence[tuple[Field[Any], Cell]]) -> tuple[dict[str, object], list[Mistake]]:
    values: dict[str, object] = {}
    mistakes = []
    for field, cell in cells:
        if is_blank(cell):
            if field.required:
                mistakes.append(
                    Mistake(number, field.name, Sentence(mark("没有填")), Sentence(mark("这一列每行都要填。")))
                )
            continue
        try:
            values[field.name] = field.parse(cell)
        except WrongValue as wrong:
            mistakes.append(Mistake(number, field.name, wrong.what, wrong.right))
    return values, mistakes


def _twice(field: Field[Any], number: int, first: int) -> Mistake:
    return Mistake(
        number,
        field.name,
        Sentence(mark("与第 %(first)s 行重复"), {"first": first}),
        Sentence(mark("请删去重复的一行，或改正其中一个。")),
    )


def _merged_mistakes(sheet: RawSheet, header: Header) -> list[Mistake]:
    columns = {column for _, column in header.columns}
    return [
        Mistake(
            merged.first_row + 1,
            f"{column_letters(merged.first_column)}–{column_letters(merged.last_column)}",
            Sentence(mark("这里把几列合并成了一格")),
            Sentence(mark("请取消合并单元格，每一格分别填写。")),
        )
        for merged in sheet.merged
        if merged.first_row > header.row and len(columns & set(range(merged.first_column, merged.last_column + 1))) > 1
    ]
