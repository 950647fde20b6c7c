"""`edge-agent audit verify`: an edited, deleted or rewritten row is named, also by what the center countersigned."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import apsw
import pytest
from typer.testing import CliRunner

from alarms.file import alarm_schema
from alarms.outbox import OutgoingMessage
from alarms.press import School
from alarms.scribe import Scribe
from edge_agent.audit_heads import HeadsError, countersigned_heads, heads
from edge_agent.commands.audit import app
from edge_agent.day_told import DayTold
from foundation.clock import ManualClock, beijing_day, beijing_day_start_ns, rfc3339
from foundation.ids import new_id
from foundation.journal import Journal
from foundation.sqlite import Database
from foundation.state import StateDirectory
from gate.book import GateBook
from gate.visit import Visitor
from safety.grade import Grade
from safety.ledger import FaultLedger
from uplink.envelope import seal
from uplink.event import ClockQuality, Message, center_source, new_event
from uplink.messages.day import DaySealed
from uplink.messages.receipt import Receipt
from uplink.signature import PinnedKeys, SigningKey, load_or_create_key
from uplink.topics import Channel

CAMPUS = "demo-school"


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    state, clock = StateDirectory(tmp_path / "state").create(), ManualClock()
    book = GateBook(state.database("gate"), clock)
    for name in ("张三", "李四", "王五"):
        book.sign_in(
            visit_id=new_id(), gate_id="east", guard="王", visitor=Visitor(name=name, host="刘", reason="办事")
        )
    book.close()
    ledger = FaultLedger(state.database("safety"), clock)
    fault_id = new_id()
    ledger.write_down(fault_id=fault_id, title="围栏", place="操场", grade=Grade.MAJOR, words="洞", person="李")
    ledger.repair(fault_id, person="王", words="补好了")
    ledger.close()
    Database(state.database("alarms"), alarm_schema()).close()
    return state


def verify(state: StateDirectory, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["verify", "--state", str(state.root), *more])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def tamper(path: Path, *statements: str) -> None:
    forger = apsw.Connection(str(path))
    forger.pragma("foreign_keys", False)
    for statement in statements:
        forger.execute(statement)
    forger.close()


def test_whole_chains_hold_and_are_listed(state: StateDirectory) -> None:
    code, text = verify(state)
    assert code == 0
    assert [line.split(":")[0] for line in text.splitlines()] == ["● alarms", "● gate", "● safety"]
    told = json.loads(verify(state, "--json")[1])
    assert told["holds"]
    assert {chain["chain"]: chain["entries"] for chain in told["chains"]} == {"alarms": 0, "gate": 3, "safety": 2}


@pytest.mark.parametrize(
    ("chain", "statements", "says"),
    [
        (
            "safety",
            ["UPDATE audit_body SET body = x'7b7d' WHERE seq = 2"],
            "entry 2 (fault.repaired): the text was altered",
        ),
        ("gate", ["UPDATE audit SET at_utc_ns = at_utc_ns + 1 WHERE seq = 1"], "entry 1"),
        ("gate", ["DELETE FROM audit WHERE seq = 2", "DELETE FROM audit_body WHERE seq = 2"], "entry 2 is missing"),
        ("gate", ["DELETE FROM audit_body WHERE seq = 2"], "the text is gone though nobody erased it"),
        (
            "gate",
            ["DELETE FROM audit_body WHERE seq = 2", "DELETE FROM audit_key WHERE id = 2"],
            "the text is gone though nobody erased it",
        ),
        ("gate", ["UPDATE audit_body SET body = zeroblob(40) WHERE seq = 1"], "the text was altered"),
    ],
)
def test_what_was_done_to_a_row_is_named(state: StateDirectory, chain: str, statements: list[str], says: str) -> None:
    tamper(state.database(chain), *statements)
    code, text = verify(state)
    assert code == 1
    assert says in text
    assert f"▲ {chain}" in text
    assert text.count("▲") == 1


def test_a_file_that_is_no_database_is_one_line_and_not_a_traceback(state: StateDirectory) -> None:
    state.database("gate").write_bytes(b"no database at all" * 100)
    for ending in ("-wal", "-shm"):
        state.database("gate").with_name(f"gate.sqlite{ending}").unlink(missing_ok=True)
    code, text = verify(state)
    assert code == 1
    assert "▲ gate" in text


def test_without_a_state_directory_it_says_so(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["verify", "--state", str(tmp_path / "nowhere")])
    assert result.exit_code == 2
    empty = CliRunner().invoke(app, ["verify", "--state", str(tmp_path)])
    assert empty.exit_code == 1, "nothing verified is not good"


class _Ticket:
    """What the alarm line gives back once something is on the disk."""

    def __init__(self) -> None:
        self.settled = threading.Event()
        self.settled.set()
        self.stored = True


def day_is_told(state: StateDirectory, tmp_path: Path, center: SigningKey, *, forged: bool = False) -> OutgoingMessage:
    """A day told by the gatehouse and countersigned by the center."""
    clock = ManualClock()
    clock.now_utc_ns = beijing_day_start_ns(beijing_day(clock.now_utc_ns)) + 3_600_000_000_000
    database = Database(state.database("alarms"), alarm_schema())
    scribe = Scribe(
        School(campus=CAMPUS, name="", address="", gatehouse_phone=""),
        load_or_create_key(tmp_path / "campus.key"),
        clock,
        lambda: ClockQuality.UNKNOWN,
    )
    kept: list[OutgoingMessage] = []

    def keep(message: Message, channel: Channel) -> _Ticket:
        with database.transaction() as transaction:
            kept.append(scribe.write_message(transaction, message, channel=channel, alarm_id=None))
        return _Ticket()

    own = Journal.open(state.journal("gatehouse"), clock)
    teller = DayTold(state, own, clock, campus=CAMPUS, points=[], keep=keep)  # type: ignore[arg-type]
    assert teller.look()
    assert not teller.look(), "once a day"
    own.database.close()
    (message,) = kept
    receipt = Receipt(campus=CAMPUS, message_id=message.id, digest=message.digest, received_at=rfc3339(clock.utc_ns()))
    said = new_event(receipt, source=center_source("center"), utc_ns=clock.utc_ns())
    signer = load_or_create_key(tmp_path / "forger.key") if forged else center
    with database.transaction() as transaction:
        transaction.execute(
            "UPDATE message SET received_at = 'now', receipt_utc_ns = 0, receipt = ? WHERE id = ?",
            (seal(said, signer), message.id),
        )
    database.close()
    return message


def test_a_chain_cut_short_is_noticed_by_what_the_center_countersigned(state: StateDirectory, tmp_path: Path) -> None:
    center = load_or_create_key(tmp_path / "center.key")
    before = heads(state)
    day_is_told(state, tmp_path, center)
    known = countersigned_heads(state.database("alarms"), PinnedKeys.of([center.public_key]))
    assert known == {chain: (head,) for chain, head in before.items()}
    assert verify(state)[0] == 0
    tamper(state.database("gate"), "DELETE FROM audit_body WHERE seq = 3", "DELETE FROM audit WHERE seq = 3")
    code, text = verify(state)
    assert code == 1
    assert "entry 3, countersigned by the center, is missing" in text


def test_a_chain_that_is_gone_whole_is_noticed(state: StateDirectory, tmp_path: Path) -> None:
    day_is_told(state, tmp_path, load_or_create_key(tmp_path / "center.key"))
    for file in state.root.glob("safety.sqlite*"):
        file.unlink()
    code, text = verify(state)
    assert code == 1
    assert "the center countersigned it, and it is gone" in text


def test_a_receipt_that_somebody_else_signed_is_not_believed(state: StateDirectory, tmp_path: Path) -> None:
    center = load_or_create_key(tmp_path / "center.key")
    day_is_told(state, tmp_path, center, forged=True)
    with pytest.raises(HeadsError, match="not genuine"):
        countersigned_heads(state.database("alarms"), PinnedKeys.of([center.public_key]))


def test_heads_that_the_center_hands_out_are_held_against_the_chains_too(state: StateDirectory, tmp_path: Path) -> None:
    head = heads(state)["gate"]
    file = tmp_path / "heads.json"
    file.write_text(json.dumps([{"chain": "gate", "seq": head.seq, "hash": head.hash.hex()}]))
    assert verify(state, "--heads", str(file))[0] == 0
    file.write_text(json.dumps([{"chain": "gate", "seq": head.seq, "hash": "0" * 64}]))
    code, text = verify(state, "--heads", str(file))
    assert code == 1
    assert "is not the one the center countersigned" in text
    file.write_text("not json")
    assert verify(state, "--heads", str(file))[0] == 1


def test_the_day_is_told_soon_after_midnight_with_every_head(state: StateDirectory, tmp_path: Path) -> None:
    message = day_is_told(state, tmp_path, load_or_create_key(tmp_path / "center.key"))
    day = DaySealed.model_validate(json.loads(message.payload)["data"])
    assert {head.chain for head in day.audit_heads} == {"gate", "safety"}
