"""CSV as Chinese offices have it: UTF-8 with or without mark, GBK, GB18030 or UTF-16; comma, tab or semicolon."""

from __future__ import annotations

import codecs
import csv
import io
from typing import Final

from web.document.reading.mistake import Sentence, refusal
from web.document.reading.raw_sheet import LONGEST_CELL, MOST_COLUMNS, MOST_ROWS, RawFile, RawSheet
from web.language import mark

_DELIMITERS: Final = ",\t;，"
_LOOKED_AT: Final = 20
_OTHER_STARTS: Final = (b"%pdf", b"{\\rtf", b"<html", b"<!doctype", b"<?xml", b"<table")
"""What is uploaded in a table's place; a web page named .xls is what some programs export."""


def read_delimited(data: bytes) -> RawFile:
    """The one sheet of a CSV file, every cell a text. Raises UploadRefused."""
    text = _decoded(data)
    if "\0" in text or data[:200].lstrip(codecs.BOM_UTF8 + b" \r\n\t").lower().startswith(_OTHER_STARTS):
        raise refusal(
            Sentence(mark("这个文件不是文字表格")), Sentence(mark("请用表格软件打开，另存为 .xlsx 后再上传。"))
        )
    rows: list[tuple[str | None, ...]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        for row in reader:
            if len(rows) >= 2 * MOST_ROWS:
                raise refusal(
                    Sentence(mark("行数太多，最多 %(most)s 行"), {"most": MOST_ROWS}),
                    Sentence(mark("请分成几个文件上传。")),
                )
            if len(row) > MOST_COLUMNS or any(len(cell) > LONGEST_CELL for cell in row):
                raise refusal(
                    Sentence(mark("第 %(row)s 行太长"), {"row": len(rows) + 1}),
                    Sentence(mark("可能缺了引号或分隔符不对，请另存为 .xlsx 后再上传。")),
                )
            rows.append(tuple(cell if cell.strip() else None for cell in row))
    except csv.Error as error:
        raise refusal(
            Sentence(mark("第 %(row)s 行附近的引号不成对"), {"row": len(rows) + 1}),
            Sentence(mark("请在表格软件里打开检查，另存为 .xlsx 后再上传。")),
        ) from error
    return RawFile((RawSheet("CSV", tuple(rows)),))


def _decoded(data: bytes) -> str:
    # GB18030 takes GBK in; hardly a text of it is UTF-8 by accident, but much UTF-8 would pass as GB18030.
    marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refusal(
        Sentence(mark("看不出这个文件的文字编码")), Sentence(mark("请另存为 .xlsx，或“CSV UTF-8”格式，再上传。"))
    )


def _delimiter(text: str) -> str:
    lines = text.splitlines()[:_LOOKED_AT]
    return max(_DELIMITERS, key=lambda delimiter: sum(line.count(delimiter) for line in lines))
