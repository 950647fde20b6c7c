"""People who were not let in are written down with the reason and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import apsw
import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import SCHEMA, GateBook
from gate.record import RecordRefusedError
from gate.refusal import Refusal, RefusalReason
from gate.refusal_book import refusal_by_id, refusals_between
from gate.visit import DocumentKind, Visitor

LI = Visitor(name="李四", host="", reason="", phone="13900005678")
EARLY = 1_795_240_800_000_000_000


@pytest.fixture
def book(tmp_path: Path) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", ManualClock(now_utc_ns=EARLY))
    yield opened
    opened.close()


def refuse(
    book: GateBook, visitor: Visitor = LI, reason: RefusalReason = RefusalReason.NO_HOST, words: str = ""
) -> Refusal:
    return book.refusals.refuse(
        refusal_id=new_id(), gate_id="east", guard="王师傅", visitor=visitor, reason=reason, words=words
    )


def test_a_refused_person_is_known_again_by_phone_and_document_and_perhaps_by_name(book: GateBook) -> None:
    refusal = refuse(book, replace(LI, document_kind=DocumentKind.PASSPORT, document_number="E12345678"))
    by_phone = book.refused_before(Visitor(name="李四", host="刘老师", reason="办事", phone="139 0000 5678"))
    assert [(hit.refusal.id, hit.certain) for hit in by_phone] == [(refusal.id, True)]
    by_document = replace(LI, name="别名", phone="", document_kind=DocumentKind.PASSPORT, document_number="E12345678")
    assert [hit.certain for hit in book.refused_before(by_document)] == [True]
    by_name = Visitor(name="李四", host="刘老师", reason="办事")
    assert [hit.certain for hit in book.refused_before(by_name)] == [False]
    assert book.refused_before(Visitor(name="张三", host="", reason="")) == ()


def test_a_refused_person_is_known_again_among_those_who_come_along(book: GateBook) -> None:
    alone = refuse(book, replace(LI, document_kind=DocumentKind.PASSPORT, document_number="E12345678"))
    party = refuse(book, Visitor(name="钱七", host="", reason="", companion_names="孙八 110101199003070011"))
    parent = Visitor(name="张三", host="刘老师", reason="办事")

    def known(companion_names: str, name: str = "张三") -> list[tuple[str, bool, bool]]:
        hits = book.refused_before(replace(parent, name=name, companion_names=companion_names))
        return [(hit.refusal.id, hit.certain, hit.along) for hit in hits]

    assert known("王五、别名 e12345678") == [(alone.id, True, True)]
    assert known("李四") == [(alone.id, False, True)]
    assert known("李四", name="孙八") == [(party.id, False, False), (alone.id, False, True)]
    assert known("钱七、李四 E12345678") == [(alone.id, True, True), (party.id, False, True)], "the surer one first"
    assert known("李四 E12345679", name="李四") == [(alone.id, False, False)], "the visitor before who came along"
    assert known("王五") == []


def test_refusals_of_an_older_version_are_taken_in_with_those_who_came_along(tmp_path: Path) -> None:
    book = GateBook(tmp_path / "old.sqlite", ManualClock(now_utc_ns=EARLY))
    refuse(book, replace(LI, companion_names="孙八"))
    book.close()
    before = next(number for number, step in enumerate(SCHEMA.steps) if "DELETE FROM refusal_sign" in step)
    connection = apsw.Connection(str(book.path))
    connection.execute(f"DELETE FROM refusal_sign; PRAGMA user_version = {before}")
    connection.close()
    book = GateBook(book.path, ManualClock(now_utc_ns=EARLY))
    while book.index_some():
        pass
    assert [hit.certain for hit in book.refused_before(Visitor(name="孙八", host="", reason=""))] == [False]
    book.close()


def test_nothing_needs_to_be_known_of_somebody_who_runs_away(book: GateBook) -> None:
    refusal = refuse(book, Visitor(name="", host="", reason=""), RefusalReason.NOT_CHECKED)
    assert refusal_by_id(book.path, refusal.id) == refusal
    with pytest.raises(RecordRefusedError):
        refuse(book, LI, RefusalReason.OTHER)
    assert refuse(book, LI, RefusalReason.OTHER, "推销").words == "推销"
    assert len(refusals_between(book.path, date(2026, 11, 21), date(2026, 11, 21))) == 2
    assert refusals_between(book.path, date(2026, 11, 20), date(2026, 11, 20)) == ()


def test_an_undone_refusal_is_held_against_nobody(book: GateBook) -> None:
    refusal = refuse(book)
    undone = book.refusals.undo(refusal_id=refusal.id, guard="王师傅")
    assert undone.undone_utc_ns is not None
    assert book.refused_before(LI) == ()
    assert verify_audit(book.path).holds


def test_the_same_touch_twice_is_one_refusal(book: GateBook) -> None:
    refusal_id = new_id()
    for _ in range(2):
        book.refusals.refuse(
            refusal_id=refusal_id, gate_id="east", guard="王", visitor=LI, reason=RefusalReason.NO_HOST
        )
    assert len(refusals_between(book.path, date(2026, 11, 21), date(2026, 11, 21))) == 1
    assert verify_audit(book.path).entries == 1
