"""Pinyin initials of a name (拼音首字母): 张三 is zs; 单 is found as d, c and s, because a surname may be read Shan."""

from __future__ import annotations

import itertools
import os
import unicodedata
from functools import cache
from typing import Final

MOST_LETTERS: Final = 4
_MOST_READINGS: Final = 24
HAN: Final = ("CJK UNIFIED", "CJK COMPATIBILITY")
"""How the names of Chinese characters begin in Unicode."""


def initials_of(name: str) -> frozenset[str]:
    """Every way to type the first letters of a name; for Latin names the first letter of each word."""
    letters = [_letters(character) for character in _heads(name)[:MOST_LETTERS]]
    known = [choices for choices in letters if choices]
    return frozenset("".join(way) for way in itertools.islice(itertools.product(*known), _MOST_READINGS) if way)


def _heads(name: str) -> list[str]:
    """The characters that count: each Han character, and the first letter of each other word."""
    heads = []
    begins = True
    for character in name:
        han = unicodedata.name(character, "").startswith(HAN)
        if han or (begins and character.isalpha()):
            heads.append(character)
        begins = not character.isalpha() or han
    return heads


@cache
def _letters(character: str) -> tuple[str, ...]:
    if not unicodedata.name(character, "").startswith(HAN):
        plain = unicodedata.normalize("NFKD", character)[:1].casefold()
        return (plain,) if plain.isalpha() else ()
    return tuple(sorted({reading[0] for reading in readings_of(character)}))


@cache
def readings_of(character: str) -> tuple[str, ...]:
    """How a Chinese character may be read, without tones: 单 is chan, dan and shan."""
    # The phrase dictionary is 45 MB in memory and says nothing about names.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "true")
    from pypinyin import Style, pinyin  # late: its table of characters takes as long to load as the gate book

    readings = pinyin(character, style=Style.NORMAL, heteronym=True, errors="ignore")
    return tuple(sorted({reading for ways in readings for reading in ways if reading[:1].isalpha()}))
