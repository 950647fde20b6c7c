"""A gatehouse's alarm line against real brokers and a small center."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from alarms.assembly import AlarmService, build_alarms
from alarms.press import Button
from config.broker_path import BrokerPath, BrokerTls, Center
from config.settings import Settings
from foundation.clock import Clock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.state import StateDirectory
from simulator.broker import Amqtt, Broker, BrokerSettings, Mosquitto, Tls
from tests.alarms.desk import Desk
from tests.alarms.modbus_module import ModbusModule
from tests.alarms.parts import LineParts
from tests.support.certificates import Authority, Issued
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.signature import load_or_create_key

CAMPUS = "test-school"


def settings_for(paths: Sequence[BrokerPath], center_key: str) -> Settings:
    """A campus with two buttons, one of them silent."""
    return Settings.model_validate(
        {
            "campus": {
                "id": CAMPUS,
                "name": "测试小学",
                "address": "测试路 1 号",
                "gatehouse_phone": "010-1234",
            },
            "volumes": ({"id": "main", "path": Path("/nowhere"), "when_full": "stop"},),
            "retention": ({"id": "standard"},),
            "alarm_inputs": (
                {"id": "east", "name": "东门按钮", "kind": "socket", "place": "东门门卫室"},
                {"id": "west", "name": "西门按钮", "kind": "socket", "place": "西门", "silent": True},
            ),
            "center": Center(name="测试中心", public_keys=(center_key,)),
            "broker_paths": tuple(paths),
            "pages": {"gatehouse": {"port": 18080}, "office": {"port": 18081}},
        }
    )


@dataclass(slots=True)
class Gatehouse:
    """The alarm line of a gatehouse in this process."""

    settings: Settings
    state: StateDirectory
    clock: Clock = field(default_factory=SystemClock)
    service: AlarmService | None = None
    journal: Journal | None = None
    board: FindingBoard | None = None

    def build(self) -> AlarmService:
        self.state.create()
        self.journal = Journal.open(self.state.journal("gatehouse"), self.clock)
        self.board = FindingBoard(self.journal, self.clock)
        self.service = build_alarms(
            self.settings,
            state=self.state,
            clock=self.clock,
            board=self.board,
            journal=self.journal,
            software="test 0",
            store_within_s=WAIT_AT_MOST_S,
        )
        return self.service

    def start(self) -> AlarmService:
        service = self.service or self.build()
        for part in service.services:
            part.start()
        return service

    def close(self) -> None:
        if self.service is not None:
            for part in reversed(self.service.services):
                part.close()
        if self.journal is not None:
            self.journal.database.close()
        self.service = None

    @property
    def line(self):  # type: ignore[no-untyped-def]
        assert self.service is not None
        return self.service.line

    def findings(self) -> set[tuple[str, str]]:
        assert self.board is not None
        return {(finding.subject, finding.kind) for finding in self.board.all_open()}


@dataclass(slots=True)
class World:
    """Makes brokers, gatehouses and desks, and ends them with the test."""

    tmp_path: Path
    require_program: Callable[..., Path]
    closing: list[Callable[[], None]] = field(default_factory=list)

    def mosquitto(self, name: str = "primary", *, tls: Issued | None = None, directory: str | None = None) -> Broker:
        program = self.require_program("mosquitto")
        settings = BrokerSettings(
            directory=self.tmp_path / (directory or f"broker-{name}"),
            tls=Tls(ca=tls.ca, certificate=tls.certificate, key=tls.key) if tls else None,
        )
        return self._started(Mosquitto(settings, str(program)))

    def amqtt(self) -> Broker:
        return self._started(Amqtt(BrokerSettings(directory=self.tmp_path / "amqtt")))

    def _started(self, broker: Broker) -> Broker:
        broker.start()
        self.closing.append(broker.close)
        return broker

    def authority(self) -> Authority:
        return Authority(self.tmp_path / "pki")

    @staticmethod
    def path_to(broker: Broker, name: str = "primary", *, client: Issued | None = None) -> BrokerPath:
        tls = BrokerTls(ca_file=client.ca, certificate_file=client.certificate, key_file=client.key) if client else None
        return BrokerPath(id=name, host=broker.host, port=broker.port, tls=tls, allow_plain_text=tls is None)

    def desk(self, brokers: Sequence[BrokerPath], *, state: str = "state", start: bool = True) -> Desk:
        key = load_or_create_key(self.tmp_path / state / "keys" / "campus-ed25519")
        desk = Desk(CAMPUS, key.public_key, brokers, self.tmp_path)
        if start:
            desk.start()
        self.closing.append(desk.close)
        return desk

    def gatehouse(self, paths: Sequence[BrokerPath], *, state: str = "state", start: bool = True) -> Gatehouse:
        center_key = load_or_create_key(self.tmp_path / "desk.key").public_key
        gatehouse = Gatehouse(settings_for(paths, center_key), StateDirectory(self.tmp_path / state))
        self.closing.append(gatehouse.close)
        if start:
            gatehouse.start()
        return gatehouse


def wait_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alarm line gives up on no disk: none hangs but the one that a test makes hang."""
    for limit in ("amendment._ANSWER_WITHIN_S", "assembly._FIRST_WITHIN_S", "path_session._BIRTH_WITHIN_S"):
        monkeypatch.setattr(f"alarms.{limit}", WAIT_AT_MOST_S)


@pytest.fixture(autouse=True)
def disk_of_a_busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of the tests here that need no `world`."""
    wait_for_the_disk(monkeypatch)


@pytest.fixture
def world(tmp_path: Path, require_program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Everything an alarm needs between finger and desk."""
    wait_for_the_disk(monkeypatch)
    made = World(tmp_path, require_program)
    yield made
    for close in reversed(made.closing):
        close()


def wait_received(gatehouse: Gatehouse, alarm_id: str, timeout_s: float = WAIT_AT_MOST_S) -> None:
    """Until the gatehouse has the receipt."""

    def received() -> bool:
        record = gatehouse.line.find(alarm_id)
        return record is not None and record.received

    wait_until(received, timeout_s, what="the receipt")


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[LineParts]:
    """An alarm line whose disk the test holds, with a button that never bounces."""
    made = LineParts(tmp_path / "alarms.sqlite").start()
    made.line.buttons["wall"] = Button(id="wall", name="墙上按钮", place="东门", debounce_ms=0)
    yield made
    made.close()


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModbusModule]:
    """A Modbus/TCP module to wire contacts and sirens to; one that is slow, as this process may be, is not gone."""
    for reader in ("inputs.modbus", "modbus_coil"):
        monkeypatch.setattr(f"alarms.{reader}.TIMEOUT_S", WAIT_AT_MOST_S)
    made = ModbusModule()
    yield made
    made.close()
