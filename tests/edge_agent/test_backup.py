"""A restored backup cannot bring back who was erased; and it brings back everything else."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge_agent.audit_heads import verify_chains
from edge_agent.backup import BackupError, make_backup, restore_backup
from foundation.clock import ManualClock
from foundation.finding import FindingBoard, Severity
from foundation.ids import new_id
from foundation.journal import Journal, Tail
from foundation.record_keys import RecordKeys, keys_file
from foundation.sqlite import open_read_only
from foundation.state import StateDirectory
from gate.book import GateBook
from gate.host_ask import latest_ask
from gate.query import inside_now, visit_by_id
from gate.still import Picture, StillTaker, read_still
from gate.visit import DocumentKind, Visitor
from safety.ledger import FaultLedger
from safety.photo import PhotoShelf
from safety.query import fault_file, open_faults

NAME, NUMBER, PHONE = "欧阳翠花", "11010519491231002X", "13812345678"
COMPANION, COMPANION_NUMBER = "司马阿依古丽", "H12345678"
SECRETS = tuple(text.encode() for text in (NAME, NUMBER, PHONE, COMPANION, COMPANION_NUMBER))
PERSON = Visitor(
    name=NAME,
    host="刘老师",
    reason="家长来访",
    phone=PHONE,
    document_kind=DocumentKind.IDENTITY_CARD,
    document_number=NUMBER,
    companions=1,
    companion_names=f"{COMPANION} {COMPANION_NUMBER}",
)


@dataclass(slots=True)
class Campus:
    """A state directory with a visit and a fault in it."""

    state: StateDirectory
    clock: ManualClock
    visit_id: str
    other_id: str

    def erase(self) -> None:
        book = GateBook(self.state.database("gate"), self.clock)
        assert book.erase_visitor(visit_id=self.visit_id, reason="本人要求删除")
        book.close()

    def key(self) -> bytes:
        """The key that locks the visit, for looking whether it is anywhere."""
        book = GateBook(self.state.database("gate"), self.clock)
        row = book.journal.database.row("SELECT key_id FROM visitor WHERE visit_id = ?", (self.visit_id,))
        book.close()
        assert row is not None
        keys = RecordKeys(keys_file(self.state.database("gate")))
        key = keys.key(row[0])
        keys.close()
        assert key is not None
        return key


@pytest.fixture
def campus(tmp_path: Path) -> Campus:
    state, clock = StateDirectory(tmp_path / "state").create(), ManualClock()
    book = GateBook(state.database("gate"), clock)
    visit_id = new_id()
    book.drafts.keep("box", visit_id, "visit", {"name": NAME, "companion_names": PERSON.companion_names})
    book.asks.ask(visit_id=visit_id, gate_id="east", guard="王师傅", visitor=PERSON)
    visit = book.sign_in(visit_id=visit_id, gate_id="east", guard="王师傅", visitor=replace(PERSON, reason="送货"))
    book.correct(visit_id=visit_id, guard="王师傅", visitor=PERSON, reason="听错了")
    other = book.sign_in(
        visit_id=new_id(), gate_id="east", guard="王师傅", visitor=Visitor(name="李四", host="陈主任", reason="送货")
    )
    book.close()
    journal = Journal.open(state.journal("inspector"), clock)
    FindingBoard(journal, clock).open("device:cam", "camera.login_refused", Severity.FAILING)
    ledger = FaultLedger(state.database("safety"), clock)
    Tail(state.journal("inspector"), ledger.journal, ledger.take).poll()
    kept = PhotoShelf(state.root / "photos").keep(b"\xff\xd8 a picture")
    (row,) = open_faults(ledger.path, 0)
    ledger.add_photo(row.fault.id, sha256=kept.sha256, size_bytes=kept.size_bytes, person="李老师")
    ledger.close()
    journal.database.close()
    return Campus(state, clock, visit.id, other.id)


def everything(folder: Path) -> bytes:
    """Every byte of every file: rows, write-ahead logs, free pages."""
    return b"\0".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def chains_hold(state: StateDirectory) -> bool:
    verdicts = verify_chains(state, {})
    return bool(verdicts) and all(verdict.holds for verdict in verdicts)


def _asked_about(state: StateDirectory) -> list[tuple[str, str]]:
    book, orders = state.database("gate"), state.database("gate_orders")
    asks = (latest_ask(book, orders, visit_id, ManualClock().utc_ns()) for visit_id in _visits_asked(book))
    return [(ask.name, ask.host) for ask in asks if ask]


def _visits_asked(book: Path) -> list[str]:
    with open_read_only(book) as reader:
        return [row[0] for row in reader.rows("SELECT visit_id FROM host_ask")]


def test_backup_erase_restore_leaves_the_person_nowhere(campus: Campus, tmp_path: Path) -> None:
    state, key = campus.state, campus.key()
    backup = make_backup(state, tmp_path / "backups", campus.clock)
    assert not any(text in everything(backup.folder) for text in SECRETS), "not even before"
    assert key not in everything(backup.folder)
    assert list((state.root / "drafts").rglob("*.draft")), "what was typed lies on this box only"
    assert list(backup.folder.rglob("*.draft")) == []
    campus.erase()
    assert list((state.root / "drafts").rglob("*.draft")) == []
    campus.clock.advance(days=1)
    restore_backup(state, backup.folder, campus.clock)

    content = everything(state.root)
    assert key not in content
    assert not any(text in content for text in SECRETS)
    assert _asked_about(state) == [("", "")], "who the host was asked about is gone as well"
    visit = visit_by_id(state.database("gate"), campus.visit_id)
    assert visit is not None
    assert visit.visitor is None
    assert chains_hold(state)
    others = [visit.visitor.name for visit in inside_now(state.database("gate")) if visit.visitor]
    assert others == ["李四"], "nobody else is forgotten"


def test_a_restored_copy_that_was_put_back_by_hand_is_cleaned_when_the_book_opens(
    campus: Campus, tmp_path: Path
) -> None:
    saved = campus.state.database("gate").read_bytes()
    campus.erase()
    campus.state.database("gate").write_bytes(saved)
    assert not chains_hold(campus.state), "said before it is mended"
    GateBook(campus.state.database("gate"), campus.clock).close()
    assert chains_hold(campus.state)
    assert campus.visit_id.encode() in everything(campus.state.root), "that there was a visit stays"


def test_on_a_new_box_the_keys_of_the_last_backup_open_all_but_who_was_erased(campus: Campus, tmp_path: Path) -> None:
    key = campus.key()
    first = make_backup(campus.state, tmp_path / "backups", campus.clock)
    assert key in everything(tmp_path / "backups" / "keys")
    campus.erase()
    campus.clock.advance(seconds=60)
    make_backup(campus.state, tmp_path / "backups", campus.clock)
    assert key not in everything(tmp_path / "backups"), "the copy of the keys forgets with the next backup"

    fresh = StateDirectory(tmp_path / "new-box")
    restore_backup(fresh, first.folder, campus.clock)
    assert [visit.visitor.name if visit.visitor else "" for visit in inside_now(fresh.database("gate"))] == ["", "李四"]
    assert chains_hold(fresh)


def test_a_backup_brings_back_what_was_lost(campus: Campus, tmp_path: Path) -> None:
    of_an_alarm = campus.state.root / "alarm-stills" / "gate.1.2.jpg"
    of_an_alarm.parent.mkdir()
    of_an_alarm.write_bytes(b"\xff\xd8 who stood at the gate")
    backup = make_backup(campus.state, tmp_path / "backups", campus.clock)
    for file in campus.state.root.rglob("*"):
        if file.is_file():
            file.unlink()
    assert restore_backup(campus.state, backup.folder, campus.clock) is None
    assert inside_now(campus.state.database("gate"))[0].visitor == PERSON
    (row,) = open_faults(campus.state.database("safety"), 0)
    fault = fault_file(campus.state.database("safety"), row.fault.id)
    assert fault is not None
    assert PhotoShelf(campus.state.root / "photos").find(fault.photos[0]) is not None
    assert of_an_alarm.read_bytes() == b"\xff\xd8 who stood at the gate"
    assert chains_hold(campus.state)


def test_a_reader_that_was_copied_later_than_its_speaker_misses_nothing(campus: Campus, tmp_path: Path) -> None:
    backup = make_backup(campus.state, tmp_path / "backups", campus.clock)
    ledger = FaultLedger(campus.state.database("safety"), campus.clock)
    ledger.journal.move_cursor("inspector", 50)  # as if the ledger's file had been copied fifty facts later
    ledger.close()
    ahead = make_backup(campus.state, tmp_path / "ahead", campus.clock)
    assert backup.files == ahead.files
    restore_backup(campus.state, ahead.folder, campus.clock)
    journal = Journal.open(campus.state.journal("inspector"), campus.clock)
    FindingBoard(journal, campus.clock).open("device:other", "camera.login_refused", Severity.FAILING)
    ledger = FaultLedger(campus.state.database("safety"), campus.clock)
    Tail(campus.state.journal("inspector"), ledger.journal, ledger.take).poll()
    assert len(open_faults(ledger.path, 0)) == 2
    ledger.close()
    journal.database.close()


def test_a_changed_or_unfinished_backup_is_refused_whole(campus: Campus, tmp_path: Path) -> None:
    backup = make_backup(campus.state, tmp_path / "backups", campus.clock)
    before = everything(campus.state.root)
    photo = next(backup.folder.rglob("*.jpg"))
    photo.write_bytes(b"something else")
    with pytest.raises(BackupError, match="was changed"):
        restore_backup(campus.state, backup.folder, campus.clock)
    manifest = backup.folder / "manifest.json"
    listed = json.loads(manifest.read_text())
    listed["files"]["../../evil"] = "0" * 64
    manifest.write_text(json.dumps(listed))
    with pytest.raises(BackupError, match="outside"):
        restore_backup(campus.state, backup.folder, campus.clock)
    manifest.unlink()
    with pytest.raises(BackupError, match="not a whole backup"):
        restore_backup(campus.state, backup.folder, campus.clock)
    assert everything(campus.state.root) == before


def test_no_backup_lies_in_what_it_is_of(campus: Campus) -> None:
    with pytest.raises(BackupError, match="lost with it"):
        make_backup(campus.state, campus.state.root / "copies", campus.clock)
    assert not (campus.state.root / "copies").exists()


def test_nothing_is_restored_under_a_running_agent(campus: Campus, tmp_path: Path) -> None:
    backup = make_backup(campus.state, tmp_path / "backups", campus.clock)
    lock = campus.state.lock("office")
    with pytest.raises(BackupError, match="stop the agent"):
        restore_backup(campus.state, backup.folder, campus.clock)
    lock.release()


def test_a_tampered_chain_is_not_copied_as_if_it_were_sound(campus: Campus, tmp_path: Path) -> None:
    ledger = FaultLedger(campus.state.database("safety"), campus.clock)
    with ledger.journal.database.transaction() as transaction:
        transaction.execute("UPDATE audit SET action = 'fault.closed' WHERE seq = 1")
    ledger.close()
    with pytest.raises(BackupError, match="does not hold"):
        make_backup(campus.state, tmp_path / "backups", campus.clock)


@pytest.mark.process
def test_the_commands_say_in_one_sentence_what_they_did(campus: Campus, tmp_path: Path) -> None:
    run = [sys.executable, "-c", "from edge_agent.commands.backup import app; app()"]

    def told(*words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*run, *map(str, words)], capture_output=True, text=True, timeout=60, check=False)

    made = told("make", tmp_path / "backups", "--state", campus.state.root)
    assert (made.returncode, made.stdout[:1]) == (0, "●"), made.stderr
    folder = made.stdout.split()[1].rstrip(":")
    assert told("restore", folder, "--state", campus.state.root).returncode == 0
    nothing = told("restore", tmp_path, "--state", campus.state.root)
    assert nothing.returncode == 2
    assert "not a whole backup" in nothing.stderr
    assert "Traceback" not in nothing.stderr


def test_a_picture_comes_back_with_its_visit_and_not_with_an_erased_one(tmp_path: Path) -> None:
    state, clock = StateDirectory(tmp_path / "state").create(), ManualClock()
    book = GateBook(state.database("gate"), clock)
    kept, erased = (
        book.sign_in(visit_id=new_id(), gate_id="east", guard="王", visitor=visitor, still_point="gate")
        for visitor in (PERSON, Visitor(name="李四", host="陈主任", reason="送货"))
    )
    taker = StillTaker(book.records, book.stills, lambda _, at: Picture(b"jpeg of a face", at), clock)
    assert taker.work_once()
    backup = make_backup(state, tmp_path / "backups", clock)
    book.erase_visitor(visit_id=erased.id, reason="本人要求")
    book.close()
    copied = list((backup.folder / "gate-stills").rglob("*.sealed"))
    assert len(copied) == 2
    assert not any(b"jpeg of a face" in file.read_bytes() for file in copied)
    restore_backup(state, backup.folder, clock)
    assert read_still(state.database("gate"), f"visit:{kept.id}") == Picture(b"jpeg of a face", kept.in_utc_ns)
    assert read_still(state.database("gate"), f"visit:{erased.id}") is None
    assert len(list((state.root / "gate-stills").rglob("*.sealed"))) == 1, "opened once, the book takes it away again"
