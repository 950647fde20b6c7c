"""One spelling for whatever people, scanners and card readers type."""

from __future__ import annotations

import unicodedata


def tidy_number(text: str) -> str:
    """Numbers as a machine would print them: half-width capitals without gaps."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return unicodedata.normalize("NFKC", "".join(letter for letter in plain if letter not in " -·"))


def tidy_text(text: str) -> str:
    """No outer or doubled spaces, nothing unprintable, one spelling for the same letter."""
    # Control characters come from scanners and card readers that type; half surrogates from broken ones.
    readable = "".join(
        character if unicodedata.category(character) not in {"Cc", "Cs"} else " "
        for character in unicodedata.normalize("NFC", text)
    )
    return " ".join(readable.split())
