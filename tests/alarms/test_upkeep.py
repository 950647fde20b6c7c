"""What is told in time: certificates, untested buttons, a full disk."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alarms.book import Book
from alarms.file import alarm_schema
from alarms.ledger import Ledger
from alarms.line import AlarmLine
from alarms.outbox import Outbox
from alarms.query import find_alarm
from alarms.reserve import Reserve
from alarms.upkeep import Upkeep, certificate_findings
from config.alarm_input import AlarmInput
from config.broker_path import BrokerPath, BrokerTls
from foundation.clock import ManualClock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.sqlite import Database
from simulator.port import free_port
from tests.alarms.conftest import World, wait_received
from tests.alarms.parts import BUTTONS, SCHOOL, LineParts, request
from tests.support import programs
from tests.support.certificates import Authority
from tests.support.waiting import WAIT_AT_MOST_S, wait_until
from uplink.certificate import CertificateWatch
from web.finding_words import described_kinds


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[LineParts]:
    made = LineParts(tmp_path / "alarms.sqlite", ManualClock(now_utc_ns=SystemClock().utc_ns())).start()
    yield made
    made.close()


def upkeep(parts: LineParts, tmp_path: Path) -> tuple[Upkeep, FindingBoard]:
    board = FindingBoard(Journal.open(tmp_path / "journal.sqlite", parts.clock), parts.clock)
    east = AlarmInput.model_validate({"id": "east", "name": "东门", "kind": "socket", "place": "东门"})
    made = Upkeep(
        inputs=[east],
        ledger=parts.ledger,
        reserve=Reserve(tmp_path / "reserve", 4096),
        board=board,
        clock=parts.clock,
    )
    return made, board


def kinds(board: FindingBoard) -> dict[str, str]:
    found = {finding.kind: finding.severity.value for finding in board.all_open()}
    assert set(found) <= described_kinds(), "what is found has words of its own"
    return found


def test_a_certificate_that_ends_within_thirty_days_is_a_finding_and_an_expired_one_fails(
    parts: LineParts, tmp_path: Path
) -> None:
    issued = Authority(tmp_path / "pki").issue("campus", days=40)
    tls = BrokerTls(ca_file=issued.ca, certificate_file=issued.certificate, key_file=issued.key)
    _, board = upkeep(parts, tmp_path)
    clock = parts.clock
    assert isinstance(clock, ManualClock)
    nobody = BrokerPath(id="primary", host="127.0.0.1", port=free_port(), tls=tls)
    care = CertificateWatch([nobody], clock, told=certificate_findings(board, clock))
    care.look()
    assert "uplink.certificate_ending" not in kinds(board)
    clock.advance(days=10.1)
    care.look()
    assert kinds(board)["uplink.certificate_ending"] == "attention"
    clock.advance(days=31)
    care.look()
    assert kinds(board)["uplink.certificate_ending"] == "failing"
    (found,) = board.all_open()
    assert found.evidence == {"certificate": "campus.crt", "days_over": 2}


def test_a_button_that_nobody_pressed_for_a_calendar_month_is_on_the_list_until_the_center_received_a_press(
    parts: LineParts, tmp_path: Path
) -> None:
    care, board = upkeep(parts, tmp_path)
    clock = parts.clock
    assert isinstance(clock, ManualClock)

    def look() -> dict[str, str]:
        clock.advance(seconds=601)
        care.look()
        wait_until(lambda: care._tests is not None, what="the rows")
        care.look()
        return kinds(board)

    assert "alarm.input_untested" not in look()
    clock.advance(days=62)  # whatever day it was, a whole month lies between
    assert "alarm.input_untested" in look()
    alarm = parts.line.press(request("east"))
    assert "alarm.input_untested" in look(), "not received yet, so nothing is proven"
    assert parts.database is not None
    with parts.database.transaction() as transaction:
        transaction.execute(
            "INSERT INTO step (alarm_id, step, at_utc_ns) VALUES (?, 'center_received', 1)", (alarm.alarm_id,)
        )
    assert "alarm.input_untested" not in look()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real ext4 of 24 MB, to be filled."""
    if os.geteuid() != 0:
        programs.unavailable("a disk of its own can be mounted by root only")
    image, mount = tmp_path / "disk.img", tmp_path / "disk"
    mount.mkdir()
    with image.open("wb") as file:
        file.truncate(24 * 1024**2)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", image], check=True)
    done = subprocess.run(["mount", "-o", "loop", image, mount], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        programs.unavailable(f"no loop device here: {done.stderr.strip()}")
    yield mount
    subprocess.run(["umount", "-l", mount], check=False)


def test_on_a_full_disk_alarms_are_stored_in_the_room_that_was_kept(small_disk: Path) -> None:
    clock = SystemClock()
    reserve = Reserve(small_disk / "alarms.reserve", 10 * 1024**2)
    path = small_disk / "alarms.sqlite"
    databases: list[Database] = []

    def open_database() -> Database:
        databases.append(Database(path, alarm_schema()))
        return databases[-1]

    parts = LineParts(path)  # for its scribe; its own ledger is not started
    ledger = Ledger(open_database, clock, make_room=reserve.release)
    line = AlarmLine(
        SCHOOL.campus,
        {name: replace(button, debounce_ms=0) for name, button in BUTTONS.items()},
        ledger=ledger,
        journal=lambda: Journal(databases[-1], clock),
        scribe=parts.scribe,
        outbox=Outbox(),
        book=Book(),
        clock=clock,
        store_within_s=WAIT_AT_MOST_S,  # a disk that has just been filled may take longer to sync than half a second
    )
    ledger.start()
    assert ledger.opened.wait(WAIT_AT_MOST_S)
    assert reserve.keep()
    assert line.press(request("east")).stored
    with (small_disk / "footage").open("wb", buffering=0) as filler, pytest.raises(OSError, match="No space left"):
        while True:
            filler.write(bytes(4096))
    alarms = [line.press(request("east")) for _ in range(100)]
    assert all(alarm.stored for alarm in alarms)
    assert all(find_alarm(path, alarm.alarm_id) for alarm in alarms)
    assert not reserve.kept, "the disk was full, so the room was needed"
    ledger.close()


def test_a_damaged_database_is_moved_aside_and_the_button_works(world: World) -> None:
    path = world.path_to(world.mosquitto())
    world.desk([path])
    first = world.gatehouse([path])
    old = first.line.press(request("east"))
    wait_received(first, old.alarm_id)
    database = first.state.database("alarms")
    first.close()
    database.write_bytes(b"not a database any more, only noise " * 1_000)
    second = world.gatehouse([path])
    alarm = second.line.press(request("west"))
    wait_until(lambda: find_alarm(database, alarm.alarm_id), what="the new alarm on the disk")
    wait_received(second, alarm.alarm_id)
    assert list(database.parent.glob("alarms.damaged-*"))
    wait_until(lambda: any(kind == "alarm.database_replaced" for _, kind in second.findings()), what="the finding")
