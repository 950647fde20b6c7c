"""Which services read the alarm inputs that the settings list."""

from __future__ import annotations

from alarms.inputs.answer import Answers
from alarms.inputs.circuit import BoardFindings, Circuit, LineFinger
from alarms.inputs.http import PanelServer
from alarms.inputs.usb import UsbInput
from alarms.line import AlarmLine
from alarms.record import AlarmRecord
from config.alarm_input import AlarmInput, InputKind
from config.settings import Settings
from foundation.clock import Clock
from foundation.finding import FindingBoard
from foundation.service import Service


def input_services(
    settings: Settings, line: AlarmLine, answers: Answers, *, clock: Clock, board: FindingBoard
) -> list[Service]:
    """Modbus modules, USB buttons and the panels' server. Pages and the local socket are started by the gatehouse.

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
    tokens = {
        item.id: settings.credential(item.credential).password()
        for item in settings.alarm_inputs
        if item.kind is InputKind.HTTP and item.credential is not None
    }
    if settings.alarm_panels is not None:
        address = settings.alarm_panels
        caller = settings.credential(address.credential).password() if address.credential is not None else None
        services.append(PanelServer(answers, tokens, host=address.host, port=address.port, caller_token=caller))
    return services
