"""One spelling for whatever people, scanners and card readers type."""

from __future__ import annotations

import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Letters of some scripts, and nothing else that is unseen, are told apart by these."""


def tidy_number(text: str) -> str:
    """Numbers as a machine would print them: half-width capitals without gaps."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return unicodedata.normalize("NFKC", "".join(letter for letter in plain if letter not in " -·"))


def tidy_text(text: str) -> str:
    """No outer or doubled spaces, nothing unprintable or unseen, one spelling for the same letter."""
    readable = " ".join(unicodedata.normalize("NFC", "".join(map(_readable, text))).split())
    return readable if readable.strip(_JOINERS + " ") else ""


def count_in(text: str, most_digits: int = 6) -> int | None:
    """How many that is, also in the wide figures of a Chinese keyboard; None if it is no number or too long for one."""
    plain = unicodedata.normalize("NFKC", text).strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) <= most_digits else None


def _readable(character: str) -> str:
    # Control characters come from scanners and card readers that type; half surrogates from broken ones. What is not
    # seen (a space without width, a turn of direction) would make two names of one, or one look like another.
    category = unicodedata.category(character)
    if category in {"Cc", "Cs"}:
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character
