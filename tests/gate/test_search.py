"""Finding somebody who came before, though names and numbers are sealed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.initials import initials_of
from gate.visit import DocumentKind, Visit, Visitor

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800001234", plate="京A12345")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", clock)
    yield opened
    opened.close()


def came(book: GateBook, clock: ManualClock, visitor: Visitor) -> Visit:
    """Came and left again."""
    clock.advance(seconds=60)
    visit = book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=visitor)
    return book.sign_out(visit_id=visit.id, departure_id=new_id(), gate_id="east", guard="王师傅")


def found(book: GateBook, text: str) -> list[str]:
    return [visit.visitor.name for visit in book.search(text) if visit.visitor]


@pytest.mark.parametrize(
    "typed", ["1234", "京A12345", "12345", "a12345", "张三", "张", "zs", "ZS", "z", "zs 1234", " 张三 "]
)
def test_a_person_is_found_by_what_a_guard_would_type(book: GateBook, clock: ManualClock, typed: str) -> None:
    came(book, clock, PARENT)
    came(book, clock, Visitor(name="李四", host="陈老师", reason="送货", phone="13900009999", plate="沪B99999"))
    assert found(book, typed) == ["张三"]


@pytest.mark.parametrize(
    "typed", ["", "   ", "9876", "zl", "三", "zs 9999", "13911111234", "%", "_", "'; DROP TABLE visit"]
)
def test_what_fits_nobody_finds_nobody(book: GateBook, clock: ManualClock, typed: str) -> None:
    came(book, clock, PARENT)
    assert found(book, typed) == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("单雄信", "sxx"),
        ("曾国藩", "zgf"),
        ("阿卜杜拉·买买提", "abdl"),
        ("Christopher O'Brien", "co"),
        ("Émile Zola", "ez"),
        ("欧阳修", "oyx"),
    ],
)
def test_initials_follow_how_a_name_is_read(name: str, typed: str) -> None:
    assert any(initials.startswith(typed) for initials in initials_of(name))


@pytest.mark.parametrize("name", ["བསྟན་འཛིན", "ئابدۇللا", "😀", "··", "䶮" * 50])
def test_initials_of_any_name_can_be_asked_for(name: str) -> None:
    assert all(isinstance(initials, str) for initials in initials_of(name))


def test_several_visits_of_one_person_are_found_once_by_the_latest(book: GateBook, clock: ManualClock) -> None:
    came(book, clock, PARENT)
    last = came(book, clock, replace(PARENT, host="陈老师", plate="京B77777"))
    (visit,) = book.search("zs")
    assert visit.id == last.id
    assert [one.id for one in book.search("12345")] == [last.id], "the earlier plate still finds the person"


def test_the_latest_come_first_and_no_more_than_asked_for(book: GateBook, clock: ManualClock) -> None:
    for number in range(20):
        came(book, clock, Visitor(name=f"张{'一二三四五六七八九十'[number % 10]}{number}", host="x", reason="x"))
    assert len(book.search("张", limit=12)) == 12
    assert found(book, "张")[0] == "张十19"


def test_an_erased_visit_is_found_no_more_and_leaves_no_digest(book: GateBook, clock: ManualClock) -> None:
    first = came(book, clock, PARENT)
    last = came(book, clock, PARENT)
    book.erase_visitor(visit_id=last.id, reason="保存期满")
    assert [visit.id for visit in book.search("zs")] == [first.id]
    book.erase_visitor(visit_id=first.id, reason="保存期满")
    assert found(book, "zs") == []
    reader = apsw.Connection(str(book.path), flags=apsw.SQLITE_OPEN_READONLY)
    for table in ("known_person", "known_token", "known_record"):
        assert list(reader.execute(f"SELECT * FROM {table}")) == []
    reader.close()


def test_a_sign_in_made_by_mistake_is_not_offered_again(book: GateBook) -> None:
    visit = book.sign_in(visit_id=new_id(), gate_id="east", guard="王师傅", visitor=PARENT)
    book.undo_sign_in(visit_id=visit.id, guard="王师傅")
    assert found(book, "zs") == []


def test_the_index_tells_nothing_without_its_key(book: GateBook, clock: ManualClock, tmp_path: Path) -> None:
    came(book, clock, replace(PARENT, document_kind=DocumentKind.PASSPORT, document_number="E12345678"))
    other = GateBook(tmp_path / "other" / "gate.sqlite", clock)
    came(other, clock, replace(PARENT, document_kind=DocumentKind.PASSPORT, document_number="E12345678"))

    def tokens(path: Path) -> set[int]:
        reader = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        found = {row[0] for row in reader.execute("SELECT token FROM known_token")}
        reader.close()
        return found

    assert tokens(book.path)
    assert not tokens(book.path) & tokens(other.path)
    assert (tmp_path / "keys" / "gate.search").stat().st_mode & 0o077 == 0
    other.close()
