"""Screw terminals: a relay for a siren (报警输出) and inputs for buttons (报警输入), with the events they raise.

The operations on relays belong to the device service and, by the same names, to the device IO service.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulator.onvif.events import EventService, duration_s
from simulator.onvif.obedience import Obedience
from simulator.onvif.soap import Call, Operation, SoapFault, tag

INPUTS = ("DI_1", "DI_2")
RELAYS = ("Relay_1",)
INPUT_TOPIC = "tns1:Device/Trigger/DigitalInput"
RELAY_TOPIC = "tns1:Device/Trigger/Relay"


@dataclass
class _Relay:
    active: bool = False
    mode: str = "Bistable"
    delay_s: float = 5.0
    idle: str = "open"
    falling_back: asyncio.TimerHandle | None = None


class Terminals:
    """All methods belong to the campus's event loop."""

    def __init__(self, events: EventService, obedience: Obedience) -> None:
        self._events, self._obedience = events, obedience
        self._relays = {token: _Relay() for token in RELAYS}
        self._inputs = dict.fromkeys(INPUTS, False)
        for token in INPUTS:
            self.set_input(token, closed=False)
        for token in RELAYS:
            self._tell_relay(token)

    @property
    def inputs(self) -> dict[str, bool]:
        """Whether each input's circuit is closed."""
        return dict(self._inputs)

    @property
    def relays(self) -> dict[str, bool]:
        """Whether each relay is active."""
        return {token: relay.active for token, relay in self._relays.items()}

    def set_input(self, token: str, *, closed: bool) -> None:
        """Close or open a circuit, as a finger on a button does."""
        self._inputs[token] = closed
        self._events.publish(INPUT_TOPIC, {"InputToken": token}, {"LogicalState": str(closed).lower()})

    def switch(self, token: str, *, active: bool) -> None:
        """Switch a relay; a monostable one falls back after its delay."""
        relay = self._relays[token]
        if relay.falling_back is not None:
            relay.falling_back.cancel()
            relay.falling_back = None
        relay.active = active
        self._tell_relay(token)
        if active and relay.mode == "Monostable":
            loop = asyncio.get_running_loop()
            relay.falling_back = loop.call_later(relay.delay_s, lambda: self.switch(token, active=False))

    def _tell_relay(self, token: str) -> None:
        state = "active" if self._relays[token].active else "inactive"
        self._events.publish(RELAY_TOPIC, {"RelayToken": token}, {"LogicalState": state})

    def operations(self) -> dict[str, Operation]:
        answers: tuple[Callable[[Call], str], ...] = (
            self.GetRelayOutputs,
            self.SetRelayOutputSettings,
            self.SetRelayOutputState,
        )
        return {answer.__name__: answer for answer in answers}

    # Methods are named as the operations of the WSDL.

    def GetRelayOutputs(self, call: Call) -> str:  # noqa: N802
        relays = "".join(
            f'<tds:RelayOutputs token="{token}"><tt:Properties>{tag("tt:Mode", relay.mode)}'
            f"{tag('tt:DelayTime', f'PT{relay.delay_s:g}S')}{tag('tt:IdleState', relay.idle)}"
            "</tt:Properties></tds:RelayOutputs>"
            for token, relay in self._relays.items()
        )
        return f"<tds:GetRelayOutputsResponse>{relays}</tds:GetRelayOutputsResponse>"

    def SetRelayOutputSettings(self, call: Call) -> str:  # noqa: N802
        for properties, token, answer in (
            ("tds:Properties", call.text("tds:RelayOutputToken"), "tds:SetRelayOutputSettingsResponse"),
            (
                "tmd:RelayOutput/tt:Properties",
                call.attribute("tmd:RelayOutput", "token"),
                "tmd:SetRelayOutputSettingsResponse",
            ),
        ):
            if token is None:
                continue
            relay, mode = self._find(token), call.text(f"{properties}/tt:Mode")
            if mode not in ("Monostable", "Bistable"):
                raise SoapFault("no such mode", subcodes=("ter:InvalidArgVal", "ter:ModeError"))
            if self._obedience.obeys:
                relay.mode = mode
                relay.delay_s = duration_s(call.text(f"{properties}/tt:DelayTime") or "PT0S")
                relay.idle = call.text(f"{properties}/tt:IdleState") or "open"
            return f"<{answer}/>"
        raise SoapFault("which relay?", subcodes=("ter:InvalidArgVal", "ter:RelayToken"))

    def SetRelayOutputState(self, call: Call) -> str:  # noqa: N802
        token, state = call.text("tds:RelayOutputToken"), call.text("tds:LogicalState")
        self._find(token)
        if state not in ("active", "inactive"):
            raise SoapFault("no such state", subcodes=("ter:InvalidArgVal",))
        if self._obedience.obeys:
            self.switch(token or "", active=state == "active")
        return "<tds:SetRelayOutputStateResponse/>"

    def _find(self, token: str | None) -> _Relay:
        relay = self._relays.get(token or "")
        if relay is None:
            raise SoapFault("no such relay", subcodes=("ter:InvalidArgVal", "ter:RelayToken"))
        return relay


class DeviceIoService:
    """The device IO service (ver10): the inputs, which the device service does not know."""

    def __init__(self, sources: int = 1) -> None:
        self._sources = sources

    def operations(self) -> dict[str, Operation]:
        answers: Sequence[Callable[[Call], str]] = (self.GetDigitalInputs, self.GetServiceCapabilities)
        return {answer.__name__: answer for answer in answers}

    def GetDigitalInputs(self, call: Call) -> str:  # noqa: N802
        inputs = "".join(f'<tmd:DigitalInputs token="{token}" IdleState="open"/>' for token in INPUTS)
        return f"<tmd:GetDigitalInputsResponse>{inputs}</tmd:GetDigitalInputsResponse>"

    def GetServiceCapabilities(self, call: Call) -> str:  # noqa: N802
        return (
            f'<tmd:GetServiceCapabilitiesResponse><tmd:Capabilities VideoSources="{self._sources}" '
            f'RelayOutputs="{len(RELAYS)}" '
            f'DigitalInputs="{len(INPUTS)}"/></tmd:GetServiceCapabilitiesResponse>'
        )
