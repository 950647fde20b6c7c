"""A press of the one button (一键报警): what is asked, what is answered, what is known of the button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from uplink.messages.alarm import Purpose

STORE_WITHIN_S: Final = 0.5
"""Promise 1: a disk that hangs for longer does not hold the alarm up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PressRequest:
    """A finger on a button. Whoever asks repeats the same `press_id` until it gets an answer."""

    press_id: str
    """Chosen by the presser, at most 64 letters; the same id from the same input is the same press."""
    input_id: str
    person: str | None = None
    """Who pressed, where the input knows."""
    duress: bool = False
    """胁迫: the person was forced to enter a PIN."""


class PressError(Exception):
    """A press that cannot be one; the message says why. Only a wrong input id or press id gets here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlarm:
    """The answer to a press: it counts."""

    alarm_id: str
    stored: bool
    """False if the disk hung or failed: the alarm is on its way all the same and will be stored."""
    repeated: bool
    """True if this press was known already: the earlier alarm is the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """An alarm input, as far as an alarm needs to know it."""

    id: str
    name: str
    place: str
    gate: str | None = None
    nearest_points: tuple[str, ...] = ()
    silent: bool = False
    debounce_ms: int = 500
    """A further press within this time is the same finger bouncing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """What every alarm says of the campus, so that a desk can act on the message alone."""

    campus: str
    name: str
    address: str
    gatehouse_phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Press:
    """A press that counts, with the clocks as they stood when the finger came."""

    alarm_id: str
    request: PressRequest
    button: Button
    pressed_utc_ns: int
    running_ns: int
    boot_id: str
    purpose: Purpose = Purpose.REAL
    drill_id: str | None = None
