"""A table as CSV: for programs, and for people who open it with a double click."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Final

from web.document.cell_text import safe
from web.document.column import Column, Value
from web.document.report import Table

_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel in China reads UTF-8 as GBK."""


def render_csv(table: Table) -> bytes:
    """The table's head and rows in UTF-8, every cell in quotes; no 序号, no total."""
    written = io.StringIO(_BYTE_ORDER_MARK, newline="")
    written.seek(0, io.SEEK_END)
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([safe(column.heading) for column in table.columns])
    for row in table.rows:
        writer.writerow([_cell(column, value) for column, value in zip(table.columns, row, strict=True)])
    return written.getvalue().encode("utf-8")


def _cell(column: Column, value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return column.shown(value)
        case int():
            return str(value)
        case Decimal():
            return f"{value:f}"
        case "":
            return ""
        case _:
            return safe(column.shown(value))
