"""Whoever sees a whole number has been written down before, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.history import history_of
from gate.look import SHOWN_FOR_S, LookKind, read_looks
from gate.orders import GateOrders
from gate.query import record_of
from gate.record import RecordRefusedError
from gate.visit import Visitor

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访", phone="13800000001")


def test_a_look_is_written_with_its_reason_and_serves_its_person_for_a_while(tmp_path: Path) -> None:
    clock = ManualClock()
    orders = GateOrders(tmp_path / "gate_orders.sqlite", clock)
    with pytest.raises(RecordRefusedError):
        orders.looks.note(LookKind.REVEAL, "visit:1", login="li", name="李主任", reason=" \u3000")
    assert read_looks(orders.path) == ()
    look = orders.looks.note(LookKind.REVEAL, "visit:1", login="li", name="李主任", reason="家长 投诉")
    assert read_looks(orders.path) == (look,)
    assert orders.looks.allows(look.id, "visit:1", "li")
    assert not orders.looks.allows(look.id, "visit:2", "li")
    assert not orders.looks.allows(look.id, "visit:1", "wang")
    clock.advance(seconds=SHOWN_FOR_S + 1)
    assert not orders.looks.allows(look.id, "visit:1", "li")
    assert verify_audit(orders.path).holds
    orders.close()


def test_the_history_of_a_record_tells_who_did_what_until_it_is_erased(tmp_path: Path) -> None:
    book = GateBook(tmp_path / "gate.sqlite", ManualClock())
    visit = book.sign_in(visit_id=new_id(), gate_id="e", guard="王", visitor=PARENT)
    right = Visitor(name="章三", host="刘老师", reason="家长来访", phone="13800000001")
    book.correct(visit_id=visit.id, guard="李", visitor=right, reason="写错姓名")
    steps = history_of(book.path, record_of(visit.id))
    assert [(step.action, step.guard, step.reason) for step in steps] == [
        ("visit.signed_in", "王", ""),
        ("visit.corrected", "李", "写错姓名"),
    ]
    book.erase_record(record_of(visit.id), reason="本人要求")
    steps = history_of(book.path, record_of(visit.id))
    assert [(step.action, step.guard, step.reason) for step in steps] == [
        ("visit.signed_in", "", ""),
        ("visit.corrected", "", ""),
        ("audit.erased", "", "本人要求"),
    ]
    book.close()
