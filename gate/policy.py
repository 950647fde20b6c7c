"""What holds at the gate for a while (临时管控措施): switched on by somebody, for a reason, until a moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from foundation.clock import NS_PER_S
from foundation.sqlite import Transaction, open_read_only
from gate.record import RecordBook, UnknownRecordError, refuse
from gate.spelling import tidy_text
from gate.visit import Trouble

LONGEST_DAYS: Final = 92
"""A measure that should last longer is looked at again each quarter."""
_DAY_NS: Final = 86_400 * NS_PER_S


class PolicyKind(StrEnum):
    """Each adds its question to the sign-in."""

    CLOSED_CAMPUS = "closed_campus"
    """封闭管理: nobody comes in without a named approver."""
    TEMPERATURE = "temperature"
    MASK = "mask"
    HEALTH_CODE = "health_code"
    BAGS = "bags"
    HEIGHTENED_WATCH = "heightened_watch"
    """加强值守: the host is asked before anybody comes in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A measure that was switched on."""

    id: str
    kind: PolicyKind
    begins_utc_ns: int
    until_utc_ns: int
    by_name: str
    note: str
    ended_utc_ns: int | None
    ended_by: str

    def holds_at(self, utc_ns: int) -> bool:
        """It ends by itself; nobody has to remember."""
        return self.begins_utc_ns <= utc_ns < self.until_utc_ns and (
            self.ended_utc_ns is None or utc_ns < self.ended_utc_ns
        )


def kinds_at(policies: tuple[Policy, ...], utc_ns: int) -> tuple[PolicyKind, ...]:
    """Which measures hold at a moment, in the order of the sign-in's questions."""
    held = {policy.kind for policy in policies if policy.holds_at(utc_ns)}
    return tuple(kind for kind in PolicyKind if kind in held)


class PolicyBook:
    """Switches measures on and off; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def switch_on(
        self, *, policy_id: str, kind: PolicyKind, begins_utc_ns: int, until_utc_ns: int, by: str, note: str
    ) -> None:
        """From when until when, who says so and why. The same id again adds nothing.

        Raises RecordRefusedError, DatabaseError.
        """
        note = tidy_text(note)
        length_ns = until_utc_ns - begins_utc_ns
        in_time = 0 < length_ns <= LONGEST_DAYS * _DAY_NS and until_utc_ns > self._records.clock.utc_ns()
        found = {} if in_time else {"until": Trouble.OUT_OF_RANGE}
        refuse(found | ({} if 0 < len(note) <= 200 else {"note": Trouble.TOO_LONG if note else Trouble.MISSING}))
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM policy WHERE id = ?", (policy_id,)):
                return
            transaction.execute(
                "INSERT INTO policy (id, kind, begins_utc_ns, until_utc_ns, by_name, note) VALUES (?, ?, ?, ?, ?, ?)",
                (policy_id, kind.value, begins_utc_ns, until_utc_ns, by, note),
            )
            body = {
                "kind": kind.value, "begins_utc_ns": str(begins_utc_ns), "until_utc_ns": str(until_utc_ns), "by": by,
                "note": note,
            }  # fmt: skip
            self._records.note(transaction, f"policy:{policy_id}", "policy.on", body)

    def switch_off(self, policy_id: str, *, by: str) -> None:
        """End a measure before its time; one that has ended stays so. Raises UnknownRecordError, DatabaseError."""
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM policy WHERE id = ?", (policy_id,)) is None:
                raise UnknownRecordError(f"there is no policy {policy_id}")
            ended = transaction.execute(
                "UPDATE policy SET ended_utc_ns = ?, ended_by = ? WHERE id = ? AND ended_utc_ns IS NULL",
                (self._records.clock.utc_ns(), by, policy_id),
            )
            if ended:
                self._records.note(transaction, f"policy:{policy_id}", "policy.off", {"by": by})


def read_policies(path: Path, *, since_utc_ns: int) -> tuple[Policy, ...]:
    """Measures that end after a moment, latest first; none before the file exists. Raises DatabaseError."""
    if not path.exists():
        return ()
    with open_read_only(path) as reader:
        return policies_in(reader, since_utc_ns=since_utc_ns)


def policies_in(reader: Transaction, *, since_utc_ns: int) -> tuple[Policy, ...]:
    """As `read_policies`, inside a transaction."""
    rows = reader.rows(
        "SELECT id, kind, begins_utc_ns, until_utc_ns, by_name, note, ended_utc_ns, ended_by FROM policy "
        "WHERE until_utc_ns > ? ORDER BY begins_utc_ns DESC",
        (since_utc_ns,),
    )
    return tuple(
        Policy(
            id=row[0],
            kind=PolicyKind(row[1]),
            begins_utc_ns=row[2],
            until_utc_ns=row[3],
            by_name=row[4],
            note=row[5],
            ended_utc_ns=row[6],
            ended_by=row[7] or "",
        )
        for row in rows
    )
