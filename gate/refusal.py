"""Somebody who was not let in (拒绝入校): why, and how a later visitor is known to be the same; rules only."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

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


def name_sign(visitor: Visitor) -> str:
    """What may be the same person: the name alone."""
    return f"name:{visitor.name}" if visitor.name else ""


def refusal_signs(visitor: Visitor) -> frozenset[str]:
    """What a refused person is known by again."""
    weak = name_sign(visitor)
    return signs_of(visitor) | ({weak} if weak else frozenset())
