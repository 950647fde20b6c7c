"""The picture of the moment: after the commit, sealed, once, and gone with the record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.badge import CODE_DIGITS
from gate.book import GateBook
from gate.query import record_of, visit_by_id
from gate.still import AGAIN_S, GIVE_UP_AFTER_S, NoPictureError, Picture, StillTaker, read_still
from gate.visit import Visit, Visitor

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800000001")
JPEG = b"\xff\xd8 a picture of somebody at the gate \xff\xd9" * 50


class Camera:
    """Gives a picture unless it is away."""

    def __init__(self) -> None:
        self.away = False
        self.asked: list[tuple[str, int]] = []

    def take(self, point: str, at_utc_ns: int) -> Picture:
        self.asked.append((point, at_utc_ns))
        if self.away:
            raise NoPictureError("the camera is away")
        return Picture(JPEG, at_utc_ns - 5)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", clock)
    yield opened
    opened.close()


def sign_in(book: GateBook) -> Visit:
    return book.sign_in(visit_id=new_id(), gate_id="east", guard="王", visitor=PARENT, still_point="gate-east")


def test_the_picture_is_taken_after_the_commit_and_lies_sealed(book: GateBook, clock: ManualClock) -> None:
    visit, camera = sign_in(book), Camera()
    assert not visit.still
    taker = StillTaker(book.records, book.stills, camera.take, clock)
    assert taker.work_once()
    assert not taker.work_once()
    assert camera.asked == [("gate-east", visit.in_utc_ns)]
    picture = read_still(book.path, record_of(visit.id))
    assert picture == Picture(JPEG, visit.in_utc_ns - 5)
    known = visit_by_id(book.path, visit.id)
    assert known is not None
    assert known.still
    everything = b"".join(file.read_bytes() for file in book.path.parent.rglob("*") if file.is_file())
    assert b"a picture of somebody" not in everything
    assert verify_audit(book.path).holds


def test_a_camera_that_is_away_is_asked_again_and_given_up_in_the_end(book: GateBook, clock: ManualClock) -> None:
    visit, camera = sign_in(book), Camera()
    camera.away = True
    taker = StillTaker(book.records, book.stills, camera.take, clock)
    for _ in range(3):
        taker.work_once()
    assert len(camera.asked) == 1, "not at every poll"
    clock.advance(seconds=AGAIN_S)
    camera.away = False
    assert StillTaker(book.records, book.stills, camera.take, clock).work_once(), "also after a restart"
    later = book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="王")
    assert later.still
    camera.away = True
    second = sign_in(book)
    clock.advance(seconds=GIVE_UP_AFTER_S)
    taker.work_once()
    clock.advance(seconds=AGAIN_S)
    asked = len(camera.asked)
    taker.work_once()
    assert len(camera.asked) == asked
    assert read_still(book.path, record_of(second.id)) is None


def test_an_erased_visit_takes_its_picture_along_also_out_of_copies(
    book: GateBook, clock: ManualClock, tmp_path: Path
) -> None:
    visit = sign_in(book)
    waiting = book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="王")
    taker = StillTaker(book.records, book.stills, Camera().take, clock)
    taker.work_once()
    file = book.stills.file(record_of(visit.id))
    saved = tmp_path / "saved"
    shutil.copy(file, saved)
    book.erase_visitor(visit_id=waiting.id, reason="保存期满")
    assert not file.exists()
    file.parent.mkdir(exist_ok=True)
    shutil.copy(saved, file)
    assert read_still(book.path, record_of(visit.id)) is None, "a copy of the picture tells nothing without the key"


def test_a_visit_erased_before_its_picture_was_taken_gets_none(book: GateBook, clock: ManualClock) -> None:
    visit, camera = sign_in(book), Camera()
    book.erase_visitor(visit_id=visit.id, reason="本人要求")
    taker = StillTaker(book.records, book.stills, camera.take, clock)
    assert not taker.work_once()
    assert camera.asked == []
    assert verify_audit(book.path).holds


def test_a_badge_is_read_by_this_book_only(book: GateBook, clock: ManualClock, tmp_path: Path) -> None:
    visit = sign_in(book)
    code = book.badge_code(visit)
    assert len(code) == CODE_DIGITS
    assert code.isdecimal()
    read = book.visit_of_code(f" {code}\n")
    assert read is not None
    assert read.id == visit.id
    wrong = f"{code[:-1]}{(int(code[-1]) + 1) % 10}"
    assert book.visit_of_code(wrong) is None
    assert book.visit_of_code("13800000001") is None
    other = GateBook(tmp_path / "other" / "gate.sqlite", clock)
    assert other.badge_code(visit) != code
    other.close()


def test_a_correction_is_shown_found_and_chained(book: GateBook) -> None:
    visit = sign_in(book)
    right = Visitor(name="章三", host="刘老师", reason="家长来访", phone="13800000002")
    corrected = book.correct(visit_id=visit.id, guard="李", visitor=right, reason="写错姓名")
    assert corrected.corrected
    assert corrected.visitor == right
    assert [one.id for one in book.search("0002")] == [visit.id]
    assert book.search("0001") == ()
    assert verify_audit(book.path).entries == 2
