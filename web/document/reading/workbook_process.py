"""Reads a workbook in a process of its own: `run_short("web.document.reading.workbook_process", …)`.

Standard input: the file. Standard output: JSON {"sheets": [{"name", "merged", "rows"}], "hidden": […]}; a date is
{"day"}, a moment {"moment"}, a time {"time"}. Refuses with one word of REASONS.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from foundation.short_process import refuse
from web.document.reading.raw_sheet import LONGEST_CELL, MOST_CELLS, MOST_COLUMNS, MOST_ROWS

PASSWORD, BROKEN, TOO_LARGE, TOO_MANY_ROWS = "password", "broken", "too_large", "too_many_rows"
MOST_UNPACKED_BYTES: Final = 200 * 1024**2
_MOST_SHEETS: Final = 50


def main() -> None:
    """Read what standard input holds."""
    data = sys.stdin.buffer.read()
    _check_unpacked(data)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        sheets, hidden = [], []
        for sheet in book.sheets_metadata[:_MOST_SHEETS]:
            if sheet.visible is not SheetVisibleEnum.Visible:
                hidden.append(sheet.name)
            elif sheet.typ is SheetTypeEnum.WorkSheet:
                sheets.append(_sheet(book.get_sheet_by_name(sheet.name)))
    except PasswordError:
        refuse(PASSWORD)
    except (CalamineError, ValueError, OSError):
        refuse(BROKEN)
    sys.stdout.write(json.dumps({"sheets": sheets, "hidden": hidden}))
    sys.stdout.flush()


def _check_unpacked(data: bytes) -> None:
    # What an archive says of itself may be a lie; the limits of this process hold against that.
    if not data.startswith(b"PK"):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED_BYTES:
                refuse(TOO_LARGE)
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        refuse(BROKEN)


def _sheet(sheet: CalamineSheet) -> dict[str, object]:
    if sheet.total_width > MOST_COLUMNS or sheet.total_height * sheet.total_width > MOST_CELLS:
        refuse(TOO_LARGE)
    if sheet.total_height > 2 * MOST_ROWS:  # empty ones at the end are forgiven
        refuse(TOO_MANY_ROWS)
    merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
    rows = [[_cell(value) for value in row] for row in sheet.to_python(skip_empty_area=False)]
    return {"name": sheet.name, "merged": merged, "rows": rows}


def _cell(value: object) -> object:
    match value:
        case bool() | int() | float() | None:
            return value
        case str():
            return value[: LONGEST_CELL + 1] or None
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case time():
            return {"time": value.isoformat()}
        case timedelta() if timedelta(0) <= value < timedelta(days=1):
            return {"time": (datetime.min + value).time().isoformat()}  # noqa: DTZ901 - only its time of day is used
        case _:
            return str(value)


if __name__ == "__main__":
    main()
