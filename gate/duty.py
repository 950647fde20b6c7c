"""Who is on duty at a gate screen (值班签到)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundation.audit import AuditChain
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.sqlite import Database, Transaction, open_read_only
from gate.facts import GuardSignedOff, GuardSignedOn


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody at a screen since a moment."""

    id: str
    station_id: str
    person_id: str
    name: str
    on_utc_ns: int
    off_utc_ns: int | None = None
    """None while this one still stands there."""


class DutyBook:
    """Signing on and off; part of gate.sqlite, so it is made from the gate book."""

    def __init__(self, database: Database, journal: Journal, audit: AuditChain, clock: Clock) -> None:
        self._database = database
        self._journal = journal
        self._audit = audit
        self._clock = clock

    def sign_on(self, *, station_id: str, person_id: str, name: str) -> Duty:
        """Take over a screen; whoever stood there is signed off. The same person again changes nothing.

        Raises DatabaseError.
        """
        with self._database.transaction() as transaction:
            return self.sign_on_in(transaction, station_id=station_id, person_id=person_id, name=name)

    def sign_on_in(self, transaction: Transaction, *, station_id: str, person_id: str, name: str) -> Duty:
        """As `sign_on`, inside a transaction."""
        before = _on_duty(transaction, station_id)
        if before is not None and before.person_id == person_id:
            return before
        if before is not None:
            self._sign_off(transaction, before)
        duty = Duty(id=new_id(), station_id=station_id, person_id=person_id, name=name, on_utc_ns=self._clock.utc_ns())
        transaction.execute(
            "INSERT INTO duty (id, station_id, person_id, name, on_utc_ns) VALUES (?, ?, ?, ?, ?)",
            (duty.id, station_id, person_id, name, duty.on_utc_ns),
        )
        body: dict[str, object] = {"station": station_id, "person": person_id, "name": name}
        self._audit.append(transaction, record_id=f"duty:{duty.id}", action="duty.signed_on", body=body)
        self._journal.append(GuardSignedOn(duty_id=duty.id, station_id=station_id), transaction=transaction)
        return duty

    def sign_off(self, station_id: str) -> None:
        """Leave a screen; nobody is on duty there afterwards. Raises DatabaseError."""
        with self._database.transaction() as transaction:
            duty = _on_duty(transaction, station_id)
            if duty is not None:
                self._sign_off(transaction, duty)

    def on_duty(self, station_id: str) -> Duty | None:
        """Who stands at a screen now. Raises DatabaseError."""
        with self._database.transaction() as transaction:
            return _on_duty(transaction, station_id)

    def on_duty_in(self, transaction: Transaction, station_id: str) -> Duty | None:
        """As `on_duty`, inside a transaction."""
        return _on_duty(transaction, station_id)

    def _sign_off(self, transaction: Transaction, duty: Duty) -> None:
        transaction.execute(
            "UPDATE duty SET off_utc_ns = ? WHERE id = ?", (max(self._clock.utc_ns(), duty.on_utc_ns), duty.id)
        )
        self._audit.append(transaction, record_id=f"duty:{duty.id}", action="duty.signed_off", body={})
        self._journal.append(GuardSignedOff(duty_id=duty.id, station_id=duty.station_id), transaction=transaction)


def _on_duty(transaction: Transaction, station_id: str) -> Duty | None:
    row = transaction.row(
        "SELECT id, station_id, person_id, name, on_utc_ns FROM duty WHERE station_id = ? AND off_utc_ns IS NULL",
        (station_id,),
    )
    if row is None:
        return None
    return Duty(id=row[0], station_id=row[1], person_id=row[2], name=row[3], on_utc_ns=row[4])


def duty_spans(path: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[tuple[int, int], ...]:
    """When somebody stood at any screen, cut to a stretch (UTC ns). Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT on_utc_ns, coalesce(off_utc_ns, ?2) FROM duty WHERE on_utc_ns <= ?2 "
            "AND (off_utc_ns IS NULL OR off_utc_ns > ?1) ORDER BY on_utc_ns",
            (begins_utc_ns, ends_utc_ns),
        )
    return tuple((max(begins_utc_ns, first), min(ends_utc_ns, last)) for first, last in rows)


def duties_between(path: Path, begins_utc_ns: int, ends_utc_ns: int) -> tuple[Duty, ...]:
    """Who stood at any screen in a stretch, in order, each from sign-on to sign-off. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, station_id, person_id, name, on_utc_ns, off_utc_ns FROM duty WHERE on_utc_ns < ?2 "
            "AND (off_utc_ns IS NULL OR off_utc_ns > ?1) ORDER BY on_utc_ns",
            (begins_utc_ns, ends_utc_ns),
        )
    return tuple(
        Duty(id=row[0], station_id=row[1], person_id=row[2], name=row[3], on_utc_ns=row[4], off_utc_ns=row[5])
        for row in rows
    )


def first_duty_utc_ns(path: Path) -> int | None:
    """When anybody signed on for the first time; None if nobody ever did. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT min(on_utc_ns) FROM duty")
    return int(row[0]) if row and row[0] is not None else None


def duty_now(path: Path) -> tuple[Duty, ...]:
    """Who stands at a screen now. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, station_id, person_id, name, on_utc_ns FROM duty WHERE off_utc_ns IS NULL ORDER BY on_utc_ns"
        )
    return tuple(Duty(id=row[0], station_id=row[1], person_id=row[2], name=row[3], on_utc_ns=row[4]) for row in rows)
