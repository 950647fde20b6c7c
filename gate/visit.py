"""A visit (来访) and what may be written in the book; rules only, nothing is stored here."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

NAME_LIMIT: Final = 100
TEXT_LIMIT: Final = 200
COMPANIONS_LIMIT: Final = 500
_CARD_LENGTH: Final = 18
_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS: Final = "10X98765432"
"""GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits."""
_PHONE_DIGITS: Final = range(7, 16)


class DocumentKind(StrEnum):
    """Which document was shown (证件)."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    HOME_RETURN = "home_return"
    """港澳居民来往内地通行证"""
    TAIWAN_PERMIT = "taiwan_permit"
    """台湾居民来往大陆通行证"""
    OTHER = "other"
    NONE = "none"


class Trouble(StrEnum):
    """Why a field cannot be written as it is."""

    MISSING = "missing"
    TOO_LONG = "too_long"
    WRONG_CHECKSUM = "wrong_checksum"
    """The identity card's last digit does not fit; goes through with a note that says why."""
    WRONG_FORM = "wrong_form"
    OUT_OF_RANGE = "out_of_range"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who came, whom to see and why (来访人员登记). Build it with `tidy`, judge it with `troubles`."""

    name: str
    host: str
    reason: str
    document_kind: DocumentKind = DocumentKind.NONE
    document_number: str = ""
    document_note: str = ""
    phone: str = ""
    organisation: str = ""
    carried: str = ""
    companions: int = 0
    plate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A visit as it stands in the book."""

    id: str
    day: str
    badge: int
    gate_id: str
    in_utc_ns: int
    in_guard: str
    out_utc_ns: int | None = None
    out_guard: str = ""
    annulled_utc_ns: int | None = None
    visitor: Visitor | None
    """None once the personal part has been erased."""

    @property
    def inside(self) -> bool:
        """Still on the campus."""
        return self.out_utc_ns is None and self.annulled_utc_ns is None


def tidy(visitor: Visitor) -> Visitor:
    """The same in one form: no outer or doubled spaces, one spelling for the same letter, numbers without gaps."""
    texts = {
        item.name: _tidy_text(value)
        for item in fields(Visitor)
        if isinstance(value := getattr(visitor, item.name), str) and not isinstance(value, DocumentKind)
    }
    compact = {name: _compact(texts[name]) for name in ("document_number", "phone", "plate")}
    return Visitor(
        document_kind=visitor.document_kind,
        companions=visitor.companions,
        **{**texts, **compact},
    )


def troubles(visitor: Visitor) -> dict[str, Trouble]:
    """What keeps a tidy visitor out of the book, by field; empty if it may be written."""
    found: dict[str, Trouble] = {}
    for name in ("name", "host", "reason"):
        if not getattr(visitor, name):
            found[name] = Trouble.MISSING
    for item in fields(Visitor):
        value = getattr(visitor, item.name)
        limit = NAME_LIMIT if item.name in {"name", "host"} else TEXT_LIMIT
        if isinstance(value, str) and len(value) > limit:
            found[item.name] = Trouble.TOO_LONG
    if not 0 <= visitor.companions <= COMPANIONS_LIMIT:
        found["companions"] = Trouble.OUT_OF_RANGE
    if visitor.phone and not _is_phone(visitor.phone):
        found["phone"] = Trouble.WRONG_FORM
    document = _document_trouble(visitor)
    if document is not None:
        found.setdefault("document_number", document)
    return found


def identity_card_is_right(number: str) -> bool:
    """Whether the check digit of an 18-digit identity card fits (身份证校验码)."""
    body, check = number[:-1], number[-1:]
    if len(number) != _CARD_LENGTH or not (body.isascii() and body.isdecimal()):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_CARD_WEIGHTS, body, strict=True))
    return _CARD_CHECKS[total % 11] == check


def same_person(one: Visitor, other: Visitor) -> bool:
    """Certainly the same: same document, or same name with the same phone."""
    if one.document_number and (one.document_kind, one.document_number) == (
        other.document_kind,
        other.document_number,
    ):
        return True
    return bool(one.phone) and (one.name, one.phone) == (other.name, other.phone)


def masked(text: str) -> str:
    """Enough of a number to compare with the document in the hand, not enough to copy: 110101********001X."""
    if len(text) <= 4:
        return "*" * len(text)
    head = 6 if len(text) >= _CARD_LENGTH else 3 if len(text) >= 11 else 0
    return text[:head] + "*" * (len(text) - head - 4) + text[-4:]


def _document_trouble(visitor: Visitor) -> Trouble | None:
    if visitor.document_kind is DocumentKind.NONE:
        return None
    if not visitor.document_number:
        return Trouble.MISSING
    wrong_card = visitor.document_kind is DocumentKind.IDENTITY_CARD and not identity_card_is_right(
        visitor.document_number
    )
    return Trouble.WRONG_CHECKSUM if wrong_card and not visitor.document_note else None


def _is_phone(text: str) -> bool:
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdecimal() and len(digits) in _PHONE_DIGITS


def _compact(text: str) -> str:
    """Numbers as a machine would print them: half-width capitals without gaps."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return unicodedata.normalize("NFKC", "".join(letter for letter in plain if letter not in " -·"))


def _tidy_text(text: str) -> str:
    # Control characters come from scanners and card readers that type; half surrogates from broken ones.
    readable = "".join(
        character if unicodedata.category(character) not in {"Cc", "Cs"} else " "
        for character in unicodedata.normalize("NFC", text)
    )
    return " ".join(readable.split())
