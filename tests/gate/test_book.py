"""The gate book: what it has answered is on the disk, once, and cannot be altered afterwards."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import apsw
import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from foundation.journal import read_entries
from foundation.record_keys import RecordKeys, keys_file
from foundation.sqlite import DatabaseFullError
from gate.book import (
    AlreadyInsideError,
    GateBook,
    UnknownVisitError,
    VisitConflictError,
    VisitRefusedError,
)
from gate.facts import VisitSignedIn, VisitSignedOut
from gate.query import inside_now, recent_visitors, visit_by_id, visits_of_day
from gate.visit import Visit, Visitor

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800000001")
EARLY = 1_795_240_800_000_000_000  # 2026-11-21 14:00 in Beijing


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_utc_ns=EARLY)


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", clock)
    yield opened
    opened.close()


def sign_in(book: GateBook, visitor: Visitor = PARENT, visit_id: str | None = None, gate: str = "east") -> Visit:
    return book.sign_in(visit_id=visit_id or new_id(), gate_id=gate, guard="王师傅", visitor=visitor)


def sign_out(book: GateBook, visit: Visit) -> Visit:
    return book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="李师傅")


def test_who_came_in_is_inside_until_signed_out(book: GateBook, clock: ManualClock) -> None:
    visit = sign_in(book)
    assert inside_now(book.path) == (visit,)
    clock.advance(seconds=600)
    left = sign_out(book, visit)
    assert inside_now(book.path) == ()
    assert (left.out_utc_ns, left.out_guard) == (EARLY + 600_000_000_000, "李师傅")
    assert visits_of_day(book.path, date(2026, 11, 21)) == (left,)


def test_the_same_request_again_adds_nothing(book: GateBook) -> None:
    visit_id = new_id()
    assert sign_in(book, visit_id=visit_id) == sign_in(book, visit_id=visit_id)
    assert len(inside_now(book.path)) == 1
    assert len(read_entries(book.path, after=0, kind=VisitSignedIn.kind)) == 1


def test_an_id_cannot_be_used_for_somebody_else(book: GateBook) -> None:
    visit = sign_in(book)
    with pytest.raises(VisitConflictError):
        sign_in(book, replace(PARENT, name="李四", phone=""), visit_id=visit.id)


def test_leaving_twice_keeps_the_first_time(book: GateBook, clock: ManualClock) -> None:
    visit = sign_in(book)
    first = sign_out(book, visit)
    clock.advance(seconds=60)
    assert sign_out(book, visit) == first
    assert len(read_entries(book.path, after=0, kind=VisitSignedOut.kind)) == 1


def test_nobody_comes_in_twice_without_leaving(book: GateBook) -> None:
    visit = sign_in(book)
    with pytest.raises(AlreadyInsideError) as raised:
        sign_in(book, replace(PARENT, host="陈老师"))
    assert raised.value.visit.id == visit.id
    sign_out(book, visit)
    sign_in(book, replace(PARENT, host="陈老师"))


def test_leaving_without_entering_is_said_to_be_unknown(book: GateBook) -> None:
    with pytest.raises(UnknownVisitError):
        book.sign_out(visit_id=new_id(), departure_id=new_id(), gate_id="east", guard="王师傅")


def test_a_form_with_mistakes_writes_nothing(book: GateBook) -> None:
    with pytest.raises(VisitRefusedError) as refused:
        sign_in(book, replace(PARENT, host="", phone="12"))
    assert set(refused.value.troubles) == {"host", "phone"}
    assert visits_of_day(book.path, date(2026, 11, 21)) == ()
    assert verify_audit(book.path).entries == 0


def test_an_undone_sign_in_stays_in_the_book_and_nobody_is_inside(book: GateBook) -> None:
    visit = sign_in(book)
    undone = book.undo_sign_in(visit_id=visit.id, guard="王师傅")
    assert undone == book.undo_sign_in(visit_id=visit.id, guard="王师傅")
    assert not undone.inside
    assert inside_now(book.path) == ()
    assert [one.id for one in visits_of_day(book.path, date(2026, 11, 21))] == [visit.id]


def test_an_undone_leaving_puts_the_visitor_inside_again_and_can_be_repeated(book: GateBook) -> None:
    visit = sign_in(book)
    sign_out(book, visit)
    assert book.undo_sign_out(visit_id=visit.id, guard="王师傅").inside
    assert book.undo_sign_out(visit_id=visit.id, guard="王师傅").inside
    assert sign_out(book, visit).out_utc_ns is not None
    with pytest.raises(VisitConflictError):
        book.undo_sign_in(visit_id=visit.id, guard="王师傅")


def test_a_clock_set_back_lets_nobody_leave_before_coming(book: GateBook, clock: ManualClock) -> None:
    visit = sign_in(book)
    clock.step_wall(days=-1)
    assert sign_out(book, visit).out_utc_ns == visit.in_utc_ns


def test_two_gates_at_once_never_share_a_badge(book: GateBook) -> None:
    def gate(name: str) -> None:
        for number in range(25):
            sign_in(book, replace(PARENT, name=f"{name}{number}", phone=""), gate=name)

    threads = [threading.Thread(target=gate, args=(name,)) for name in ("east", "west")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    badges = [visit.badge for visit in inside_now(book.path)]
    assert sorted(badges) == list(range(1, 51))


def test_badges_begin_anew_on_each_beijing_day(book: GateBook, clock: ManualClock) -> None:
    assert sign_in(book).badge == 1
    clock.advance(seconds=10 * 3600 - 1)  # 23:59:59
    assert sign_in(book, replace(PARENT, name="李四", phone="")).badge == 2
    clock.advance(seconds=1)
    assert sign_in(book, replace(PARENT, name="王五", phone="")).badge == 1


def test_a_clock_set_back_a_day_gives_no_badge_twice(book: GateBook, clock: ManualClock) -> None:
    clock.advance(days=1)
    given = [sign_in(book, replace(PARENT, name="张三", phone=""))]
    clock.step_wall(days=-1)
    given += [sign_in(book, replace(PARENT, name=name, phone="")) for name in ("李四", "王五")]
    clock.step_wall(days=1)
    given.append(sign_in(book, replace(PARENT, name="赵六", phone="")))
    assert len({(visit.day, visit.badge) for visit in given}) == len(given)
    assert {visit.id for visit in inside_now(book.path)} == {visit.id for visit in given}
    assert verify_audit(book.path).holds


def test_the_latest_visitors_are_offered_once_and_not_while_inside(book: GateBook, clock: ManualClock) -> None:
    for name in ("张三", "李四", "张三"):
        clock.advance(seconds=60)
        sign_out(book, sign_in(book, replace(PARENT, name=name, phone="")))
    clock.advance(seconds=60)
    assert [visit.visitor.name for visit in recent_visitors(book.path) if visit.visitor] == ["张三", "李四"]
    sign_in(book, replace(PARENT, name="李四", phone=""))
    assert [visit.visitor.name for visit in recent_visitors(book.path) if visit.visitor] == ["张三"]


def test_every_step_is_in_the_audit_chain_and_an_edit_is_noticed(book: GateBook) -> None:
    visit = sign_in(book)
    sign_out(book, visit)
    book.undo_sign_out(visit_id=visit.id, guard="王师傅")
    verdict = verify_audit(book.path)
    assert (verdict.entries, verdict.holds) == (3, True)
    forger = apsw.Connection(str(book.path))
    forger.execute("UPDATE audit_body SET body = (SELECT body FROM audit_body WHERE seq = 2) WHERE seq = 1")
    forger.close()
    assert not verify_audit(book.path).holds


def test_an_erased_visitor_leaves_no_trace_and_the_chain_still_holds(book: GateBook) -> None:
    visit = sign_in(book)
    sign_out(book, visit)
    assert book.erase_visitor(visit_id=visit.id, reason="保存期满")
    kept = visit_by_id(book.path, visit.id)
    assert kept is not None
    assert kept.visitor is None
    assert verify_audit(book.path).holds
    reader = apsw.Connection(str(book.path), flags=apsw.SQLITE_OPEN_READONLY)
    everything = "".join(
        str(row)
        for table in ("visit", "visitor", "departure", "fact", "audit", "audit_body")
        for row in reader.execute(f"SELECT * FROM {table}")
    )
    reader.close()
    assert "张三" not in everything
    assert PARENT.phone not in everything
    assert not book.erase_visitor(visit_id=visit.id, reason="保存期满")


def test_the_file_names_nobody_even_while_the_visitor_is_inside(book: GateBook) -> None:
    sign_in(book)
    everything = b"".join(file.read_bytes() for file in book.path.parent.rglob("*") if file.is_file())
    assert "张三".encode() not in everything
    assert PARENT.phone.encode() not in everything


def test_a_restored_copy_does_not_bring_an_erased_visitor_back(tmp_path: Path, clock: ManualClock) -> None:
    path, copy = tmp_path / "gate.sqlite", tmp_path / "copy"
    book = GateBook(path, clock)
    erased, kept = sign_in(book), sign_in(book, replace(PARENT, name="李四", phone=""))
    book.close()
    shutil.copy(path, copy)
    book = GateBook(path, clock)
    book.erase_visitor(visit_id=erased.id, reason="本人要求")
    sign_out(book, kept)
    book.close()
    shutil.copy(copy, path)

    assert not verify_audit(path).holds, "the row is back, though nobody can read it"
    book = GateBook(path, clock)
    assert [visit.visitor.name if visit.visitor else None for visit in inside_now(path)] == [None, "李四"]
    assert verify_audit(path).holds
    assert not book.erase_visitor(visit_id=erased.id, reason="again")
    fresh = sign_in(book, replace(PARENT, name="王五", phone=""))
    assert fresh.visitor is not None, "a number given away before is not used for somebody else's key"
    assert verify_audit(path).holds
    book.close()


def test_an_erased_visitor_can_still_leave(book: GateBook) -> None:
    visit = sign_in(book)
    book.erase_visitor(visit_id=visit.id, reason="本人要求")
    sign_out(book, visit)
    assert inside_now(book.path) == ()
    verdict = verify_audit(book.path)
    assert (verdict.holds, verdict.erased) == (True, 1)


def test_without_its_key_file_the_book_goes_on_and_says_what_is_missing(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "gate.sqlite"
    book = GateBook(path, clock)
    sign_in(book)
    book.close()
    keys = keys_file(path)
    saved = keys.read_bytes()
    keys.unlink()
    book = GateBook(path, clock)
    later = sign_in(book, replace(PARENT, name="李四", phone=""))
    assert later.visitor is not None
    assert any("put the last copy" in trouble for trouble in verify_audit(path).trouble)
    (tmp_path / "saved.keys").write_bytes(saved)
    book.close()
    again = RecordKeys(keys)
    again.take_over(tmp_path / "saved.keys")
    again.close()
    assert verify_audit(path).holds
    assert [visit.visitor.name for visit in inside_now(path) if visit.visitor] == ["张三", "李四"]


def test_the_journal_names_nobody(book: GateBook) -> None:
    sign_out(book, sign_in(book))
    told = " ".join(entry.body for entry in read_entries(book.path, after=0))
    assert told
    assert "张三" not in told
    assert PARENT.phone not in told


def test_what_was_answered_is_there_after_reopening(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "gate.sqlite"
    book = GateBook(path, clock)
    visit = sign_in(book)
    # No close: as after SIGKILL, with everything still in the write-ahead log.
    again = GateBook(path, clock)
    assert inside_now(path) == (visit,)
    again.close()
    book.close()


def test_a_full_disk_refuses_the_visit_whole(book: GateBook, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise DatabaseFullError("no room left")

    monkeypatch.setattr(book.journal, "append", full)
    with pytest.raises(DatabaseFullError):
        sign_in(book)
    monkeypatch.undo()
    assert inside_now(book.path) == ()
    assert verify_audit(book.path).entries == 0
