"""Line tests in alarms.sqlite: written by the gatehouse, read by the office."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alarms.drill import Drill
from alarms.record import AlarmRecord, read_alarms
from foundation.audit import AuditChain
from foundation.clock import NS_PER_S, Clock, rfc3339
from foundation.sqlite import Row, Transaction, Value, open_read_only

KNOWN_SINCE: Final = "known_since_s:"
"""Counter of each input: when the gatehouse first saw it in the settings."""

_DRILL: Final = (
    "SELECT d.id, d.input_id, d.person, d.armed_utc_ns, d.until_utc_ns, d.boot_id, d.until_running_ns, "
    "d.dropped_utc_ns, (SELECT m.receipt_utc_ns FROM message m WHERE m.id = d.message_id), "
    "(SELECT a.id FROM alarm a WHERE a.drill_id = d.id AND a.purpose = 'drill' ORDER BY a.pressed_utc_ns LIMIT 1) "
    "FROM drill d "
)
_NEWEST_FIRST: Final = "ORDER BY d.armed_utc_ns DESC, d.id DESC"


@dataclass(frozen=True, slots=True)
class InputProof:
    """What is known of an input's tests."""

    first_known_utc_ns: int
    proven_utc_ns: int | None
    """Its latest press that the center received."""


def write_armed(
    transaction: Transaction,
    clock: Clock,
    *,
    drill_id: str,
    input_id: str,
    person: str,
    armed_utc_ns: int,
    until_utc_ns: int,
    until_running_ns: int,
    message_id: str,
) -> None:
    """Keep an arming, with its audit entry, in the transaction that announces it."""
    transaction.execute(
        "INSERT INTO drill (id, input_id, person, armed_utc_ns, until_utc_ns, boot_id, until_running_ns, message_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (drill_id, input_id, person, armed_utc_ns, until_utc_ns, clock.boot_id(), until_running_ns, message_id),
    )
    AuditChain(clock).append(
        transaction,
        record_id=f"drill:{drill_id}",
        action="drill.armed",
        body={"input": input_id, "person": person, "at": rfc3339(armed_utc_ns), "until": rfc3339(until_utc_ns)},
    )


def drop_forgotten(transaction: Transaction, *, remembered: Collection[str], clock: Clock) -> None:
    """Say of armings that an earlier run took with it that they are over: the next press of that input is real."""
    armed = transaction.rows(
        "SELECT d.id FROM drill d WHERE d.boot_id = ? AND d.until_running_ns > ? AND d.dropped_utc_ns IS NULL "
        "AND NOT EXISTS (SELECT 1 FROM alarm a WHERE a.drill_id = d.id)",
        (clock.boot_id(), clock.running_ns()),
    )
    for (drill_id,) in armed:
        if drill_id not in remembered:
            transaction.execute("UPDATE drill SET dropped_utc_ns = ? WHERE id = ?", (clock.utc_ns(), drill_id))


def read_proofs(reader: Transaction, inputs: Iterable[str]) -> dict[str, InputProof]:
    """What is known of inputs; one that the gatehouse has not seen yet is left out."""
    found: dict[str, InputProof] = {}
    for input_id in inputs:
        known = reader.row("SELECT value FROM counter WHERE name = ?", (f"{KNOWN_SINCE}{input_id}",))
        if known is None:
            continue
        proven = reader.row(
            "SELECT max(a.pressed_utc_ns) FROM alarm a JOIN step s ON s.alarm_id = a.id AND s.step = 'center_received' "
            "WHERE a.input_id = ?",
            (input_id,),
        )
        found[input_id] = InputProof(int(known[0]) * NS_PER_S, proven[0] if proven else None)
    return found


def input_proofs(path: Path, inputs: Iterable[str]) -> dict[str, InputProof]:
    """As `read_proofs`, from another role. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return read_proofs(reader, inputs)


def drills_between(path: Path, start_utc_ns: int, end_utc_ns: int) -> tuple[Drill, ...]:
    """Drills armed from `start` (included) to `end` (excluded), newest first. Raises DatabaseError."""
    return _drills(
        path, f"WHERE d.armed_utc_ns >= ? AND d.armed_utc_ns < ? {_NEWEST_FIRST}", (start_utc_ns, end_utc_ns)
    )


def recent_drills(path: Path, *, limit: int = 50) -> tuple[Drill, ...]:
    """The latest, newest first. Raises DatabaseError."""
    return _drills(path, f"{_NEWEST_FIRST} LIMIT ?", (limit,))


def find_drill(path: Path, drill_id: str) -> Drill | None:
    """One by id. Raises DatabaseError."""
    found = _drills(path, "WHERE d.id = ?", (drill_id,))
    return found[0] if found else None


def drills_version(path: Path) -> str:
    """Changes when a drill is armed or comes a step further. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row(
            "SELECT (SELECT count(*) FROM drill), (SELECT count(*) FROM drill WHERE dropped_utc_ns IS NOT NULL), "
            "(SELECT count(*) FROM alarm), (SELECT count(*) FROM step)"
        )
    return "-".join(map(str, row or ()))


def _drills(path: Path, condition: str, bindings: Sequence[Value]) -> tuple[Drill, ...]:
    with open_read_only(path) as reader:
        rows = reader.rows(_DRILL + condition, bindings)
        alarms = {record.id: record for record in read_alarms(reader, [row[9] for row in rows if row[9] is not None])}
    return tuple(_drill(row, alarms) for row in rows)


def _drill(row: Row, alarms: dict[str, AlarmRecord]) -> Drill:
    identity, input_id, person, armed, until, boot_id, until_running, dropped, announced, alarm_id = row
    return Drill(
        id=identity,
        input_id=input_id,
        person=person,
        armed_utc_ns=armed,
        until_utc_ns=until,
        boot_id=boot_id,
        until_running_ns=until_running,
        announced_utc_ns=announced,
        dropped_utc_ns=dropped,
        alarm=alarms.get(alarm_id) if alarm_id is not None else None,
    )
