"""Somebody who was not let in (拒绝入校): why, and how a later visitor is known to be the same; rules only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from gate.companion import companions_in
from gate.visit import LIMITS, TEXT_LIMIT, Trouble, Visitor, signs_of


class RefusalReason(StrEnum):
    """Why somebody was not let in."""

    NO_HOST = "no_host"
    """找不到被访人，或被访人不见"""
    NO_DOCUMENT = "no_document"
    """不出示证件"""
    NOT_CHECKED = "not_checked"
    """不配合检查"""
    FORBIDDEN_THINGS = "forbidden_things"
    """带违禁物品"""
    DRUNK = "drunk"
    """醉酒、情绪激动"""
    CLOSED = "closed"
    """不在开放时间，或封闭管理"""
    HEALTH = "health"
    """体温或健康码异常"""
    WATCHED = "watched"
    """布控人员"""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A refusal as it stands in the book."""

    id: str
    day: str
    gate_id: str
    at_utc_ns: int
    guard: str
    reason: RefusalReason
    words: str
    undone_utc_ns: int | None = None
    visitor: Visitor | None
    """None once erased."""


@dataclass(frozen=True, slots=True)
class RefusalHit:
    """Somebody at the gate was refused before: `certain` by document or name with phone, else only the name is one."""

    refusal: Refusal
    certain: bool
    along: bool = False
    """It is somebody who came along, not the visitor."""


def refusal_troubles(visitor: Visitor, reason: RefusalReason, words: str) -> dict[str, Trouble]:
    """What keeps a refusal out of the book: nothing is asked but a word where the reason is another.

    Whoever is turned away seldom says who they are, so a name is not needed.
    """
    found: dict[str, Trouble] = {}
    if reason is RefusalReason.OTHER and not words:
        found["words"] = Trouble.MISSING
    if len(words) > TEXT_LIMIT:
        found["words"] = Trouble.TOO_LONG
    for item in fields(Visitor):
        value = getattr(visitor, item.name)
        if isinstance(value, str) and len(value) > LIMITS.get(item.name, TEXT_LIMIT):
            found[item.name] = Trouble.TOO_LONG
    return found


@dataclass(frozen=True, slots=True)
class RefusalSign:
    """What somebody of a party is known by again."""

    text: str
    certain: bool
    along: bool


def refusal_signs(visitor: Visitor) -> tuple[RefusalSign, ...]:
    """What the visitor and whoever came along are known by again, each sign once.

    A document's number counts without its kind: nobody says of a companion which document it was.
    """
    found = [RefusalSign(text, certain=True, along=False) for text in sorted(signs_of(visitor))]
    people = [(visitor.name, visitor.document_number, False)]
    people += [(one.name, one.document_number, True) for one in companions_in(visitor.companion_names)]
    for name, number, along in people:
        if number:
            found.append(RefusalSign(f"number:{number}", certain=True, along=along))
        if name:
            found.append(RefusalSign(f"name:{name}", certain=False, along=along))
    return tuple({sign.text: sign for sign in reversed(found)}.values())
