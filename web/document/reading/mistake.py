"""What is wrong with an uploaded table, where, and what would be right: for the person who filled it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from web.language import Catalogue

MOST_LISTED: Final = 200
"""More would not be read; the file has another fault then."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A text in Chinese, key of the English one, with its values."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.template % self.values if self.values else self.template

    def said(self, texts: Catalogue) -> str:
        """In the reader's language."""
        return texts(self.template, **self.values)


class WrongValue(Exception):
    """Raised by a parser: what is wrong with a cell, and what would be right."""

    def __init__(self, what: Sentence, right: Sentence) -> None:
        super().__init__(f"{what} {right}")
        self.what = what
        self.right = right


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend."""

    row: int | None
    """As the spreadsheet program counts, from 1; None when it is about the whole file or its head."""
    column: str
    """Its header or letters; empty when it is about no column."""
    what: Sentence
    right: Sentence

    def __str__(self) -> str:
        place = "，".join(filter(None, (f"第 {self.row} 行" if self.row else "", self.column)))
        return f"{place}：{self.what}。{self.right}" if place else f"{self.what}。{self.right}"


class UploadRefused(Exception):
    """Nothing of a file was taken; `mistakes` says everything that must be mended."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes[:5])))
        self.mistakes = tuple(mistakes[:MOST_LISTED])
        self.count = len(mistakes)
        """How many there are; `mistakes` holds the first of them."""


def refusal(what: Sentence, right: Sentence) -> UploadRefused:
    """A file that cannot be read at all."""
    return UploadRefused([Mistake(None, "", what, right)])
