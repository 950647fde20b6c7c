"""Characters that no font has (缺字): 〓 and the character's number stand for them, and the document says so.

See docs/decisions/0050-missing-glyphs.md.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from web.document.fonts import Face, Fonts

GETA: Final = "〓"
"""What Chinese printers set for a missing type."""
_MOST_NUMBERS: Final = 8
_JOINING: Final = re.compile("[\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Joiners and variation selectors: they change a neighbour and need no glyph of their own."""


@dataclass(frozen=True, slots=True)
class MissingGlyph:
    """A character that could not be shown, and where it stands."""

    character: str
    place: str

    @property
    def number(self) -> str:
        """U+20BB7"""
        return f"U+{ord(self.character):04X}"

    @property
    def sentence(self) -> str:
        """For the person who made the document."""
        name = unicodedata.name(self.character, "未命名字符")
        return f"{self.place}：字体中没有 {self.number}（{name}）这个字，已用 {GETA} 代替"


class Glyphs:
    """Goes over the texts of one document and keeps what could not be shown."""

    def __init__(self, fonts: Fonts, *, use_further: bool) -> None:
        self._fonts = fonts
        self._use_further = use_further
        self._known: set[str] = set()
        self._borrowed: set[str] = set()
        self.missing: list[MissingGlyph] = []

    @property
    def further(self) -> tuple[Face, ...]:
        """The faces needed besides the usual two, for the texts seen so far."""
        return self._fonts.further_for(sorted(self._borrowed))

    def settle(self, text: str, place: str) -> str:
        """The text as the fonts can show it."""
        if self._known.issuperset(text):
            return text
        shown: list[str] = []
        for there, group in groupby(text, self._shows):
            run = "".join(group)
            shown.append(run if there else self._stand_in(run, place))
        return "".join(shown)

    def _shows(self, character: str) -> bool:
        if character in self._known or character == "\n" or _JOINING.fullmatch(character):
            return True
        if self._fonts.has(character):
            self._known.add(character)
            return True
        if self._use_further and self._fonts.further_for(character):
            self._borrowed.add(character)
            return True
        return False

    def _stand_in(self, run: str, place: str) -> str:
        found = [MissingGlyph(character, place) for character in run]
        self.missing += found
        numbers = " ".join(glyph.number for glyph in found[:_MOST_NUMBERS])
        return f"{GETA * len(run)}({numbers}{' ……' if len(run) > _MOST_NUMBERS else ''})"
