"""Text that a spreadsheet program must take for text (公式注入): in a workbook, and in CSV made from it."""

from __future__ import annotations

import re
from typing import Final

from web.document.plain_text import clean, cut

LONGEST_CELL: Final = 32_000
"""A cell of a workbook holds 32,767 characters; XlsxWriter leaves a longer one out without a word."""
_GUARD: Final = "'"
_STARTS_FORMULA: Final = re.compile(r"[\s'\u3000]*[=+\-@＝＋－＠]")
_PLAIN_NUMBER: Final = re.compile(r"[+-]\d[\d ]*(\.\d+)?")
"""+86 138 0013 8000 computes nothing."""


def safe(text: str) -> str:
    """The text with an apostrophe before it where a program would compute it."""
    plain = cut(clean(text, lines=True), LONGEST_CELL, "超出单元格的部分未导出")
    return f"{_GUARD}{plain}" if _STARTS_FORMULA.match(plain) and not _PLAIN_NUMBER.fullmatch(plain) else plain


def unguarded(text: str) -> str:
    """What `safe` was given, for a table that comes back."""
    guarded = text.startswith(_GUARD) and _STARTS_FORMULA.match(text) is not None
    return text[len(_GUARD) :] if guarded else text
