from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from simulator.broker import Amqtt, Broker, BrokerError, BrokerSettings, Mosquitto, Tls, find_broker, mosquitto_program
from simulator.listener import PortTaken
from tests.support.ports import accepts
from tests.support.programs import require_program
from tests.support.waiting import WAIT_AT_MOST_S, wait_until

pytestmark = pytest.mark.process


class Session:
    """A client with a lasting session, that remembers what it got."""

    def __init__(self, broker: Broker, name: str, version: MQTTProtocolVersion, tls: Tls | None = None) -> None:
        self.got: list[bytes | bytearray] = []
        self.dropped: list[str] = []
        self._subscribed, self._connected = Event(), Event()
        clean = None if version is MQTTProtocolVersion.MQTTv5 else False
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, name, protocol=version, clean_session=clean)
        self.client.on_message = lambda _c, _u, message: self.got.append(message.payload)
        self.client.on_disconnect = lambda _c, _u, _f, reason, _p: self.dropped.append(str(reason))
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_connect = lambda *_: self._connected.set()
        if tls is not None:
            self.client.tls_set(str(tls.ca), str(tls.certificate), str(tls.key))
        properties = None
        if version is MQTTProtocolVersion.MQTTv5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = 3600
        self.client.connect(broker.host, broker.port, clean_start=False if properties else 3, properties=properties)
        self.client.loop_start()
        assert self._connected.wait(30)

    def subscribe(self, topic: str) -> None:
        self._subscribed.clear()
        self.client.subscribe(topic, qos=1)
        assert self._subscribed.wait(30)

    def publish(self, topic: str, payload: bytes) -> None:
        assert self.client.is_connected(), self.dropped
        self.client.publish(topic, payload, qos=1).wait_for_publish(WAIT_AT_MOST_S)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture(params=["mosquitto", "amqtt"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    if request.param == "mosquitto":
        made: Broker = Mosquitto(BrokerSettings(), str(require_program("mosquitto")))
    else:
        made = Amqtt(BrokerSettings())
    with made:
        yield made


def test_either_broker_carries_a_message(broker: Broker) -> None:
    version = MQTTProtocolVersion.MQTTv5 if broker.speaks_version_5 else MQTTProtocolVersion.MQTTv311
    receiver, sender = Session(broker, "receiver", version), Session(broker, "sender", version)
    receiver.subscribe("campus/+/alarm")
    sender.publish("campus/demo/alarm", b"pressed")
    wait_until(lambda: receiver.got == [b"pressed"], what="the message")
    receiver.end()
    sender.end()


def test_a_second_broker_on_the_same_port_is_refused(broker: Broker) -> None:
    with pytest.raises(PortTaken, match="in use"):
        Amqtt(BrokerSettings(port=broker.port)).start()


def test_a_closed_broker_leaves_nothing_behind(broker: Broker) -> None:
    pid = broker.pid
    broker.close()
    assert not accepts(broker.port)
    assert not broker.directory.exists()
    assert not Path(f"/proc/{pid}").exists()


def test_mosquitto_keeps_what_it_accepted_over_a_kill() -> None:
    with Mosquitto(BrokerSettings(), str(require_program("mosquitto"))) as broker:
        assert broker.name.startswith("mosquitto 2.")
        port = broker.port
        absent = Session(broker, "absent", MQTTProtocolVersion.MQTTv5)
        absent.subscribe("t")
        absent.end()
        sender = Session(broker, "sender", MQTTProtocolVersion.MQTTv5)
        for number in range(1200):  # more than Mosquitto's default queue of 1,000
            sender.publish("t", b"%d" % number)
        sender.end()
        kept = broker.directory / "mosquitto.db"
        wait_until(lambda: kept.exists() and b"1199" in kept.read_bytes(), what="Mosquitto's autosave")
        broker.kill()
        assert not accepts(port)
        broker.start()
        assert broker.port == port
        back = Session(broker, "absent", MQTTProtocolVersion.MQTTv5)
        wait_until(lambda: len(back.got) >= 1200, what="the kept messages")
        assert back.got == [b"%d" % number for number in range(1200)]
        back.end()


def test_mosquitto_asks_for_a_certificate_and_keeps_clients_to_their_own_topics(tmp_path: Path) -> None:
    program = str(require_program("mosquitto"))
    authority = _Authority(tmp_path)
    server = authority.issue("localhost")
    access = tmp_path / "acl"
    access.write_text("pattern readwrite campus/%u/#\n")
    settings = BrokerSettings(tls=server, allow_anonymous=False, acl_file=access, directory=tmp_path / "broker")
    with Mosquitto(settings, program) as broker:
        broker.host = "localhost"
        own = Session(broker, "own", MQTTProtocolVersion.MQTTv5, authority.issue("demo"))
        own.subscribe("campus/#")
        own.publish("campus/other/alarm", b"not mine")
        own.publish("campus/demo/alarm", b"mine")
        wait_until(lambda: own.got, what="the message")
        assert own.got == [b"mine"]
        assert not own.dropped  # a refused message costs the message, not the connection
        own.end()
        stranger = mqtt.Client(CallbackAPIVersion.VERSION2, "stranger", protocol=MQTTProtocolVersion.MQTTv5)
        stranger.tls_set(str(server.ca))
        refused = Event()
        stranger.on_connect = lambda _c, _u, _f, reason, _p: refused.set() if reason.is_failure else None
        stranger.on_disconnect = lambda *_: refused.set()
        stranger.on_connect_fail = lambda *_: refused.set()
        stranger.connect_async("localhost", broker.port)
        stranger.loop_start()
        assert refused.wait(WAIT_AT_MOST_S)
        assert not stranger.is_connected()
        stranger.loop_stop()


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    program = str(require_program("mosquitto"))
    missing = Tls(ca=tmp_path / "no.pem", certificate=tmp_path / "no.pem", key=tmp_path / "no.key")
    with pytest.raises(BrokerError, match=r"no\.pem is missing"):
        Mosquitto(BrokerSettings(tls=missing), program).start()
    with pytest.raises(BrokerError, match=r"did not start: .*Unable to open"):
        Mosquitto(BrokerSettings(acl_file=tmp_path / "no-list"), program).start()
    with pytest.raises(BrokerError, match="need Mosquitto"):
        Amqtt(BrokerSettings(tls=missing)).start()


def test_the_better_broker_is_taken_where_it_is_installed() -> None:
    expected = Mosquitto if mosquitto_program() else Amqtt
    assert isinstance(find_broker(BrokerSettings()), expected)


def test_a_broker_ends_with_the_program_that_started_it() -> None:
    code = (
        "from simulator.broker import *; b=find_broker(BrokerSettings()); b.start();"
        "print(b.port,flush=True); import sys; sys.stdin.read()"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    port = int(owner.stdout.readline())
    assert accepts(port)
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    wait_until(lambda: not accepts(port), what="the broker's end")
    owner.communicate()


def test_the_command_line_runs_a_broker_until_it_is_told_to_end() -> None:
    command = [sys.executable, "-m", "simulator.cli", "broker", "--port", "0", "--json-ready"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    assert accepts(ready["port"])
    process.terminate()
    assert process.wait(10) == 0
    assert not accepts(ready["port"])
    process.communicate()


class _Authority:
    """A certificate authority for one test."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test authority")])
        self._serial = 0
        self.ca = self._write("ca", self._sign(self._name, self._key, True), None)

    def issue(self, name: str) -> Tls:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        certificate = self._write(name, self._sign(subject, key, False), key)
        return Tls(ca=self.ca, certificate=certificate, key=certificate.with_suffix(".key"))

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, authority: bool) -> x509.Certificate:
        now = datetime.now(UTC)
        self._serial += 1
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(self._serial)
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    def _write(self, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey | None) -> Path:
        path = self._directory / f"{name}.pem"
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        if key is not None:
            path.with_suffix(".key").write_bytes(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
            )
        return path
