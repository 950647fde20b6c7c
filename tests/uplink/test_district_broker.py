"""The district's broker as deploy/mosquitto sets it up: who may say what, and nothing dropped in silence."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import itertools
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from config.broker_path import BrokerPath, BrokerTls
from foundation.clock import SystemClock
from foundation.state import StateDirectory
from simulator.port import free_port
from tests.support.ports import accepts
from tests.support.processes import Processes, Started
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.publication import Acceptance, CongestedError, Publication
from uplink.session import MqttSession
from uplink.signature import SigningKey

pytestmark = pytest.mark.process


class District:
    """A broker started from the files that `init` writes."""

    def __init__(self, folder: Path, tool: ModuleType, start: Callable[[Path], Started]) -> None:
        self.folder, self.tool, self.port = folder, tool, free_port()
        tool.init(folder, host="127.0.0.1", port=self.port, bind="127.0.0.1")
        self._start = start
        self.sessions: list[MqttSession] = []
        self.start()

    def start(self) -> None:
        config = self.folder / "mosquitto.conf"
        if "user root" not in config.read_text():
            config.write_text(config.read_text() + "user root\n")  # tests run as root; a district has user mosquitto
        self.process = self._start(config)
        wait_until(lambda: accepts(self.port), what="the broker")

    def session(self, name: str, *topics: str, heard: list[tuple[str, bytes]] | None = None) -> MqttSession:
        out = self.folder / ("center" if name == "center" else f"for-{name}")
        if name != "center":
            self.tool.enrol(self.folder, name, out)
        session = MqttSession(
            BrokerPath(
                id="primary",
                host="127.0.0.1",
                port=self.port,
                tls=BrokerTls(
                    ca_file=out / "ca.crt", certificate_file=out / f"{name}.crt", key_file=out / f"{name}.key"
                ),
            ),
            client_id=f"test-{name}",
            clock=SystemClock(),
            on_message=lambda topic, payload: heard.append((topic, payload)) if heard is not None else None,
            subscriptions=topics,
        )
        session.start()
        self.sessions.append(session)
        wait_until(lambda: session.connected, what=f"the connection of {name}")
        return session


@pytest.fixture
def tool(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("district", root / "deploy" / "mosquitto" / "district.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def district(
    tmp_path: Path,
    tool: ModuleType,
    processes: Processes,
    require_program: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[District]:
    for limit in ("CONNACK_TIMEOUT_S", "FIRST_CONNACK_TIMEOUT_S"):  # on 3.1.1 its refusals look like acceptances
        monkeypatch.setattr(f"uplink.connection.{limit}", WAIT_AT_MOST_S)
    program = require_program("mosquitto")
    made = District(tmp_path / "district", tool, lambda config: processes.start([program, "-c", config]))
    yield made
    for session in made.sessions:
        session.close()


def answer_to(session: MqttSession, topic: str) -> int:
    """The broker's word on a message."""
    answers: list[Acceptance] = []
    session.publish(Publication(topic=topic, payload=b"{}"), answers.append)
    wait_until(lambda: answers, what="the broker's word")
    return answers[0].code


def test_a_campus_says_only_its_own_and_hears_only_what_is_for_it(district: District) -> None:
    center_heard: list[tuple[str, bytes]] = []
    # One line of the center's all along: a second with its name would end the first, which comes back and ends that.
    center = district.session("center", "campus/+/alarm", "campus/+/state/+", heard=center_heard)
    a_heard: list[tuple[str, bytes]] = []
    a = district.session("school-a", "campus/school-a/receipt", "campus/+/receipt", "#", heard=a_heard)
    wait_until(lambda: answer_to(a, "campus/school-a/alarm") == 0, what="the center's subscription")
    assert answer_to(a, "campus/school-b/alarm") == 135
    assert answer_to(a, "campus/school-a/receipt") == 135
    for campus in ("school-b", "school-a"):
        answer_to(center, f"campus/{campus}/receipt")
    wait_until(lambda: a_heard, what="its own receipt")
    assert {topic for topic, _ in a_heard} == {"campus/school-a/receipt"}
    assert a.state.connections == 1, "what is refused must not cost a school its line"
    assert {topic for topic, _ in center_heard} <= {"campus/school-a/alarm"}


