"""A contact's circuit as readings come in: when it is a press, and when it is a fault. Pure rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from config.alarm_input import AlarmInput, ModbusContact, Wiring

STUCK_MS: Final = 120_000
"""Pressed for two minutes on end: stuck, cut (normally closed), or somebody lies on it. One alarm and a finding."""


class Level(StrEnum):
    """What one reading says."""

    REST = "rest"
    PRESSED = "pressed"
    CUT = "cut"
    SHORT = "short"


class Change(StrEnum):
    """What became of the contact with this reading."""

    PRESSED = "pressed"
    RELEASED = "released"
    STUCK = "stuck"
    FAULT = "fault"
    """Cut or short, by the end-of-line resistor."""
    MENDED = "mended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a reading must last to count."""

    hold_ms: int = 0
    restore_ms: int = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Where a contact stands. At the first reading nothing is assumed: one that is pressed at start is a press."""

    pressed: bool = False
    stuck: bool = False
    fault: Level | None = None
    level: Level = Level.REST
    since_ms: int | None = None
    """Running time since which `level` has been read without a break."""


def feed(contact: Contact, level: Level, now_ms: int, timing: Timing) -> tuple[Contact, Change | None]:
    """Take one reading in; at most one change comes of it."""
    since_ms = contact.since_ms if contact.since_ms is not None and level is contact.level else now_ms
    contact = replace(contact, level=level, since_ms=since_ms)
    lasted_ms = now_ms - since_ms
    if level in (Level.CUT, Level.SHORT):
        if contact.fault is level or lasted_ms < timing.restore_ms:
            return contact, None
        return replace(contact, fault=level), Change.FAULT
    if contact.fault is not None and lasted_ms >= timing.restore_ms:
        return replace(contact, fault=None), Change.MENDED
    if level is Level.PRESSED:
        if not contact.pressed:
            if lasted_ms < timing.hold_ms:
                return contact, None
            return replace(contact, pressed=True), Change.PRESSED
        if not contact.stuck and lasted_ms >= STUCK_MS:
            return replace(contact, stuck=True), Change.STUCK
        return contact, None
    if contact.pressed and lasted_ms >= timing.restore_ms:
        return replace(contact, pressed=False, stuck=False), Change.RELEASED
    return contact, None


def level_of_bit(closed: bool, wiring: Wiring) -> Level:
    """A discrete input as its wiring means it."""
    return Level.PRESSED if closed is (wiring is Wiring.NORMALLY_OPEN) else Level.REST


def level_of_value(value: int, contact: ModbusContact) -> Level:
    """A register at an end-of-line resistor: rest, press, or a fault on either side."""
    assert contact.rest is not None
    assert contact.pressed is not None
    for level, reading in ((Level.REST, contact.rest), (Level.PRESSED, contact.pressed)):
        if reading.low <= value <= reading.high:
            return level
    return Level.SHORT if value < min(contact.rest.low, contact.pressed.low) else Level.CUT


def timing_of(item: AlarmInput) -> Timing:
    """From the settings."""
    return Timing(hold_ms=item.hold_ms, restore_ms=item.restore_ms)
