"""The traps of MQTT that were measured in the field, each against a real broker."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from config.broker_path import BrokerPath, BrokerTls
from foundation.clock import SystemClock
from foundation.ids import new_id
from simulator.broker import Broker, BrokerSettings, Mosquitto, Tls
from simulator.port import free_port
from tests.support.certificates import Authority
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.envelope import unseal
from uplink.event import ClockQuality
from uplink.liveness import HeardPath, PathStatus, hear, heard_status
from uplink.messages.heartbeat import Heartbeat
from uplink.messages.path_state import Birth, Will
from uplink.presence import BirthNumbers, CampusIdentity, CampusPresence
from uplink.publication import Acceptance, CongestedError, NotConnectedError, Publication
from uplink.session import MqttSession
from uplink.signature import PinnedKeys, SigningKey
from uplink.topics import parse_topic

CLOCK = SystemClock()
KEY = SigningKey(bytes(range(32)))


@dataclass
class Wire:
    """Brokers and sessions that end with the test."""

    tmp_path: Path
    program: Path
    closing: list[Callable[[], None]] = field(default_factory=list)
    heard: list[tuple[str, bytes]] = field(default_factory=list)
    births: int = 0

    def broker(self, **settings: object) -> Broker:
        broker = Mosquitto(BrokerSettings(directory=self.tmp_path / "broker", **settings), str(self.program))  # type: ignore[arg-type]
        broker.start()
        self.closing.append(broker.close)
        return broker

    def session(self, port: int, client_id: str, **options: object) -> MqttSession:
        session = MqttSession(
            BrokerPath(id="primary", host="127.0.0.1", port=port, allow_plain_text=True),
            client_id=client_id,
            clock=CLOCK,
            on_message=lambda topic, payload: self.heard.append((topic, payload)),
            **options,  # type: ignore[arg-type]
        )
        session.start()
        self.closing.append(session.close)
        return session

    def presence(self) -> CampusPresence:
        def reserve(count: int) -> int:
            self.births += count
            return self.births - count

        return CampusPresence(
            CampusIdentity(campus="school-1", name="示范小学", software="test", key=KEY),
            "primary",
            clock=CLOCK,
            clock_quality=lambda: ClockQuality.SYNCHRONISED,
            births=BirthNumbers(reserve),
            alarms_waiting=lambda: 0,
        )

    def states(self) -> list[Birth | Will | Heartbeat]:
        said = [unseal(payload, parse_topic(topic), PinnedKeys.of([KEY.public_key])) for topic, payload in self.heard]
        return [one.event.data for one in said if isinstance(one.event.data, Birth | Will | Heartbeat)]


@pytest.fixture
def wire(tmp_path: Path, require_program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    # A broker that a busy machine lets wait is not an old one, and is not to be spoken to as such.
    monkeypatch.setattr("uplink.connection.CONNACK_TIMEOUT_S", WAIT_AT_MOST_S)
    monkeypatch.setattr("uplink.connection.FIRST_CONNACK_TIMEOUT_S", WAIT_AT_MOST_S)
    made = Wire(tmp_path, require_program("mosquitto"))
    yield made
    for close in reversed(made.closing):
        close()


def connected(session: MqttSession) -> MqttSession:
    wait_until(lambda: session.connected and session.state.connected, what="a connection")
    return session


def test_what_is_published_without_a_connection_is_refused_and_never_sent_later(wire: Wire) -> None:
    port = free_port()
    session = wire.session(port, "campus-1")
    with pytest.raises(NotConnectedError):
        session.publish(Publication(topic="t/offline", payload=b"1"))
    broker = Mosquitto(BrokerSettings(directory=wire.tmp_path / "late", port=port), str(wire.program))
    broker.start()
    wire.closing.append(broker.close)
    connected(wire.session(port, "listener", subscriptions=["t/#"]))
    connected(session)
    # Again and again: the broker may know the listener's subscription only after the first.
    wait_until(lambda: _publishes(session, b"2") and wire.heard, what="the second message")
    assert {payload for _, payload in wire.heard} == {b"2"}


def _publishes(session: MqttSession, payload: bytes, topic: str = "t/online") -> bool:
    """Whether it was taken: a broker that stands still for a moment soon owes all the answers it may."""
    try:
        session.publish(Publication(topic=topic, payload=payload))
    except (NotConnectedError, CongestedError):
        return False
    return True


def test_a_refused_publish_shows_as_refused_on_version_5(wire: Wire) -> None:
    acl = wire.tmp_path / "acl"
    acl.write_text("topic readwrite t/#\n")
    broker = wire.broker(acl_file=acl)
    session = connected(wire.session(broker.port, "campus-1"))
    answers: list[Acceptance] = []
    session.publish(Publication(topic="t/nobody-listens", payload=b"x"), answers.append)
    wait_until(lambda: len(answers) == 1, what="the first answer")
    session.publish(Publication(topic="forbidden", payload=b"x"), answers.append)
    wait_until(lambda: len(answers) == 2, what="the second answer")
    assert [answer.code for answer in answers] == [16, 135]
    assert [answer.refused for answer in answers] == [False, True]


def test_the_will_of_a_killed_session_and_the_birth_of_the_next_are_told_apart_by_number(wire: Wire) -> None:
    broker = wire.broker()
    first = connected(wire.session(broker.port, "campus-school-1-primary", presence=wire.presence()))
    wire.session(broker.port, "center", subscriptions=["campus/+/state/+"])
    wait_until(lambda: any(isinstance(state, Heartbeat | Birth) for state in wire.states()), what="the first birth")
    first.stopping.set()  # it shall not come back by itself
    first.reconnect("cut without a word, as by a power cut")
    wait_until(lambda: any(isinstance(state, Will) for state in wire.states()), what="the will")
    second = connected(wire.session(broker.port, "campus-school-1-primary", presence=wire.presence()))
    wait_until(
        lambda: any(isinstance(state, Heartbeat) and state.birth >= 1000 for state in wire.states()),
        what="a heartbeat of the second birth",
    )
    path = HeardPath()
    states = wire.states()
    stale_will = next(state for state in states if isinstance(state, Will))
    for state in [*states, stale_will]:
        path = hear(path, state, CLOCK.running_ns()) or path
    assert heard_status(path, CLOCK.running_ns()) is PathStatus.UP
    assert second.connected


def test_an_orderly_end_leaves_a_farewell_and_fires_no_will(wire: Wire) -> None:
    broker = wire.broker()
    session = connected(wire.session(broker.port, "campus-school-1-primary", presence=wire.presence()))
    connected(wire.session(broker.port, "center", subscriptions=["campus/+/state/+"]))
    wait_until(wire.states, what="the retained birth")
    session.close()
    wait_until(lambda: any(isinstance(state, Will) for state in wire.states()), what="the farewell")
    wills = [state for state in wire.states() if isinstance(state, Will)]
    assert [will.orderly for will in wills] == [True]


def test_a_center_that_comes_later_finds_the_retained_state(wire: Wire) -> None:
    broker = wire.broker()
    connected(wire.session(broker.port, "campus-school-1-primary", presence=wire.presence()))
    wire.session(broker.port, "late-center", subscriptions=["campus/+/state/+"])
    wait_until(lambda: any(isinstance(state, Birth) for state in wire.states()), what="the retained birth")


def test_a_killed_broker_is_found_again_by_itself(wire: Wire) -> None:
    broker = wire.broker()
    session = connected(wire.session(broker.port, "campus-1"))
    broker.kill()
    wait_until(lambda: not session.connected, what="the loss")
    broker.start()
    connected(session)
    assert session.state.connections == 2


def test_a_broker_that_spoke_version_5_is_stalled_and_not_old(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    line = _Stalled()
    wire.closing.append(line.close)
    line.target = wire.broker().port
    session = connected(wire.session(line.port, "campus-1", urgent=lambda: True))

    def called(times: int) -> bool:
        return line.calls >= times

    for silences in (1, 2):
        before = line.calls
        line.stall()
        monkeypatch.setattr("uplink.connection.CONNACK_TIMEOUT_S", 0.2)
        session.reconnect("the test says so")
        wait_until(partial(called, before + silences), what="silent answers")
        monkeypatch.setattr("uplink.connection.CONNACK_TIMEOUT_S", WAIT_AT_MOST_S)
        line.go_on()
        connected(session)
        assert session.state.protocol == "5", f"after {silences}"


@pytest.mark.parametrize(("alarm_waits", "then"), [(False, "5"), (True, "3.1.1")])
def test_a_broker_taken_for_old_by_a_slow_answer_is_asked_again_when_no_alarm_waits(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, alarm_waits: bool, then: str
) -> None:
    monkeypatch.setattr("uplink.connection.FIRST_CONNACK_TIMEOUT_S", 0.2)
    line = _Stalled()
    wire.closing.append(line.close)
    line.target = wire.broker().port
    line.stall()
    session = wire.session(line.port, "campus-1", urgent=lambda: alarm_waits)
    wait_until(lambda: line.calls >= 2, what="a second try, on 3.1.1")
    monkeypatch.setattr("uplink.connection.FIRST_CONNACK_TIMEOUT_S", WAIT_AT_MOST_S)
    line.go_on()
    assert connected(session).state.protocol == "3.1.1"
    session.reconnect("the test says so")
    wait_until(lambda: session.state.connections == 2, what="another connection")
    assert session.state.protocol == then


def test_more_than_the_brokers_queue_limit_does_not_block_a_publisher(wire: Wire) -> None:
    stalled = _Stalled()
    wire.closing.append(stalled.close)
    broker = wire.broker()
    stalled.target = broker.port
    session = connected(wire.session(stalled.port, "campus-1"))
    stalled.stall()
    began = time.monotonic()
    refused = 0
    for _ in range(100):
        try:
            session.publish(Publication(topic="t/x", payload=bytes(10_000)))
        except (CongestedError, NotConnectedError):
            refused += 1
    assert time.monotonic() - began < 12, "one that blocks does so until the line is known to be dead, 15 s"
    assert refused >= 80, "what would wait inside paho is refused instead"
    wait_until(lambda: not session.connected, what="a half-open line noticed by keepalive")


def test_an_acknowledgement_waits_in_the_durable_session_of_a_campus_that_is_away(wire: Wire) -> None:
    broker = wire.broker()
    campus = connected(wire.session(broker.port, "campus-1", subscriptions=["campus/school-1/receipt"]))
    center = connected(wire.session(broker.port, "center"))
    wait_until(lambda: _delivered(center, wire), what="the subscription")
    campus.close()
    wire.heard.clear()
    answers: list[Acceptance] = []
    wait_until(lambda: center.owed_s() == 0, what="the broker's words on what came before")
    center.publish(Publication(topic="campus/school-1/receipt", payload=b"later"), answers.append)
    wait_until(lambda: answers, what="the broker's word")
    wire.session(broker.port, "campus-1", subscriptions=["campus/school-1/receipt"])
    wait_until(lambda: ("campus/school-1/receipt", b"later") in wire.heard, what="what was kept")


def _delivered(center: MqttSession, wire: Wire) -> bool:
    return _publishes(center, new_id().encode(), "campus/school-1/receipt") and bool(wire.heard)


def test_a_client_without_certificate_is_refused_and_one_of_another_authority_too(wire: Wire) -> None:
    authority = Authority(wire.tmp_path / "pki")
    server = authority.issue("broker")
    broker = wire.broker(tls=Tls(ca=server.ca, certificate=server.certificate, key=server.key))
    foreign = Authority(wire.tmp_path / "foreign").issue("campus-1")
    for ca, client, welcome in ((authority.ca, authority.issue("campus-1"), True), (authority.ca, foreign, False)):
        session = MqttSession(
            BrokerPath(
                id="primary",
                host="127.0.0.1",
                port=broker.port,
                tls=BrokerTls(ca_file=ca, certificate_file=client.certificate, key_file=client.key),
            ),
            client_id=new_id(),
            clock=CLOCK,
            on_message=lambda *_: None,
        )
        session.start()
        wire.closing.append(session.close)
        wait_until(partial(_settled, session), what="an outcome")
        assert session.connected is welcome


def _settled(session: MqttSession) -> bool:
    return session.connected or bool(session.state.last_error)


def test_a_broker_of_another_authority_is_not_trusted(wire: Wire) -> None:
    authority = Authority(wire.tmp_path / "pki")
    server = Authority(wire.tmp_path / "foreign").issue("broker")
    broker = wire.broker(tls=Tls(ca=server.ca, certificate=server.certificate, key=server.key))
    client = authority.issue("campus-1")
    session = MqttSession(
        BrokerPath(
            id="primary",
            host="127.0.0.1",
            port=broker.port,
            tls=BrokerTls(ca_file=client.ca, certificate_file=client.certificate, key_file=client.key),
        ),
        client_id="campus-1",
        clock=CLOCK,
        on_message=lambda *_: None,
    )
    session.start()
    wire.closing.append(session.close)
    wait_until(lambda: session.state.last_error, what="the refusal")
    assert "CERTIFICATE_VERIFY_FAILED" in session.state.last_error


class _Stalled:
    """A line that can stop carrying without breaking: accepts bytes into the kernel and goes no further."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.target = 0
        self.calls = 0
        self._carrying = threading.Event()
        self._carrying.set()
        self._open = True
        self._lines: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        self._carrying.clear()

    def go_on(self) -> None:
        self._carrying.set()

    def close(self) -> None:
        self._open = False
        self._carrying.set()
        self._listener.close()
        self._hang_up()

    def _hang_up(self) -> None:
        while self._lines:
            self._lines.pop().close()

    def _accept(self) -> None:
        while self._open:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.calls += 1
            if not self._carrying.is_set():  # else what an earlier caller said long ago would come after all
                self._hang_up()
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            self._lines += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._carrying.wait()
                sink.sendall(data)
        except OSError:
            return


def test_a_path_leaves_by_its_own_interface(wire: Wire) -> None:
    broker = wire.broker()
    session = MqttSession(
        BrokerPath(id="primary", host="127.0.0.1", port=broker.port, allow_plain_text=True, bind_address="127.0.0.2"),
        client_id="campus-1",
        clock=CLOCK,
        on_message=lambda *_: None,
    )
    session.start()
    wire.closing.append(session.close)
    connected(session)
    log = broker.directory / "broker.log"
    wait_until(lambda: "from 127.0.0.2:" in log.read_text(), what="the broker's note of the address")
