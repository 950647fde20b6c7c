"""Which services read the alarm inputs that the settings list."""

from __future__ import annotations

import structlog

from alarms.inputs.answer import Answers
from alarms.inputs.http import PanelServer
from alarms.inputs.usb import UsbInput
from alarms.line import AlarmLine
from config.alarm_input import InputKind
from config.settings import Settings
from foundation.clock import Clock
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError

_log = structlog.get_logger("alarms")


def input_services(
    settings: Settings, line: AlarmLine, answers: Answers, *, clock: Clock, board: FindingBoard
) -> list[Service]:
    """Modbus modules, USB buttons and the panels' server. Pages and the local socket are started by the gatehouse.

    Raises CredentialError for a panel without a readable token.
    """

    def open_finding(subject: str, kind: str, severity: Severity, text: str) -> None:
        try:
            board.open(subject, kind, severity, evidence={"text": text})
        except DatabaseError as error:  # a disk in trouble must not stop the reading of a button
            _log.error("a finding could not be kept", subject=subject, kind=kind, error=str(error))

    def clear_finding(subject: str, kind: str) -> None:
        try:
            board.clear(subject, kind)
        except DatabaseError as error:
            _log.error("a finding could not be cleared", subject=subject, kind=kind, error=str(error))

    services: list[Service] = []
    wired = [item for item in settings.alarm_inputs if item.kind is InputKind.MODBUS]
    if wired:
        from alarms.inputs.modbus import ModbusInputs, by_module  # most schools have none, and it takes time to load

        services += [
            ModbusInputs(module, line, clock=clock, open_finding=open_finding, clear_finding=clear_finding)
            for module in by_module(wired)
        ]
    services += [UsbInput(item, line) for item in settings.alarm_inputs if item.kind is InputKind.USB]
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
