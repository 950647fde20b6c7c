"""A visit (来访) and what may be written in the book; rules only, nothing is stored here."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from gate.companion import Companion, companions_in, companions_text, fits
from gate.identity_card import CARD_LENGTH, identity_card_is_right
from gate.spelling import tidy_number, tidy_text

NAME_LIMIT: Final = 100
TEXT_LIMIT: Final = 200
COMPANIONS_LIMIT: Final = 500
COMPANIONS_TEXT_LIMIT: Final = 4_000
"""Some sixty people with their numbers."""
LIMITS: Final = {"name": NAME_LIMIT, "host": NAME_LIMIT, "companion_names": COMPANIONS_TEXT_LIMIT}
_PHONE_DIGITS: Final = range(7, 16)
_NUMBER_FORMS: Final = {
    "passport": re.compile(r"[A-Z0-9]{6,20}"),
    "home_return": re.compile(r"[HM]\d{8}(\d{2})?"),
    "taiwan_permit": re.compile(r"\d{8}|\d{10}[A-Z]?"),
}
"""护照 as ICAO 9303 allows; 回乡证 and 台胞证 as the Exit and Entry Administration prints them."""


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
    WRONG_DOCUMENT = "wrong_document"
    """A passport or permit whose number has another form; goes through with a note, as the card does."""
    WRONG_PLATE = "wrong_plate"
    """No known form of plate; goes through with a note."""
    OUT_OF_RANGE = "out_of_range"
    WRONG_COMPANION = "wrong_companion"
    """Somebody who came along has no name, or a card whose last digit does not fit; goes through with a note."""


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
    """How many came along (同行人数), at least as many as are named."""
    companion_names: str = ""
    """Who came along, as far as the guard wrote it (`gate.companion`)."""
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
    out_gate_id: str = ""
    annulled_utc_ns: int | None = None
    still: bool = False
    """Whether there is a picture of that moment (抓拍)."""
    corrected: bool = False
    """Whether the text was put right afterwards (更正); the audit chain keeps what stood before."""
    visitor: Visitor | None
    """None once the personal part has been erased."""
    party_keys: tuple[str, ...] = ()
    """Keys of the party as a correction left them; empty while nobody has changed places."""

    @property
    def party(self) -> tuple[tuple[str, Companion], ...]:
        """Who is named, the visitor first, each with a key that stays theirs through corrections (同来的人).

        Whoever was first written down as the visitor has the empty key. Nobody once erased.
        """
        if self.visitor is None:
            return ()
        people = party_of(self.visitor)
        keys = self.party_keys or ("", *(str(place) for place in range(len(people) - 1)))
        return tuple(zip(keys, people, strict=True))

    @property
    def unnamed(self) -> int:
        """How many came along of whom only the number is known."""
        return self.visitor.companions - len(companions_in(self.visitor.companion_names)) if self.visitor else 0

    @property
    def inside(self) -> bool:
        """Still on the campus."""
        return self.out_utc_ns is None and self.annulled_utc_ns is None


def party_of(visitor: Visitor) -> tuple[Companion, ...]:
    """The visitor and whoever is named to have come along."""
    first = Companion(name=visitor.name, document_number=visitor.document_number)
    return (first, *companions_in(visitor.companion_names))


def tidy(visitor: Visitor) -> Visitor:
    """The same in one form: no outer or doubled spaces, one spelling for the same letter, numbers without gaps."""
    texts = {
        item.name: tidy_text(value)
        for item in fields(Visitor)
        if isinstance(value := getattr(visitor, item.name), str) and not isinstance(value, DocumentKind)
    }
    compact = {name: tidy_number(texts[name]) for name in ("document_number", "phone", "plate")}
    named = companions_in(visitor.companion_names)
    return Visitor(
        document_kind=visitor.document_kind,
        companions=max(visitor.companions, len(named)) if visitor.companions >= 0 else visitor.companions,
        **{**texts, **compact, "companion_names": companions_text(named)},
    )


def troubles(visitor: Visitor) -> dict[str, Trouble]:
    """What keeps a tidy visitor out of the book, by field; empty if it may be written."""
    found: dict[str, Trouble] = {}
    for name in ("name", "host", "reason"):
        if not getattr(visitor, name):
            found[name] = Trouble.MISSING
    for item in fields(Visitor):
        value = getattr(visitor, item.name)
        limit = LIMITS.get(item.name, TEXT_LIMIT)
        if isinstance(value, str) and len(value) > limit:
            found[item.name] = Trouble.TOO_LONG
    if not 0 <= visitor.companions <= COMPANIONS_LIMIT:
        found["companions"] = Trouble.OUT_OF_RANGE
    if not all(fits(one, NAME_LIMIT) for one in companions_in(visitor.companion_names)):
        found.setdefault("companion_names", Trouble.WRONG_COMPANION)
    if visitor.phone and not is_phone(visitor.phone):
        found["phone"] = Trouble.WRONG_FORM
    document = _document_trouble(visitor)
    if document is not None:
        found.setdefault("document_number", document)
    return found


def same_person(one: Visitor, other: Visitor) -> bool:
    """Certainly the same: same document, or same name with the same phone."""
    return bool(signs_of(one) & signs_of(other))


def signs_of(visitor: Visitor) -> frozenset[str]:
    """What makes two visitors certainly the same person: one sign in common is enough (see `same_person`)."""
    signs = set()
    if visitor.document_number:
        signs.add(f"document:{visitor.document_kind}:{visitor.document_number}")
    if visitor.phone:
        signs.add(f"person:{visitor.name}:{visitor.phone}")
    return frozenset(signs)


def masked(text: str) -> str:
    """Enough of a number to compare with the document in the hand, not enough to copy: 110101********001X."""
    if len(text) <= 4:
        return "*" * len(text)
    head = 6 if len(text) >= CARD_LENGTH else 3 if len(text) >= 11 else 0
    return text[:head] + "*" * (len(text) - head - 4) + text[-4:]


def _document_trouble(visitor: Visitor) -> Trouble | None:
    if visitor.document_kind is DocumentKind.NONE:
        return None
    if not visitor.document_number:
        return Trouble.MISSING
    if visitor.document_note:
        return None
    if visitor.document_kind is DocumentKind.IDENTITY_CARD:
        return None if identity_card_is_right(visitor.document_number) else Trouble.WRONG_CHECKSUM
    form = _NUMBER_FORMS.get(visitor.document_kind)
    return Trouble.WRONG_DOCUMENT if form and not form.fullmatch(visitor.document_number) else None


def is_phone(text: str) -> bool:
    """7 to 15 digits, with a plus before them or not."""
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdecimal() and len(digits) in _PHONE_DIGITS
