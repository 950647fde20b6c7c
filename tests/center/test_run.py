"""The center as a process, on real brokers and real databases."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import URL

from center.database import CenterDatabase
from center.run import signing_key
from foundation.state import StateDirectory
from simulator.port import free_port
from tests.center.brokers import Broker, plain_broker, tls_broker
from tests.center.campus_side import Line, School
from tests.center.conftest import PASSWORD, PostgresCluster, enrol_school
from tests.support.processes import Processes, Started
from tests.support.waiting import wait_until
from uplink.messages.acknowledgement import Acknowledgement
from uplink.messages.heartbeat import CenterHeartbeat
from uplink.messages.receipt import Receipt

pytestmark = pytest.mark.process

PROGRAM = Path(sys.executable).parent / "campus-center"


@dataclass(slots=True)
class Center:
    """A center in a folder of its own; `campus-center run` as often as a test likes."""

    folder: Path
    processes: Processes
    brokers: list[Broker]
    port: int = field(default_factory=free_port)
    extra: str = ""

    @property
    def config(self) -> Path:
        """The settings file, written anew."""
        lines = ["name: 示范区接警中心", "state_directory: state", f"page: {{port: {self.port}}}", "brokers:"]
        for broker in self.brokers:
            tls = broker.tls
            how = (
                f"tls: {{ca_file: {tls.ca_file}, certificate_file: {tls.certificate_file}, key_file: {tls.key_file}}}"
                if tls
                else "allow_plain_text: true"
            )
            lines.append(f"  - {{id: {broker.id}, host: 127.0.0.1, port: {broker.port}, {how}}}")
        file = self.folder / "center.yaml"
        file.write_text("\n".join(lines) + "\n" + self.extra, encoding="utf-8")
        return file

    @property
    def public_key(self) -> str:
        """What schools pin."""
        return signing_key(StateDirectory(self.folder / "state").create()).public_key

    def enrol(self, school: School) -> str:
        """`campus-center enrol`; returns what it printed."""
        done = self.command("enrol", school.campus, "--name", school.name, "--public-key", school.key.public_key)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any other command."""
        return subprocess.run(
            [PROGRAM, *words, "--config", self.config], capture_output=True, text=True, timeout=60, check=False
        )

    def start(self) -> Started:
        """Run it; returns when its pages answer and every broker is connected."""
        process = self.processes.start([PROGRAM, "run", "--config", self.config], name="center")
        process.wait_for(f":{self.port}/")
        wait_until(lambda: all(broker["connected"] for broker in self.status()["brokers"]), what="the brokers")
        return process

    def status(self) -> dict[str, Any]:
        """/api/status."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/api/status", trust_env=False)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def campus(self) -> dict[str, Any]:
        """The only school's status."""
        (campus,) = self.status()["campuses"]
        found: dict[str, Any] = campus
        return found


@pytest.fixture
def center(tmp_path: Path, processes: Processes) -> Center:
    """On one plain broker with the SQLite file that comes by default."""
    return Center(tmp_path, processes, [plain_broker(processes, tmp_path)])


@pytest.fixture
def school() -> School:
    """Not yet enrolled."""
    return School()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """Connections that end with the test."""
    opened: list[Line] = []
    yield opened
    for line in opened:
        line.close()


def _connect(lines: list[Line], center: Center, school: School, broker: Broker | None = None) -> Line:
    line = Line(broker or center.brokers[0], school, [center.public_key])
    lines.append(line)
    return line


def test_enrolling_prints_the_key_that_receipts_are_signed_with(
    center: Center, school: School, lines: list[Line]
) -> None:
    key = center.enrol(school)
    assert key == center.public_key
    center.start()
    line = _connect(lines, center, school)
    alarm = school.alarm()
    line.say(alarm)
    (receipt,) = line.wait_for(Receipt)
    assert receipt.message_id == alarm.alarm_id
    wait_until(lambda: center.status()["alarms"][0]["receipted_at"], what="the receipt's time")
    (shown,) = center.status()["alarms"]
    assert shown["received_at"] == receipt.received_at
    assert shown["receipted_at"] >= shown["received_at"]


