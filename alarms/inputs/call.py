"""What is said on the gatehouse's local socket: one JSON object per line each way."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

LONGEST_LINE: int = 8_192
"""Bytes; a longer line is refused and the connection closed."""

_Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Call(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PressCall(_Call):
    """Somebody pressed; repeated with the same press_id until it is answered."""

    do: Literal["press"] = "press"
    press_id: Annotated[str, Field(min_length=1, max_length=64)]
    input: _Text
    person: _Text | None = None


class CancelCall(_Call):
    """误报: a named person says why it was a mistake; the sending goes on."""

    do: Literal["cancel"] = "cancel"
    alarm_id: _Text
    person: _Text
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
    pin: Annotated[str, Field(max_length=64)] = ""
    """The duress PIN makes a call for help of it that looks like a cancel."""


class AcknowledgeCall(_Call):
    """校内确认: a named person in the school knows of the alarm and sees to it; sirens end, the sending goes on."""

    do: Literal["acknowledge"] = "acknowledge"
    alarm_id: _Text
    person: _Text


class ContactCall(_Call):
    """The contact that raised an alarm is held for minutes, or was released; said by whoever reads it."""

    do: Literal["contact"] = "contact"
    alarm_id: _Text
    state: Literal["held", "released"]


class ListCall(_Call):
    """Which alarms were there lately?"""

    do: Literal["list"] = "list"
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class ShowCall(_Call):
    """How far has one alarm come?"""

    do: Literal["show"] = "show"
    alarm_id: _Text


class ArmDrillCall(_Call):
    """演练: the next press of the input within two minutes is a line test."""

    do: Literal["arm_drill"] = "arm_drill"
    input: _Text
    person: _Text


class PathsCall(_Call):
    """How do the paths to the center stand?"""

    do: Literal["paths"] = "paths"


Call = PressCall | CancelCall | AcknowledgeCall | ContactCall | ListCall | ShowCall | ArmDrillCall | PathsCall
CALL: TypeAdapter[Call] = TypeAdapter(Annotated[Call, Field(discriminator="do")])


class PathAnswer(BaseModel):
    """One path in a reply."""

    model_config = ConfigDict(frozen=True)
    id: str
    broker: str
    status: str
    loss: str | None = None
    heard_age_ms: int | None = None
    """Since the center was last heard on it."""
    echo_age_ms: int | None = None
    """Since it last said on it that it had heard us."""
    round_trip_us: int | None = None
    """How long our last heartbeat and the center's signed echo of it travelled, without its stay at the center."""
    connected: bool
    protocol: str | None = None
    error: str

    def answered_within(self, ms: float) -> bool:
        """Whether the center has answered a heartbeat on it in this time: only that says something of now."""
        return self.connected and self.echo_age_ms is not None and self.echo_age_ms <= ms


class StepAnswer(BaseModel):
    """A step in a reply; times are RFC 3339, UTC."""

    model_config = ConfigDict(frozen=True)
    step: str
    at: str
    center_at: str | None = None
    path: str | None = None
    person: str | None = None
    detail: str = ""


class AlarmAnswer(BaseModel):
    """An alarm in a reply. What the duress PIN said stands there as a cancel: whoever forces it may read along."""

    model_config = ConfigDict(frozen=True)
    alarm_id: str
    input: str
    input_name: str
    place: str
    gate: str | None
    purpose: str
    silent: bool
    pressed_at: str
    stored: bool
    state: str | None
    """The furthest of stored, broker_accepted, center_received, acknowledged, closed."""
    messages_waiting: int
    steps: tuple[StepAnswer, ...]


class Reply(BaseModel):
    """The answer to a call; `error` says what to do if it was not done."""

    model_config = ConfigDict(frozen=True)
    ok: bool
    error: str = ""
    alarm_id: str | None = None
    stored: bool | None = None
    """False: on its way, but not on the disk yet."""
    repeated: bool | None = None
    drill_id: str | None = None
    until_utc_ns: int | None = None
    paths: tuple[PathAnswer, ...] = ()
    alarm: AlarmAnswer | None = None
    alarms: tuple[AlarmAnswer, ...] | None = None
