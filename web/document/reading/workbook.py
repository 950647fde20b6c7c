"""A workbook's bytes as raw sheets; whatever the file is, it can only cost a short-lived process."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from math import isfinite
from typing import Any, Final

from foundation.short_process import RefusedWorkError, ShortProcessError, WorkLimits, run_short
from web.document.reading.mistake import Sentence, refusal
from web.document.reading.raw_sheet import MOST_ROWS, Cell, Merged, RawFile, RawSheet
from web.language import mark

LIMITS: Final = WorkLimits(wall_s=20, cpu_s=15, memory_bytes=1024**3, output_bytes=128 * 1024**2)
_BROKEN: Final = Sentence(mark("这个文件打不开，可能已损坏，或不是电子表格"))
_SAVE_AGAIN: Final = Sentence(mark("请用表格软件打开，另存为 .xlsx 后再上传。"))
_REASONS: Final = {
    "password": (
        Sentence(mark("这个文件有打开密码")),
        Sentence(mark("请在表格软件里去掉密码，保存后再上传。")),
    ),
    "too_large": (
        Sentence(mark("这个文件展开后太大")),
        Sentence(mark("请新建一个表格，只把需要的行和列复制过去，再上传。")),
    ),
    "too_many_rows": (
        Sentence(mark("行数太多，最多 %(most)s 行"), {"most": MOST_ROWS}),
        Sentence(mark("请分成几个文件上传。")),
    ),
}


def read_workbook(data: bytes) -> RawFile:
    """The visible worksheets of .xlsx, .xls or .ods. Raises UploadRefused."""
    try:
        found = json.loads(run_short("web.document.reading.workbook_process", data, LIMITS))
    except RefusedWorkError as error:
        raise refusal(*_REASONS.get(str(error), (_BROKEN, _SAVE_AGAIN))) from error
    except ShortProcessError as error:  # the library fell over it, or it burst a limit
        raise refusal(_BROKEN, _SAVE_AGAIN) from error
    sheets = [
        RawSheet(
            sheet["name"],
            tuple(tuple(_cell(value) for value in row) for row in sheet["rows"]),
            tuple(Merged(*corners) for corners in sheet["merged"]),
        )
        for sheet in found["sheets"]
    ]
    return RawFile(tuple(sheets), tuple(found["hidden"]))


def _cell(value: Any) -> Cell:
    match value:
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case {"time": str(text)}:
            return time.fromisoformat(text)
        case float() if not isfinite(value):
            return str(value)
        case str() | int() | float() | bool():
            return value
        case _:
            return None
