"""Why a spreadsheet was refused (导入的错误), as a page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.document.reading.mistake import UploadRefused
from web.language import Catalogue


@dataclass(frozen=True, slots=True)
class ShownMistakes:
    """Why a spreadsheet was refused, as a table."""

    count: int
    rows: Sequence[tuple[int | None, str, str, str]]


def shown_mistakes(refused: UploadRefused, texts: Catalogue) -> ShownMistakes:
    """Row, column, what is wrong and what would be right, in the reader's language."""
    return ShownMistakes(
        refused.count,
        [(one.row, one.column, one.what.said(texts), one.right.said(texts)) for one in refused.mistakes],
    )
