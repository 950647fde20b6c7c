"""Who came is forgotten after the policy's days, by days at work, with everything that names them."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.audit import verify_audit
from foundation.clock import ManualClock, beijing_day
from foundation.finding import FindingBoard
from foundation.ids import new_id
from foundation.journal import Journal
from gate.book import GateBook
from gate.draft import KEEP_S, DraftBox
from gate.expiry import FAILED, HELD_BACK, Expiry, first_kept_day
from gate.known import search_key_file
from gate.query import visits_of_day
from gate.refusal import RefusalReason
from gate.still import Picture, StillTaker
from gate.vehicle import Vehicle, VehicleKind
from gate.vehicle_book import vehicle_by_id
from gate.visit import Visitor
from tests.support.waiting import WAIT_AT_MOST_S

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800000001")
KEEP = 180


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", clock)
    yield opened
    opened.close()


@pytest.fixture
def board(tmp_path: Path, clock: ManualClock) -> Iterator[FindingBoard]:
    journal = Journal.open(tmp_path / "journal" / "gatehouse.sqlite", clock)
    yield FindingBoard(journal, clock)
    journal.database.close()


def days_pass(expiry: Expiry, clock: ManualClock, days: int) -> int:
    forgotten = 0
    for _ in range(days):
        clock.advance(seconds=24 * 3600)
        forgotten += expiry.work_once()
    return forgotten


def test_everybody_is_forgotten_after_180_days_and_not_before(
    book: GateBook, clock: ManualClock, board: FindingBoard
) -> None:
    day = beijing_day(clock.utc_ns())
    visit = book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=PARENT, still_point="p")
    StillTaker(book.records, book.stills, lambda _, at: Picture(b"jpeg", at), clock).work_once()
    book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="e", guard="w")
    van = Vehicle(kind=VehicleKind.DELIVERY, plate="京A12345", driver="赵六")
    vehicle = book.vehicles.enter(vehicle_id=new_id(), gate_id="e", guard="w", vehicle=van)
    book.refusals.refuse(
        refusal_id=new_id(), gate_id="e", guard="w", visitor=replace(PARENT, name="李四"), reason=RefusalReason.DRUNK
    )
    expiry = Expiry(book, clock, keep_days=KEEP, findings=board, subject="role:gatehouse")
    assert days_pass(expiry, clock, KEEP) == 0
    assert book.search("zs")
    assert days_pass(expiry, clock, 1) == 3
    assert [one.visitor for one in visits_of_day(book.path, day)] == [None]
    assert book.search("zs") == ()
    assert book.refused_before(replace(PARENT, name="李四")) == ()
    kept = vehicle_by_id(book.path, vehicle.id)
    assert kept is not None
    assert kept.vehicle is None
    assert list(book.stills.folder.rglob("*.sealed")) == []
    verdict = verify_audit(book.path)
    assert verdict.holds
    assert verdict.erased >= 4
    assert expiry.work_once() == 0
    assert board.all_open() == []


def test_a_clock_that_jumps_a_year_ahead_forgets_nobody(
    book: GateBook, clock: ManualClock, board: FindingBoard
) -> None:
    book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=PARENT)
    expiry = Expiry(book, clock, keep_days=KEEP, findings=board, subject="role:gatehouse")
    days_pass(expiry, clock, 5)
    clock.step_wall(days=400)
    assert expiry.work_once() == 0
    for _ in range(300):  # and one that jumps a day at every look makes no more days of it than real ones
        clock.step_wall(days=1)
        clock.advance(seconds=60)
        assert expiry.work_once() == 0
    assert book.search("zs")
    assert [one.kind for one in board.all_open()] == [HELD_BACK]


def test_a_box_that_was_off_says_that_somebody_is_kept_too_long_until_it_has_forgotten(
    book: GateBook, clock: ManualClock, board: FindingBoard
) -> None:
    expiry = Expiry(book, clock, keep_days=KEEP, findings=board, subject="role:gatehouse")
    book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=PARENT)
    days_pass(expiry, clock, KEEP - 60)
    clock.step_wall(days=60)
    assert days_pass(expiry, clock, 2) == 0
    assert board.is_open("role:gatehouse", HELD_BACK)
    assert days_pass(expiry, clock, 60) == 1
    assert not board.is_open("role:gatehouse", HELD_BACK)


def test_an_erasure_that_fails_is_a_finding_until_one_succeeds(
    book: GateBook, clock: ManualClock, board: FindingBoard, monkeypatch: pytest.MonkeyPatch
) -> None:
    expiry = Expiry(book, clock, keep_days=KEEP, findings=board, subject="role:gatehouse")

    def fails() -> date | None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(book, "oldest_day", fails)
        expiry.look()
    assert board.is_open("role:gatehouse", FAILED)
    expiry.look()
    assert not board.is_open("role:gatehouse", FAILED)


@given(st.lists(st.integers(0, 700), max_size=400), st.integers(0, 700), st.integers(1, 200))
def test_whoever_is_forgotten_is_old_by_both_counts(seen: list[int], now: int, keep_days: int) -> None:
    begin = date(2026, 1, 1)
    today, days = begin + timedelta(days=now), [begin + timedelta(days=day) for day in seen]
    kept = first_kept_day(today, days, keep_days)
    if kept is None:
        assert len(set(days)) < keep_days
        return
    youngest_forgotten = kept - timedelta(days=1)
    assert (today - youngest_forgotten).days > keep_days
    assert len({day for day in days if day > youngest_forgotten}) >= keep_days


def test_a_box_restored_without_its_search_key_finds_everybody_again(tmp_path: Path, clock: ManualClock) -> None:
    book = GateBook(tmp_path / "gate.sqlite", clock)
    for number in range(130):
        clock.advance(seconds=60)
        visitor = Visitor(name="张三", host="x", reason="x", phone=f"138{number:08}")
        visit = book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=visitor)
        if number:
            book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="e", guard="w")
    van = Vehicle(kind=VehicleKind.DELIVERY, plate="京A12345", driver="赵六")
    book.vehicles.enter(vehicle_id=new_id(), gate_id="e", guard="w", vehicle=van)
    book.refusals.refuse(refusal_id=new_id(), gate_id="e", guard="w", visitor=PARENT, reason=RefusalReason.DRUNK)
    book.close()
    search_key_file(tmp_path / "gate.sqlite").unlink()
    book = GateBook(tmp_path / "gate.sqlite", clock)
    assert book.search("0129") == ()
    while book.index_some():
        pass
    assert [visit.visitor.phone for visit in book.search("0129") if visit.visitor] == ["13800000129"]
    assert len(book.search("zs", limit=200)) == 130
    assert [entry.vehicle for entry in book.vehicles.search("12345")] == [van]
    assert [hit.certain for hit in book.refused_before(PARENT)] == [True]
    assert verify_audit(book.path).holds
    book.close()


def test_what_was_typed_survives_and_lies_sealed_until_it_is_dropped(tmp_path: Path, clock: ManualClock) -> None:
    def box() -> DraftBox:
        return DraftBox(tmp_path / "drafts", tmp_path / "keys" / "gate.draft", clock)

    draft_id = new_id()
    box().keep("box", draft_id, "visit", {"name": "张三", "phone": "13800000001", "host": ""})
    (draft,) = box().drafts("box")
    assert (draft.id, draft.kind, dict(draft.texts)) == (draft_id, "visit", {"name": "张三", "phone": "13800000001"})
    assert box().drafts("other") == ()
    everything = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert "张三".encode() not in everything
    for _ in range(7):
        clock.advance(seconds=1)
        box().keep("box", new_id(), "visit", {"name": "李四"})
    assert len(box().drafts("box")) == 5
    box().drop("box", box().drafts("box")[0].id)
    assert len(box().drafts("box")) == 4
    clock.advance(seconds=KEEP_S + 1)
    assert box().drafts("box") == ()
    assert list((tmp_path / "drafts").rglob("*.draft")) == []
    with pytest.raises(ValueError, match="no id"):
        box().keep("../..", new_id(), "visit", {})


def test_what_was_typed_last_is_kept_though_the_disk_still_writes_what_was_typed_before(
    tmp_path: Path, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    box, draft_id = DraftBox(tmp_path / "drafts", tmp_path / "keys" / "gate.draft", clock), new_id()
    box.keep("box", draft_id, "visit", {"name": "张"})
    writing, disk_answers, synced = threading.Event(), threading.Event(), os.fsync

    def first_late(file: int) -> None:
        if not writing.is_set():
            writing.set()
            disk_answers.wait(WAIT_AT_MOST_S)
        synced(file)

    monkeypatch.setattr("gate.draft.os.fsync", first_late)
    with ThreadPoolExecutor(2) as requests:
        before = requests.submit(box.keep, "box", draft_id, "visit", {"name": "张三", "reason": "家长来访"})
        assert writing.wait(WAIT_AT_MOST_S)
        last = requests.submit(box.keep, "box", draft_id, "visit", {"name": "张三丰"})
        wait([last], timeout=0.5)  # it may overtake the one before, but not spoil it
        disk_answers.set()
        before.result()
        last.result()
    assert [dict(draft.texts) for draft in box.drafts("box")] == [{"name": "张三丰"}]


def test_a_draft_goes_after_a_day_also_at_a_screen_that_is_used_no_more(
    book: GateBook, clock: ManualClock, board: FindingBoard, tmp_path: Path
) -> None:
    expiry = Expiry(book, clock, keep_days=KEEP, findings=board, subject="role:gatehouse", drafts=book.drafts)
    book.drafts.keep("sold", new_id(), "visit", {"name": "张三"})
    expiry.work_once()
    assert list((tmp_path / "drafts").rglob("*.draft"))
    clock.advance(seconds=KEEP_S + 1)
    expiry.work_once()
    assert list((tmp_path / "drafts").rglob("*.draft")) == []


def test_a_damaged_or_moved_draft_is_dropped(tmp_path: Path, clock: ManualClock) -> None:
    box = DraftBox(tmp_path / "drafts", tmp_path / "keys" / "gate.draft", clock)
    draft_id = new_id()
    box.keep("box", draft_id, "visit", {"name": "张三"})
    shutil.copytree(tmp_path / "drafts" / "box", tmp_path / "drafts" / "other")
    assert box.drafts("other") == ()
    (tmp_path / "drafts" / "box" / f"{draft_id}.draft").write_bytes(b"x")
    assert box.drafts("box") == ()


def test_erasing_looks_through_no_table(book: GateBook) -> None:
    book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=PARENT)
    reader = apsw.Connection(str(book.path), flags=apsw.SQLITE_OPEN_READONLY)
    for sql in (
        "DELETE FROM known_token WHERE token = 1 AND person = 1",
        "DELETE FROM known_person WHERE id = 1",
        "DELETE FROM visitor WHERE visit_id = ''",
        "DELETE FROM audit_body WHERE key_id = 1",
        "DELETE FROM audit_key WHERE id = 1",
    ):
        plan = " ".join(str(row) for row in reader.execute(f"EXPLAIN QUERY PLAN {sql}"))
        assert "SCAN" not in plan, sql
    reader.close()