def test_fifteen_hundred_messages_for_an_absent_center_all_wait_and_survive_a_killed_broker(
    district: District,
) -> None:
    heard: list[tuple[str, bytes]] = []
    center = district.session("center", "campus/+/alarm", heard=heard)
    answer_to(center, "campus/school-a/receipt")  # so it has read the subscription too, which was said before
    center.close()
    campus = district.session("school-a")
    accepted = threading.Semaphore(0)
    for number in range(1_500):
        while True:
            try:
                campus.publish(
                    Publication(topic="campus/school-a/alarm", payload=f"alarm {number:04}".encode()),
                    lambda _: accepted.release(),
                )
                break
            except CongestedError:
                assert accepted.acquire(timeout=WAIT_AT_MOST_S)
                accepted.release()
                threading.Event().wait(0.001)
    wait_until(lambda: campus.owed_s() == 0, what="all of the broker's answers")
    # The broker saves a little later; that moment is what receipts are for.
    saved = district.folder / "data" / "mosquitto.db"
    wait_until(lambda: saved.exists() and saved.read_bytes().count(b"alarm ") >= 1_500, what="the broker's saving")
    district.process.kill()
    district.start()
    district.session("center", "campus/+/alarm", heard=heard)
    wait_until(lambda: len(heard) >= 1_500, what="all 1,500")
    assert {int(payload.split()[1]) for _, payload in heard} == set(range(1_500))


def test_enrolling_writes_what_the_school_needs_and_guards_the_keys(tmp_path: Path, root: Path) -> None:
    script = str(root / "deploy" / "mosquitto" / "district.py")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, script, *words], capture_output=True, text=True, check=False)

    folder, out = str(tmp_path / "d"), tmp_path / "school"
    assert run("enrol", folder, "school-a", "--out", str(out)).returncode == 2
    assert run("init", folder, "--host", "broker.example").returncode == 0
    before = (tmp_path / "d" / "authority" / "ca.crt").read_bytes()
    assert run("init", folder, "--host", "broker.example").returncode == 0
    assert (tmp_path / "d" / "authority" / "ca.crt").read_bytes() == before, "a second init keeps the authority"
    done = run("enrol", folder, "school-a", "--out", str(out))
    assert done.returncode == 0, done.stderr
    (path,) = yaml.safe_load(done.stdout)["broker_paths"]
    assert path["id"] == "primary"
    standby = run("enrol", folder, "school-a", "--out", str(tmp_path / "second"), "--path", "standby")
    assert yaml.safe_load(standby.stdout)["broker_paths"][0]["id"] == "standby"
    assert BrokerPath.model_validate({**path, "tls": {k: Path(v) for k, v in path["tls"].items()}}).port == 8883
    for key in (out / "school-a.key", tmp_path / "d" / "authority" / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    for wrong in ("center", "A", "a/b", "+"):
        assert run("enrol", folder, wrong, "--out", str(out)).returncode == 2


def key_that_begins_with(first: str, file: Path) -> None:
    """A private key whose public half begins so: one school in 32 has such a key."""
    seeds = (hashlib.sha256(f"{first}{number}".encode()).digest() for number in itertools.count())
    seed = next(seed for seed in seeds if SigningKey(seed).public_key.startswith(first))
    file.parent.mkdir(parents=True, mode=0o700)
    file.write_bytes(base64.b64encode(seed))
    file.chmod(0o600)


def test_one_command_enrols_a_campus_at_broker_and_center_whatever_their_keys_look_like(
    tmp_path: Path, tool: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    key_that_begins_with("+", StateDirectory(tmp_path / "box").key("campus-ed25519"))
    key_that_begins_with("/", StateDirectory(tmp_path / "state").key("center-signing"))
    tool.init(tmp_path / "broker", host="127.0.0.1", port=8883)
    center = tmp_path / "center.yaml"
    center.write_text(
        "name: 示范区接警中心\nstate_directory: state\n"
        "brokers: [{id: primary, host: 127.0.0.1, port: 8883, tls: {ca_file: broker/center/ca.crt, "
        "certificate_file: broker/center/center.crt, key_file: broker/center/center.key}}]\n"
        "page: {host: 127.0.0.1, port: 8443}\n",
        encoding="utf-8",
    )
    agent = Path(sys.executable).with_name("edge-agent")
    asked: list[str | Path] = [agent, "public-key", "--state", tmp_path / "box"]
    key = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    enrol = ["enrol", str(tmp_path / "broker"), "school-a", "--out", str(tmp_path / "for-a"), "--center", str(center)]
    assert tool.main([*enrol, "--public-key", key, "--name", "甲小学"]) == 0
    said = yaml.safe_load(capsys.readouterr().out)
    assert said["broker_paths"][0]["tls"]["certificate_file"] == "school-a.crt"
    assert said["center"]["name"] == "示范区接警中心"
    shown: list[str | Path] = [Path(sys.executable).with_name("campus-center"), "public-key", "--config", center]
    assert said["center"]["public_keys"] == [
        subprocess.run(shown, capture_output=True, text=True, check=True).stdout.strip()
    ]
    assert tool.main([*enrol, "--public-key", "nonsense"]) == 2
    assert "edge-agent public-key" in capsys.readouterr().err
    assert tool.main([*enrol[:-1], str(tmp_path / "nowhere.yaml"), "--public-key", key]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err
