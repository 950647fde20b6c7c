"""The register of schools (学校名录): who may speak to this center, and by which keys they are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert, select, update

from center.tables import campus
from foundation.clock import Clock
from foundation.service import RefusedError
from web.scope import Scope

_ALL: Final = select(
    campus.c.id, campus.c.name, campus.c.district, campus.c.public_key, campus.c.next_public_key
).order_by(campus.c.id)
_ONE: Final = _ALL.where(campus.c.id == bindparam("id"))  # asked for each message: built once


@dataclass(frozen=True, slots=True, kw_only=True)
class Campus:
    """An enrolled school."""

    id: str
    name: str
    district: str
    public_keys: tuple[str, ...]
    """Ed25519 in base64: the current one and, while it changes, the next."""


class EnrolmentError(RefusedError):
    """The campus cannot be enrolled so; the message says what to do."""


def enrol(
    connection: Connection,
    clock: Clock,
    *,
    campus_id: str,
    name: str,
    public_key: str,
    district: str = "",
    next_key: bool = False,
) -> Campus:
    """Register a campus and pin its key; saying the same again changes nothing.

    A key that differs from the pinned one is refused, except as the `next_key` of a campus that is changing its key.
    """
    before = find(connection, campus_id)
    if before is None:
        if next_key:
            raise EnrolmentError(
                f"学校 {campus_id!r} 还没有入网，请先不带 --next-key 登记 / "
                f"there is no campus {campus_id!r} yet: enrol it first without --next-key"
            )
        connection.execute(
            insert(campus),
            {
                "id": campus_id,
                "name": name,
                "district": district,
                "public_key": public_key,
                "enrolled_utc_ns": clock.utc_ns(),
            },
        )
        return Campus(id=campus_id, name=name, district=district, public_keys=(public_key,))
    if public_key not in before.public_keys and not next_key:
        raise EnrolmentError(
            f"学校 {campus_id!r} 已用另一把密钥入网：确实换密钥就加 --next-key，否则是有人用错了编号 / "
            f"campus {campus_id!r} is enrolled with another key: if the school really changes its key, "
            "say so with --next-key; otherwise somebody uses the wrong id"
        )
    values = {"name": name, "district": district or before.district}
    if next_key and public_key != before.public_keys[0]:
        values["next_public_key"] = public_key
    connection.execute(update(campus).where(campus.c.id == campus_id).values(values))
    after = find(connection, campus_id)
    assert after is not None
    return after


def retire_key(connection: Connection, campus_id: str) -> Campus:
    """End a change of keys: the next key becomes the only one. Raises EnrolmentError."""
    before = find(connection, campus_id)
    if before is None or len(before.public_keys) < 2:
        raise EnrolmentError(f"学校 {campus_id!r} 没有在换密钥 / campus {campus_id!r} is not changing its key")
    connection.execute(
        update(campus).where(campus.c.id == campus_id).values(public_key=before.public_keys[1], next_public_key=None)
    )
    return Campus(id=campus_id, name=before.name, district=before.district, public_keys=before.public_keys[1:])


def find(connection: Connection, campus_id: str) -> Campus | None:
    """An enrolled campus, or None."""
    return next(iter(_read(connection.execute(_ONE, {"id": campus_id}))), None)


def everyone(connection: Connection) -> list[Campus]:
    """All enrolled campuses by id: the denominator of every rate, heard of or not."""
    return _read(connection.execute(_ALL))


def within(connection: Connection, scope: Scope) -> frozenset[str] | None:
    """Ids of the campuses that a scope holds; None for a scope that holds everything, also what is not enrolled."""
    if scope.whole:
        return None
    return frozenset(item.id for item in everyone(connection) if scope.holds(campus=item.id, district=item.district))


def _read(rows: Iterable[Sequence[Any]]) -> list[Campus]:
    return [
        Campus(id=row[0], name=row[1], district=row[2], public_keys=tuple(key for key in row[3:] if key))
        for row in rows
    ]
