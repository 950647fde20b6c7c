"""Text as a person typed it, made fit for paper and cells: what cannot be seen but does something is taken out."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_BREAKS: Final = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_JOINERS: Final = "\u200c\u200d"
"""Uyghur and emoji need them."""
_ARABIC_SIGNS: Final = range(0x0600, 0x0900)
"""Unicode calls some of these invisible (Cf), but they are printed."""
_LONGEST_STACK: Final = 8
"""Marks over or under one letter; Tibetan needs six, a heap of hundreds would print over the neighbouring rows."""
_REPLACEMENT: Final = "\ufffd"
_PLAIN: Final = re.compile("[\\x20-\\x7e\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e·]*")


def clean(text: str, *, lines: bool = False) -> str:
    """The text without control characters, marks that turn the direction of writing and heaps of accents.

    Lone surrogates and noncharacters, which no file can hold, become U+FFFD. Line breaks are kept as "\\n" with
    `lines`, otherwise they and tabs become spaces.
    """
    if _PLAIN.fullmatch(text):
        return text
    parts = (_clean_line(line) for line in _BREAKS.split(text))
    return ("\n" if lines else " ").join(parts)


def _clean_line(line: str) -> str:
    kept: list[str] = []
    stack = 0
    for character in line:
        category = unicodedata.category(character)
        stack = stack + 1 if category in ("Mn", "Me") else 0
        if stack > _LONGEST_STACK:
            continue
        if character == "\t":
            kept.append(" ")
        elif category == "Cs" or _is_noncharacter(character):
            kept.append(_REPLACEMENT)
        elif category == "Cc" or _is_hidden(character, category):
            continue
        else:
            kept.append(character)
    return "".join(kept)


def _is_hidden(character: str, category: str) -> bool:
    return category == "Cf" and character not in _JOINERS and ord(character) not in _ARABIC_SIGNS


def _is_noncharacter(character: str) -> bool:
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or 0xFDD0 <= point <= 0xFDEF


def cut(text: str, most: int, where_whole: str) -> str:
    """At most `most` characters, saying how many there are and where to read them all."""
    if len(text) <= most:
        return text
    return f"{text[:most]}……（共 {len(text)} 字，{where_whole}）"


def width(text: str) -> int:
    """How wide a text is, in half-width characters: a Chinese one counts two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)
