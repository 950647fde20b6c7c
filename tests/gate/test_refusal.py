"""People who were not let in are written down with the reason and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
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
