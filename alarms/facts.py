"""What the gatehouse tells the other roles about alarms."""

from __future__ import annotations

from typing import ClassVar

from foundation.journal import Fact


class AlarmRaisedFact(Fact):
    """An alarm is on the disk: hold the footage of its points, take stills, open an incident."""

    kind: ClassVar[str] = "alarm.raised"

    alarm_id: str
    input_id: str
    input_name: str
    place: str
    gate: str | None
    nearest_points: tuple[str, ...]
    purpose: str
    """'real' or 'drill' (演练)."""
    silent: bool
    duress: bool
    pressed_utc_ns: int
    boot_id: str
    running_ns: int


class AlarmStepFact(Fact):
    """An alarm came a step further, for the first time."""

    kind: ClassVar[str] = "alarm.step"

    alarm_id: str
    step: str
    at_utc_ns: int
    person: str | None = None
    detail: str = ""
