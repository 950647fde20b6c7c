"""The log of the gate book is folded beside the writing, never by a guard's touch."""

from __future__ import annotations

from pathlib import Path

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.folding import FOLD_FROM_BYTES, Folding
from gate.query import inside_count
from gate.visit import Visitor


def test_the_log_stays_short_while_visitors_come(tmp_path: Path) -> None:
    book = GateBook(tmp_path / "gate.sqlite", ManualClock())
    log, folding = tmp_path / "gate.sqlite-wal", Folding(tmp_path / "gate.sqlite")
    assert not folding.work_once()
    number = folded = 0
    while folded < 3:
        visitor = Visitor(name=f"来{number}", host="x", reason="x", phone=f"138{number:08}", carried="带" * 190)
        book.sign_in(visit_id=new_id(), gate_id="e", guard="w", visitor=visitor)
        number += 1
        before = (tmp_path / "gate.sqlite").stat().st_size
        if folding.work_once():
            folded += 1
            assert (tmp_path / "gate.sqlite").stat().st_size >= before
        assert log.stat().st_size < 2 * FOLD_FROM_BYTES, "the log begins anew after it was folded"
    assert not folding.work_once(), "nothing was written since"
    assert inside_count(book.path) == number
    assert verify_audit(book.path).holds
    book.close()
