"""Which services read the alarm inputs that the settings list."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from alarms.inputs.answer import Answers
from alarms.inputs.circuit import BoardFindings, Circuit, LineFinger
from alarms.inputs.usb import UsbInput
from alarms.line import AlarmLine
from alarms.record import AlarmRecord
from config.alarm_input import AlarmInput, InputKind
from config.page import AlarmPanels
from config.settings import Settings
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.service import Service

if TYPE_CHECKING:
    from alarms.inputs.http import PanelServer


def input_services(
    settings: Settings, line: AlarmLine, answers: Answers, *, clock: Clock, board: FindingBoard
) -> list[Service]:
    """Modbus modules, USB buttons, a plain panels' server. Pages, socket and an encrypted one the gatehouse starts.

    Raises CredentialError for a panel without a readable token.
    """

    findings = BoardFindings(board)
    finger = LineFinger(line)

    def circuit(item: AlarmInput) -> Circuit:
        def latest() -> AlarmRecord | None:
            return next((record for record in line.recent() if record.input_id == item.id), None)

        return Circuit(item, finger, findings, latest=latest)

    services: list[Service] = []
    wired = [item for item in settings.alarm_inputs if item.kind is InputKind.MODBUS]
    if wired:
        from alarms.inputs.modbus import ModbusInputs, by_module  # most schools have none, and it takes time to load

        services += [ModbusInputs([circuit(item) for item in module], clock=clock) for module in by_module(wired)]
    services += [UsbInput(circuit(item), clock=clock) for item in settings.alarm_inputs if item.kind is InputKind.USB]
    if settings.alarm_panels is not None and speaks_plainly(settings.alarm_panels):
        services.append(panel_server(settings, answers, None))
    return services


def speaks_plainly(panels: AlarmPanels) -> bool:
    """Whether the panels' server needs no certificate, and so is started with the alarm line itself."""
    return panels.allow_plain_text or panels.host in ("127.0.0.1", "::1", "localhost")


def panel_server(settings: Settings, answers: Answers, tls: ssl.SSLContext | None) -> PanelServer:
    """The server of settings.alarm_panels. Raises CredentialError for a token that cannot be read."""
    from alarms.inputs.http import PanelServer  # late: a school without panels loads no server for them

    panels = settings.alarm_panels
    assert panels is not None
    tokens = {
        item.id: settings.credential(item.credential).password()
        for item in settings.alarm_inputs
        if item.kind is InputKind.HTTP and item.credential is not None
    }
    caller = settings.credential(panels.credential).password() if panels.credential is not None else None
    return PanelServer(answers, tokens, host=panels.host, port=panels.port, caller_token=caller, tls=tls)