def test_a_school_enrolled_while_the_center_runs_is_believed_at_once(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.start()
    line = _connect(lines, center, school)
    alarm = school.alarm()
    payload = line.say(alarm)
    wait_until(lambda: center.status()["refused"] == 1, what="the refusal")
    assert line.heard(Receipt) == []
    center.enrol(school)
    line.say(alarm, payload=payload)
    line.wait_for(Receipt)


def test_over_mutual_tls_with_postgresql(
    tmp_path: Path, processes: Processes, school: School, lines: list[Line], postgres_cluster: PostgresCluster
) -> None:
    url = postgres_cluster.new_database()
    (tmp_path / "password").write_text(PASSWORD)
    center = Center(
        tmp_path,
        processes,
        [tls_broker(processes, tmp_path)],
        extra=f"database_url: postgresql://127.0.0.1:{postgres_cluster.port}/{url.database}\n"
        "database_credential: db\n"
        "credentials:\n  - {id: db, user: postgres, password_file: password}\n",
    )
    center.enrol(school)
    first = center.start()
    line = _connect(lines, center, school)
    line.say(school.alarm())
    line.wait_for(Receipt)
    second = Center(tmp_path / "other", processes, center.brokers, extra=center.extra)
    second.folder.mkdir()
    (second.folder / "password").write_text(PASSWORD)
    refused = second.command("run")
    assert (refused.returncode, "another center already runs" in refused.stderr) == (2, True)
    first.kill()
    center.start()
    assert len(center.status()["alarms"]) == 1


def test_two_brokers_one_alarm_a_receipt_on_each(
    tmp_path: Path, processes: Processes, school: School, lines: list[Line]
) -> None:
    brokers = [plain_broker(processes, tmp_path, "primary"), plain_broker(processes, tmp_path, "standby")]
    center = Center(tmp_path, processes, brokers)
    center.enrol(school)
    center.start()
    ways = [_connect(lines, center, school, broker) for broker in brokers]
    alarm = school.alarm()
    payload = school.sealed(alarm)
    for way in ways:
        way.say(alarm, payload=payload)
    for way in ways:
        way.wait_for(Receipt)
    (shown,) = center.status()["alarms"]
    assert sorted(arrival["broker"] for arrival in shown["arrivals"]) == ["primary", "standby"]


def test_a_person_acknowledges_and_the_school_is_told_who(center: Center, school: School, lines: list[Line]) -> None:
    center.enrol(school)
    center.start()
    line = _connect(lines, center, school)
    alarm = school.alarm()
    line.say(alarm)
    line.wait_for(Receipt)
    done = httpx.post(
        f"http://127.0.0.1:{center.port}/alarms/{alarm.alarm_id}/acknowledge",
        data={"person": "李警官"},
        trust_env=False,
    )
    assert done.status_code == 303
    (word,) = line.wait_for(Acknowledgement)
    assert (word.alarm_id, word.person, word.desk) == (alarm.alarm_id, "李警官", "示范区接警中心")


def test_an_acknowledgement_said_while_the_broker_is_away_arrives_when_it_is_back(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.enrol(school)
    center.start()
    line = _connect(lines, center, school)
    alarm = school.alarm()
    line.say(alarm)
    line.wait_for(Receipt)
    center.brokers[0].kill()
    httpx.post(
        f"http://127.0.0.1:{center.port}/alarms/{alarm.alarm_id}/acknowledge",
        data={"person": "李警官"},
        trust_env=False,
    )
    center.brokers[0].start()
    again = _connect(lines, center, school)
    again.say(school.birth(), retain=True)  # the center, back before the school, said it to nobody and says it again
    again.wait_for(Acknowledgement)


def test_killed_after_storing_and_before_the_receipt_it_answers_when_the_alarm_is_sent_again(
    center: Center, school: School, lines: list[Line], tmp_path: Path
) -> None:
    center.enrol(school)
    alarm = school.alarm()
    payload = school.sealed(alarm)
    (tmp_path / "alarm.bin").write_bytes(payload)
    died = subprocess.run(
        [sys.executable, "-c", _DIE_BEFORE_THE_RECEIPT, tmp_path / "state", school.campus, tmp_path / "alarm.bin"],
        timeout=60,
        check=False,
    )
    assert died.returncode == -9
    center.start()
    (shown,) = center.status()["alarms"]
    assert (shown["id"], shown["receipted_at"]) == (alarm.alarm_id, None)
    line = _connect(lines, center, school)
    line.say(alarm, payload=payload)
    (receipt,) = line.wait_for(Receipt)
    assert (receipt.received_at, receipt.copies) == (shown["received_at"], 2)
    assert len(center.status()["alarms"]) == 1


_DIE_BEFORE_THE_RECEIPT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy.engine import URL
from center.database import CenterDatabase
from center.intake import Intake, Letter
from center.paths import Paths
from center.run import signing_key
from center.voice import Voice
from foundation.clock import SystemClock
from foundation.state import StateDirectory
state, campus, alarm = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
clock = SystemClock()
database = CenterDatabase(URL.create("sqlite", database=str(state / "center.sqlite")))
voice = Voice(center_id="center", desk="desk", key=signing_key(StateDirectory(state)), clock=clock)
(taken,) = Intake(database, clock, voice, Paths(clock)).take(
    [Letter("primary", f"campus/{campus}/alarm", alarm.read_bytes())])
assert len(taken.replies) == 1
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killed_at_any_moment_it_keeps_every_alarm_it_gave_a_receipt_for(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.enrol(school)
    process = center.start()
    line = _connect(lines, center, school)
    for _ in range(40):
        line.say(school.alarm())
    line.wait_for(Receipt, 5)
    process.kill()
    receipts = {receipt.message_id for receipt in line.heard(Receipt)}
    center.start()
    assert receipts <= {alarm["id"] for alarm in center.status()["alarms"]}


@pytest.mark.alone
def test_a_silent_school_is_shown_lost_within_twenty_seconds_and_back_at_its_next_heartbeat(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.enrol(school)
    center.start()
    line = _connect(lines, center, school)
    line.say(school.birth(), retain=True)
    last_sign = time.monotonic()
    line.say(school.heartbeat())
    wait_until(lambda: center.campus()["state"] == "ok", what="the school")
    wait_until(lambda: center.campus()["state"] == "failing", 20, what="the loss", poll_s=0.2)
    assert time.monotonic() - last_sign > 14
    line.say(school.heartbeat())
    wait_until(lambda: center.campus()["state"] == "ok", what="the school's return")


def test_the_center_says_heartbeats_that_echo_the_schools(center: Center, school: School, lines: list[Line]) -> None:
    center.enrol(school)
    center.start()
    line = _connect(lines, center, school)
    line.say(school.heartbeat())
    line.wait_for(CenterHeartbeat, 2)
    wait_until(lambda: any(beat.echoes for beat in line.heard(CenterHeartbeat)), what="an echo")
    beats = line.heard(CenterHeartbeat)
    assert [beat.number for beat in beats] == sorted({beat.number for beat in beats})
    assert beats[-1].echoes[0].number == 1


def test_points_kept_by_the_broker_are_known_to_a_center_that_starts_later(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.enrol(school)
    line = _connect(lines, center, school)
    line.say(school.point(), retain=True)
    center.start()
    wait_until(lambda: center.campus()["points"], what="the point")
    assert center.campus()["points"][0]["name"] == "东门"


@pytest.mark.alone
def test_it_stops_within_five_seconds_while_a_page_is_watched(center: Center, school: School) -> None:
    center.enrol(school)
    process = center.start()
    with httpx.stream("GET", f"http://127.0.0.1:{center.port}/events", trust_env=False) as stream:
        next(stream.iter_text())
        began = time.monotonic()
        assert process.stop(5.0) == 0
        assert time.monotonic() - began < 5.0


def test_a_second_copy_says_so_in_one_sentence(center: Center) -> None:
    center.start()
    refused = center.command("run")
    _assert_one_sentence(refused, "already running")


def test_a_center_that_starts_again_loads_no_pages_before_it_takes_alarms() -> None:
    pages = {"alembic", "fastapi", "jinja2", "uvicorn"}
    told = f"import center.cli, sys; print('loaded:', *sorted({pages!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == "loaded:\n", done.stdout + done.stderr


def test_a_taken_port_says_so_in_one_sentence(center: Center) -> None:
    center.port = center.brokers[0].port
    _assert_one_sentence(center.command("run"), "is taken by another program")


def test_a_database_that_is_not_there_says_so_in_one_sentence(center: Center) -> None:
    center.extra = f"database_url: postgresql://center@127.0.0.1:{free_port()}/center\n"
    _assert_one_sentence(center.command("run"), "check database_url")


def test_a_wrong_key_at_enrolment_says_so_in_one_sentence(center: Center, school: School) -> None:
    _assert_one_sentence(center.command("enrol", "school-1", "--name", "一小", "--public-key", "abc"), "is not base64")
    center.enrol(school)
    other = School().key.public_key
    _assert_one_sentence(
        center.command("enrol", school.campus, "--name", "一小", "--public-key", other), "enrolled with another key"
    )


def test_during_a_change_of_keys_both_are_believed_and_then_only_the_new_one(
    center: Center, school: School, lines: list[Line]
) -> None:
    center.enrol(school)
    center.start()
    old, new = school.key, School().key
    done = center.command("enrol", school.campus, "--name", school.name, "--public-key", new.public_key, "--next-key")
    assert done.returncode == 0, done.stderr
    line = _connect(lines, center, school)
    for key in (old, new):
        alarm = school.alarm()
        line.say(alarm, payload=school.sealed(alarm, key=key))
    line.wait_for(Receipt, 2)
    assert center.command("retire-key", school.campus).returncode == 0
    alarm = school.alarm()
    line.say(alarm, payload=school.sealed(alarm, key=old))
    wait_until(lambda: center.status()["refused"] == 1, what="the refusal")


def _assert_one_sentence(done: subprocess.CompletedProcess[str], words: str) -> None:
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr + done.stdout


def test_a_backlog_of_a_thousand_alarms_is_answered_whole(center: Center, school: School, lines: list[Line]) -> None:
    with CenterDatabase(URL.create("sqlite", database=str(center.folder / "state" / "center.sqlite"))) as database:
        StateDirectory(center.folder / "state").create()
        database.migrate()
        enrol_school(database, school)
    center.start()
    line = _connect(lines, center, school)
    for _ in range(1000):
        line.say(school.alarm())
    receipts = line.wait_for(Receipt, 1000)
    assert len({receipt.message_id for receipt in receipts}) == 1000
