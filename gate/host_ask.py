"""The host is asked while the visitor waits (请被访人确认): the gate asks, the host answers on a page of the office."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.ids import new_id
from foundation.record_keys import keys_file, open_keys
from foundation.sqlite import Row, Transaction, open_read_only
from gate.hours import MINUTE_NS
from gate.record import Person, RecordBook, checked, person_of, refuse
from gate.visit import Visitor, tidy

OPEN_NS: Final = 30 * MINUTE_NS
"""Nobody waits at a gate longer: an ask that is older is not shown, and its answer counts no more."""
_ASK: Final = (
    "SELECT a.id, a.visit_id, a.gate_id, a.asked_utc_ns, p.key_id, p.sealed FROM host_ask a "
    "LEFT JOIN person_part p ON p.record_id = 'ask:' || a.id "
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAnswer:
    """What was answered, by whom."""

    welcome: bool
    by_name: str
    at_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HostAsk:
    """A question that a guard asked a host."""

    id: str
    visit_id: str
    gate_id: str
    asked_utc_ns: int
    name: str
    """Empty once erased, as host and reason."""
    host: str
    reason: str
    staff_id: str
    """Who of the staff list is asked; empty if the host is not on it."""
    answer: HostAnswer | None = None


class HostAsks:
    """Writes questions; part of gate.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def ask(self, *, visit_id: str, gate_id: str, guard: str, visitor: Visitor, staff_id: str = "") -> str:
        """Ask the host, or whoever of the staff list that is; answers the question's id.

        Raises RecordRefusedError without name or host, DatabaseError.
        """
        visitor = tidy(visitor)
        plain = {
            "name": visitor.name,
            "host": visitor.host,
            "reason": visitor.reason,
            "staff_id": staff_id,
        }
        refuse(checked(plain, needed=("name", "host")))
        ask_id, now = new_id(), self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            transaction.execute(
                "INSERT INTO host_ask (id, visit_id, gate_id, guard, asked_utc_ns) VALUES (?, ?, ?, ?, ?)",
                (ask_id, visit_id, gate_id, guard, now),
            )
            self._records.keep_person(transaction, f"ask:{ask_id}", plain, day=beijing_day(now))
            self._records.note(transaction, f"ask:{ask_id}", "ask.asked", plain | {"guard": guard})
        return ask_id

    def erase(self, transaction: Transaction, visit_id: str, reason: str) -> None:
        """Forget who was asked about, with the visitor."""
        for (ask_id,) in transaction.rows("SELECT id FROM host_ask WHERE visit_id = ?", (visit_id,)):
            self._records.erase(transaction, f"ask:{ask_id}", reason)


class HostAnswers:
    """Writes answers; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def answer(self, ask_id: str, *, welcome: bool, by: str) -> None:
        """Whether the visitor is welcome; a later answer takes the place of an earlier one. Raises DatabaseError."""
        with self._records.writing() as transaction:
            transaction.execute(
                "INSERT INTO host_answer (ask_id, welcome, by_name, at_utc_ns) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (ask_id) DO UPDATE SET welcome = excluded.welcome, by_name = excluded.by_name, "
                "at_utc_ns = excluded.at_utc_ns",
                (ask_id, int(welcome), by, self._records.clock.utc_ns()),
            )
            self._records.note(transaction, f"answer:{ask_id}", "ask.answered", {"welcome": welcome, "by": by})


def latest_ask(book: Path, orders: Path, visit_id: str, now_utc_ns: int) -> HostAsk | None:
    """The last question of a sign-in, with its answer; None if there is none of late. Raises DatabaseError."""
    found = _read(
        book,
        "WHERE a.visit_id = ? AND a.asked_utc_ns > ? ORDER BY a.seq DESC LIMIT 1",
        (visit_id, now_utc_ns - OPEN_NS),
    )
    return next(iter(_answered(orders, found)), None)


def open_asks(book: Path, orders: Path, now_utc_ns: int) -> tuple[HostAsk, ...]:
    """The last question of each sign-in that is still to be written down, latest first. Raises DatabaseError."""
    condition = (
        "WHERE a.asked_utc_ns > ? AND NOT EXISTS (SELECT 1 FROM visit v WHERE v.id = a.visit_id) "
        "AND NOT EXISTS (SELECT 1 FROM host_ask n WHERE n.visit_id = a.visit_id AND n.seq > a.seq) ORDER BY a.seq DESC"
    )
    return _answered(orders, _read(book, condition, (now_utc_ns - OPEN_NS,)))


def answers_version(orders: Path) -> str:
    """Changes with each answer. Raises DatabaseError."""
    if not orders.exists():
        return ""
    with open_read_only(orders) as reader:
        return str(reader.row("SELECT max(at_utc_ns), count(*) FROM host_answer"))


def _read(book: Path, condition: str, bindings: tuple[str | int, ...]) -> tuple[HostAsk, ...]:
    if not book.exists():
        return ()
    with open_read_only(book) as reader, open_keys(keys_file(book)) as keys:
        rows = reader.rows(_ASK + condition, bindings)
        return tuple(_ask(row, person_of(keys, f"ask:{row[0]}", row[4], row[5])) for row in rows)


def _ask(row: Row, person: Person) -> HostAsk:
    return HostAsk(
        id=row[0],
        visit_id=row[1],
        gate_id=row[2],
        asked_utc_ns=row[3],
        name=person.get("name", ""),
        host=person.get("host", ""),
        reason=person.get("reason", ""),
        staff_id=person.get("staff_id", ""),
    )


def _answered(orders: Path, asks: Sequence[HostAsk]) -> tuple[HostAsk, ...]:
    if not asks or not orders.exists():
        return tuple(asks)
    with open_read_only(orders) as reader:
        return tuple(_with_answer(reader, ask) for ask in asks)


def _with_answer(reader: Transaction, ask: HostAsk) -> HostAsk:
    row = reader.row("SELECT welcome, by_name, at_utc_ns FROM host_answer WHERE ask_id = ?", (ask.id,))
    if row is None:
        return ask
    return replace(ask, answer=HostAnswer(welcome=bool(row[0]), by_name=row[1], at_utc_ns=row[2]))
