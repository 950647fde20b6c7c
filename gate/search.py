"""What somebody who came before is found by (查找来访人); pure words, nothing is stored here."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from gate.initials import MOST_LETTERS, initials_of
from gate.visit import Visitor

LAST_DIGITS: Final = 4
_SHORTEST_PLATE: Final = 4
_LONGEST_PLATE_DIGITS: Final = 6
_MOST_WORDS: Final = 4
_NAME_LETTERS: Final = 6
_PARTS: Final = re.compile(r"[\s·・.-]+")


def words_of(visitor: Visitor) -> frozenset[str]:
    """What a visitor is found by: 'last:' four of a number, 'plate:', beginnings of 'name:' and 'initials:'."""
    words: set[str] = set()
    for number in (visitor.phone, visitor.document_number):
        if len(number) >= LAST_DIGITS:
            words.add(f"last:{number[-LAST_DIGITS:].upper()}")
    plate = _plain(visitor.plate)
    words.update(f"plate:{plate[start:]}" for start in range(len(plate)) if len(plate) - start >= _SHORTEST_PLATE)
    # Who has a name of several parts is found by the beginning of each, for each is typed as a word.
    for part in {visitor.name, *_PARTS.split(visitor.name)[:_MOST_WORDS]}:
        name = _plain(part)
        words.update(f"name:{name[:length]}" for length in range(1, min(len(name), _NAME_LETTERS) + 1))
    for initials in initials_of(visitor.name):
        words.update(f"initials:{initials[:length]}" for length in range(1, len(initials) + 1))
    return frozenset(words)


def asked_words(text: str) -> list[frozenset[str]]:
    """What was typed, as alternatives for each word of it; all words must be found. Empty if there is nothing in it."""
    asked = []
    for typed in text.split()[:_MOST_WORDS]:
        word = _plain(typed)
        if not word:
            continue
        ways = {f"name:{word[:_NAME_LETTERS]}"}
        if len(word) == LAST_DIGITS or is_long_number(word):
            ways.add(f"last:{word[-LAST_DIGITS:].upper()}")
        if len(word) >= _SHORTEST_PLATE:
            ways.add(f"plate:{word}")
        if word.isascii() and word.isalpha() and len(word) <= MOST_LETTERS:
            ways.add(f"initials:{word}")
        asked.append(frozenset(ways))
    return asked


def is_long_number(word: str) -> bool:
    """A whole phone or document number, as a card reader types it; five or six digits are a plate."""
    return (
        len(word) > _LONGEST_PLATE_DIGITS
        and word.isascii()
        and word[:-1].isdecimal()
        and word[-1:].upper() in "0123456789X"
    )


def long_numbers_fit(visitor: Visitor, text: str) -> bool:
    """Whether every whole number that was typed is the visitor's; its last four digits alone may be somebody else's."""
    numbers = [_plain(typed).upper() for typed in text.split() if is_long_number(_plain(typed))]
    own = (visitor.phone, visitor.document_number.upper())
    return all(any(one.endswith(number) for one in own) for number in numbers)


def _plain(text: str) -> str:
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
