"""A device's terminals: relays (报警输出), which sirens hang on, and digital inputs (报警输入), which buttons hang on.

ONVIF has no way to ask how a relay stands: what was really switched, the device tells by an event, `Meaning.RELAY`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from camera.device_error import OnvifFault
from camera.onvif.device import OnvifDevice
from camera.onvif.setting import SetHadNoEffect
from camera.onvif.xml_tree import Element, children, text

_SPAN: Final = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class RelayMode(StrEnum):
    """What a relay does after it was switched on."""

    MONOSTABLE = "Monostable"
    """Falls back by itself after its delay: a siren that nobody switches off still ends."""
    BISTABLE = "Bistable"
    """Stays until it is switched off."""


class IdleState(StrEnum):
    """The circuit of a relay that is not active."""

    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """A relay as it is set up."""

    token: str
    mode: RelayMode
    delay_s: float
    """After which a monostable one falls back; a bistable one heeds it not."""
    idle: IdleState = IdleState.OPEN


def read_relays(device: OnvifDevice) -> tuple[Relay, ...]:
    """The device's relays; none if it has no terminals. Raises DeviceError."""
    try:
        body = _ask(device, "GetRelayOutputs", {}, {})
    except OnvifFault as error:
        if error.unsupported:
            return ()
        raise
    return tuple(relay for told in children(body, "RelayOutputs") if (relay := _relay(told)) is not None)


def read_inputs(device: OnvifDevice) -> tuple[str, ...]:
    """Tokens of the device's digital inputs; none if it does not tell (they may have events all the same)."""
    try:
        body = device.call("deviceio", "GetDigitalInputs")
    except OnvifFault as error:
        if error.unsupported:
            return ()
        raise
    return tuple(token for told in children(body, "DigitalInputs") if (token := told.get("token")))


def switch_relay(device: OnvifDevice, token: str, *, active: bool) -> None:
    """Switch a relay; the answer says that the device understood, only an event that it did. Raises DeviceError."""
    body = {"RelayOutputToken": token, "LogicalState": "active" if active else "inactive"}
    _ask(device, "SetRelayOutputState", body, body)


def set_relay(device: OnvifDevice, wanted: Relay) -> Relay:
    """Set up a relay and read it back. Raises SetHadNoEffect and the other DeviceErrors."""
    properties = {
        "Mode": wanted.mode.value,
        "DelayTime": timedelta(seconds=wanted.delay_s),
        "IdleState": wanted.idle.value,
    }
    _ask(
        device,
        "SetRelayOutputSettings",
        {"RelayOutputToken": wanted.token, "Properties": properties},
        {"RelayOutput": {"token": wanted.token, "Properties": properties}},
    )
    after = next((relay for relay in read_relays(device) if relay.token == wanted.token), None)
    if after is None or not _as_wanted(after, wanted):
        raise SetHadNoEffect(f"asked for {wanted}, the device has {after}")
    return after


def _as_wanted(after: Relay, wanted: Relay) -> bool:
    near = wanted.mode is RelayMode.BISTABLE or abs(after.delay_s - wanted.delay_s) <= 1
    return near and (after.mode, after.idle) == (wanted.mode, wanted.idle)


def _ask(device: OnvifDevice, operation: str, body: Mapping[str, Any], body_io: Mapping[str, Any]) -> Element:
    # Both services have the operations: cameras know them in the device service, some encoders only in device IO.
    try:
        return device.call("devicemgmt", operation, **body)
    except OnvifFault as error:
        if not error.unsupported or not device.has("deviceio"):
            raise
    return device.call("deviceio", operation, **body_io)


def _relay(told: Element) -> Relay | None:
    token = told.get("token")
    if not token:
        return None
    monostable = (text(told, "Properties/Mode") or "").lower() == "monostable"
    idle_closed = (text(told, "Properties/IdleState") or "").lower() == "closed"
    return Relay(
        token=token,
        mode=RelayMode.MONOSTABLE if monostable else RelayMode.BISTABLE,
        delay_s=_seconds(text(told, "Properties/DelayTime")),
        idle=IdleState.CLOSED if idle_closed else IdleState.OPEN,
    )


def _seconds(told: str | None) -> float:
    match = _SPAN.fullmatch((told or "").strip())
    if match is None:
        return 0.0
    return sum(float(part or 0) * unit for part, unit in zip(match.groups(), (86_400, 3600, 60, 1), strict=True))
