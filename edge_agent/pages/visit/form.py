"""The sign-in form (来访登记): from what was typed to a visitor, and from the book's troubles to words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

from gate.identity_card import identity_card_is_right
from gate.spelling import count_in
from gate.visit import DocumentKind, Trouble, Visitor
from web.language import Catalogue, mark

DOCUMENTS: Final = (
    (DocumentKind.IDENTITY_CARD, mark("身份证")),
    (DocumentKind.PASSPORT, mark("护照")),
    (DocumentKind.HOME_RETURN, mark("港澳通行证")),
    (DocumentKind.TAIWAN_PERMIT, mark("台湾通行证")),
    (DocumentKind.OTHER, mark("其他证件")),
    (DocumentKind.NONE, mark("没带证件")),
)
REASONS: Final = (
    mark("家长来访"),
    mark("接送学生"),
    mark("送货"),
    mark("维修施工"),
    mark("办事"),
    mark("参观会议"),
)
_WORDS: Final = {
    Trouble.MISSING: mark("这一项要填"),
    Trouble.TOO_LONG: mark("太长了，请写短些"),
    Trouble.WRONG_CHECKSUM: mark("身份证号码对不上，请核对；确实无误时请写明原因"),
    Trouble.WRONG_FORM: mark("号码不对，请核对位数"),
    Trouble.OUT_OF_RANGE: mark("人数不对，请核对"),
    Trouble.WRONG_DOCUMENT: mark("证件号码的样子不对，请核对；确实无误时请写明原因"),
    Trouble.WRONG_COMPANION: mark("每人写“姓名 证件号”，用、隔开；身份证号对不上而确实无误时，号码后写（原因）"),
    Trouble.WRONG_PLATE: mark("车牌的样子不对，请核对；确实无误时请写明原因"),
}
_MOBILE_DIGITS: Final = 11
FIELDS: Final = tuple(item.name for item in fields(Visitor))


def visitor_of(form: Mapping[str, str]) -> Visitor:
    """The visitor that was typed in; what cannot be read becomes a value that the book refuses."""
    companions = count_in(form.get("companions", "").strip() or "0")
    kind = form.get("document_kind", "")
    return Visitor(
        name=form.get("name", ""),
        host=form.get("host", ""),
        reason=form.get("reason_other", "").strip() or form.get("reason", ""),
        document_kind=DocumentKind(kind) if kind in set(DocumentKind) else DocumentKind.NONE,
        document_number=form.get("document_number", ""),
        document_note=form.get("document_note", ""),
        phone=form.get("phone", ""),
        organisation=form.get("organisation", ""),
        carried=form.get("carried", ""),
        companions=-1 if companions is None else companions,
        companion_names=form.get("companion_names", ""),
        plate=form.get("plate", ""),
    )


def visitor_from_search(typed: str) -> Visitor:
    """A new visitor from what was typed while looking for an old one: a card number, a phone, or a name."""
    typed = typed.strip()
    nobody = Visitor(name="", host="", reason="", document_kind=DocumentKind.IDENTITY_CARD)
    number = typed.upper()
    if identity_card_is_right(number):
        return replace(nobody, document_number=number)
    if typed.isascii() and typed.isdecimal():
        return replace(nobody, phone=typed) if len(typed) == _MOBILE_DIGITS else nobody
    return nobody if typed.isascii() and " " not in typed else replace(nobody, name=typed)


def values_of(visitor: Visitor) -> dict[str, str]:
    """The form as filled in for a visitor."""
    values = {name: str(getattr(visitor, name)) for name in FIELDS}
    values["companions"] = str(visitor.companions) if visitor.companions > 0 else ""
    return values


def errors_of(troubles: Mapping[str, Trouble], texts: Catalogue) -> dict[str, str]:
    """A sentence for each field that is not right."""
    return {field: texts(_WORDS[trouble]) for field, trouble in troubles.items()}
