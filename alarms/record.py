"""An alarm as people see it: what was pressed, and how far it has come."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from foundation.sqlite import Row, Transaction
from uplink.messages.alarm import Purpose


class StepKind(StrEnum):
    """Each step once; the first five are the way of every alarm (存储→发送→平台回执→人工确认→结案)."""

    STORED = "stored"
    BROKER_ACCEPTED = "broker_accepted"
    CENTER_RECEIVED = "center_received"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    """误报, said at the gate; the sending goes on."""
    DURESS = "duress"
    LOCAL_ACKNOWLEDGED = "local_acknowledged"
    HELD = "held"
    RELEASED = "released"


WAY: Final = (
    StepKind.STORED,
    StepKind.BROKER_ACCEPTED,
    StepKind.CENTER_RECEIVED,
    StepKind.ACKNOWLEDGED,
    StepKind.CLOSED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """When a step was reached, by our clock, and by the center's where it said so."""

    kind: StepKind
    at_utc_ns: int
    center_at: str | None = None
    path: str | None = None
    person: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRecord:
    """An alarm with its steps in the order they were reached."""

    id: str
    press_id: str
    input_id: str
    input_name: str
    place: str
    gate: str | None
    nearest_points: tuple[str, ...]
    purpose: Purpose
    drill_id: str | None
    silent: bool
    duress: bool
    pressed_by: str | None
    pressed_utc_ns: int
    boot_id: str
    running_ns: int
    stored: bool
    """False while the disk hangs and the alarm is on its way all the same."""
    messages_waiting: int
    """Of this alarm, without a receipt yet."""
    steps: tuple[Step, ...]

    def step(self, kind: StepKind) -> Step | None:
        """A step if it was reached."""
        return next((step for step in self.steps if step.kind is kind), None)

    @property
    def state(self) -> StepKind | None:
        """The furthest step of the way reached so far; None while not even stored."""
        reached = {step.kind for step in self.steps}
        return next((kind for kind in reversed(WAY) if kind in reached), None)

    @property
    def received(self) -> bool:
        """The center's signed receipt is here."""
        return self.step(StepKind.CENTER_RECEIVED) is not None

    @property
    def called_off(self) -> Step | None:
        """误报 as the school's screens show it: a duress PIN looks the same, for an attacker may be watching."""
        return self.step(StepKind.CANCELLED) or self.step(StepKind.DURESS)

    @property
    def steps_as_shown(self) -> tuple[Step, ...]:
        """The steps as anybody in the school may read them: a call by duress PIN stands there as a cancel."""
        shown = {
            step.kind: step
            for step in (
                replace(step, kind=StepKind.CANCELLED) if step.kind is StepKind.DURESS else step
                for step in reversed(self.steps)
            )
        }
        return tuple(reversed(shown.values()))

    @property
    def closed(self) -> bool:
        """The desk closed it."""
        return self.step(StepKind.CLOSED) is not None


_ALARM_COLUMNS: Final = (
    "a.id, a.press_id, a.input_id, a.input_name, a.place, a.gate, a.nearest_points, a.purpose, a.drill_id, a.silent, "
    "a.duress, a.pressed_by, a.pressed_utc_ns, a.boot_id, a.running_ns, "
    "(SELECT count(*) FROM message m WHERE m.alarm_id = a.id AND m.received_at IS NULL)"
)


def read_alarms(transaction: Transaction, ids: Iterable[str]) -> list[AlarmRecord]:
    """Alarms by id, newest first."""
    wanted = json.dumps(list(ids))
    return _with_steps(
        transaction,
        transaction.rows(
            f"SELECT {_ALARM_COLUMNS} FROM alarm a WHERE a.id IN (SELECT value FROM json_each(?)) "  # noqa: S608
            "ORDER BY a.pressed_utc_ns DESC, a.id DESC",
            (wanted,),
        ),
    )


def read_recent(transaction: Transaction, *, limit: int) -> list[AlarmRecord]:
    """The latest alarms and every one that is not closed or still waits, newest first."""
    return _with_steps(
        transaction,
        transaction.rows(
            f"SELECT {_ALARM_COLUMNS} FROM alarm a WHERE a.id IN ("  # noqa: S608
            "  SELECT id FROM (SELECT id FROM alarm ORDER BY pressed_utc_ns DESC, id DESC LIMIT ?)"
            "  UNION SELECT alarm_id FROM message WHERE received_at IS NULL AND alarm_id IS NOT NULL"
            ") ORDER BY a.pressed_utc_ns DESC, a.id DESC",
            (limit,),
        ),
    )


def _with_steps(transaction: Transaction, rows: list[Row]) -> list[AlarmRecord]:
    steps: dict[str, list[Step]] = defaultdict(list)
    for alarm_id, kind, at_utc_ns, center_at, path, person, detail in transaction.rows(
        "SELECT alarm_id, step, at_utc_ns, center_at, path, person, detail FROM step "
        "WHERE alarm_id IN (SELECT value FROM json_each(?)) ORDER BY at_utc_ns",
        (json.dumps([row[0] for row in rows]),),
    ):
        steps[alarm_id].append(
            Step(
                kind=StepKind(kind),
                at_utc_ns=at_utc_ns,
                center_at=center_at,
                path=path,
                person=person,
                detail=detail,
            )
        )
    return [_record(row, steps[row[0]]) for row in rows]


def _record(row: Row, steps: list[Step]) -> AlarmRecord:
    return AlarmRecord(
        id=row[0],
        press_id=row[1],
        input_id=row[2],
        input_name=row[3],
        place=row[4],
        gate=row[5],
        nearest_points=tuple(json.loads(row[6])),
        purpose=Purpose(row[7]),
        drill_id=row[8],
        silent=bool(row[9]),
        duress=bool(row[10]),
        pressed_by=row[11],
        pressed_utc_ns=row[12],
        boot_id=row[13],
        running_ns=row[14],
        stored=True,
        messages_waiting=row[15],
        steps=tuple(steps),
    )
