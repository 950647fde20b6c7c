"""Who came along with a visitor (随行人员): one line of text, since a guard types it so; names and numbers optional."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gate.identity_card import identity_card_is_right
from gate.spelling import tidy_number, tidy_text

SEPARATOR: Final = "、"
_BETWEEN: Final = re.compile("[、，,；;،]")
_WITH_NOTE: Final = re.compile(r"(?P<rest>.*?)\s*[（(](?P<note>[^（()）]*[^\s（()）][^（()）]*)[)）]")
_WITH_NUMBER: Final = re.compile(r"(?P<name>.*?)\s*(?:^|(?<![0-9A-Za-z]))(?P<number>[A-Za-z]{0,2}[0-9][0-9A-Za-z]{3,})")
"""A document's number stands behind the name; half as wide figures are made of wide ones before."""
_WIDE: Final = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}
_LOOKS_LIKE_CARD: Final = re.compile(r"[0-9]{17}[0-9X]")
_NUMBER_LIMIT: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """One who came along."""

    name: str
    document_number: str = ""
    note: str = ""
    """Why a number that does not fit was taken, or who this is."""


def keys_after(
    known: Sequence[tuple[str, Companion]], named: Sequence[Companion], fresh: Callable[[], str]
) -> tuple[str, ...]:
    """Which of the known people each of the newly named is, by key; whoever is none of them gets a `fresh` one.

    The same person has the same number, or else the same name. Of those who are left over, the first stays the first,
    and the rest are the same only if as many are left as there were (a misspelt name): in doubt nobody takes another's
    place.
    """
    keys: dict[int, str] = {}
    left = dict(enumerate(known))

    def pair(place: int, old: int) -> None:
        keys[place] = left.pop(old)[0]

    for sign in (_number_of, _name_of):
        for place, one in enumerate(named):
            same = next((old for old, (_, other) in left.items() if sign(one) and sign(other) == sign(one)), None)
            if place not in keys and same is not None:
                pair(place, same)
    if 0 in left and named and 0 not in keys:
        pair(0, 0)
    new = [place for place in range(len(named)) if place not in keys]
    if len(new) == len(left):
        for place, old in zip(new, tuple(left), strict=True):
            pair(place, old)
    return tuple(keys[place] if place in keys else fresh() for place in range(len(named)))


def companions_in(text: str) -> tuple[Companion, ...]:
    """'李四 11010519491231002X、王五（司机）' as two people."""
    entries = (tidy_text(entry.translate(_WIDE)) for entry in _BETWEEN.split(text))
    return tuple(_companion(entry) for entry in entries if entry)


def companions_text(companions: Sequence[Companion], number: Callable[[str], str] = str) -> str:
    """The same people as one line; `number` may mask."""
    return SEPARATOR.join(_words(one, number) for one in companions)


def fits(companion: Companion, name_limit: int) -> bool:
    """Whether it names somebody and its card's check digit is right, or a note says why not."""
    number = companion.document_number
    wrong = bool(_LOOKS_LIKE_CARD.fullmatch(number)) and not identity_card_is_right(number) and not companion.note
    return 0 < len(companion.name) <= name_limit and len(number) <= _NUMBER_LIMIT and not wrong


def _number_of(one: Companion) -> str:
    return one.document_number


def _name_of(one: Companion) -> str:
    return one.name


def _companion(entry: str) -> Companion:
    note = ""
    if noted := _WITH_NOTE.fullmatch(entry):
        entry, note = noted["rest"], tidy_text(noted["note"])
    if numbered := _WITH_NUMBER.fullmatch(entry):
        return Companion(name=numbered["name"], document_number=tidy_number(numbered["number"]), note=note)
    return Companion(name=entry, note=note)


def _words(one: Companion, number: Callable[[str], str]) -> str:
    named = " ".join(part for part in (one.name, one.document_number and number(one.document_number)) if part)
    return f"{named}（{one.note}）" if one.note else named
