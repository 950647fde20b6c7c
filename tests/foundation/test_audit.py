from __future__ import annotations

from pathlib import Path

import pytest

from foundation.audit import AUDIT_SQL, AuditChain, AuditHead, audit_head, verify_audit
from foundation.clock import ManualClock
from foundation.sqlite import Database, Schema


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(tmp_path / "gate.sqlite", Schema.load("audit", AUDIT_SQL))
    chain = AuditChain(ManualClock())
    with database.transaction() as transaction:
        for number in range(5):
            chain.append(
                transaction, record_id=f"visit-{number % 3}", action="visit.noted", body={"name": f"张{number}"}
            )
    return database


def test_an_untouched_chain_holds(database: Database) -> None:
    verdict = verify_audit(database.path)
    assert verdict.holds
    assert verdict.entries == 5


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("UPDATE audit_body SET body = x'7b7d' WHERE seq = 3", "entry 3"),
        ("UPDATE audit SET action = 'visit.refused' WHERE seq = 2", "entry 2"),
        ("UPDATE audit SET at_utc_ns = at_utc_ns + 1 WHERE seq = 4", "entry 4"),
        ("DELETE FROM audit_body WHERE seq = 3; DELETE FROM audit WHERE seq = 3", "entry 3 is missing"),
        ("DELETE FROM audit_body WHERE seq = 1", "entry 1"),
        ("UPDATE audit_key SET key = zeroblob(32) WHERE record_id = 'visit-1'", "entry 2"),
    ],
)
def test_an_edited_row_is_found(database: Database, edit: str, says: str) -> None:
    with database.transaction() as transaction:
        for statement in edit.split("; "):
            transaction.execute(statement)
    verdict = verify_audit(database.path)
    assert not verdict.holds
    assert any(says in trouble for trouble in verdict.trouble)


def test_erasing_a_record_takes_its_words_and_leaves_a_chain_that_holds(database: Database) -> None:
    chain = AuditChain(ManualClock())
    with database.transaction() as transaction:
        assert chain.erase(transaction, record_id="visit-1", reason="180 天到期")
        assert not chain.erase(transaction, record_id="visit-1", reason="180 天到期")
    assert "张1".encode() not in b"".join(row[0] for row in database.rows("SELECT body FROM audit_body"))
    verdict = verify_audit(database.path)
    assert verdict.holds
    assert verdict.erased == 2
    assert verdict.entries == 6


def test_a_chain_cut_short_or_rewritten_whole_is_found_by_the_countersigned_head(database: Database) -> None:
    with database.transaction() as transaction:
        head = audit_head(transaction)
    assert verify_audit(database.path, (head,)).holds
    with database.transaction() as transaction:
        transaction.execute("DELETE FROM audit_body WHERE seq = 5")
        transaction.execute("DELETE FROM audit WHERE seq = 5")
    assert verify_audit(database.path).holds, "by itself a shorter chain looks whole"
    assert not verify_audit(database.path, (head,)).holds
    assert not verify_audit(database.path, (AuditHead(4, bytes(32)),)).holds


def test_an_entry_goes_with_its_transaction(database: Database) -> None:
    chain = AuditChain(ManualClock())
    with pytest.raises(RuntimeError), database.transaction() as transaction:
        chain.append(transaction, record_id="visit-9", action="visit.noted", body={})
        raise RuntimeError
    assert verify_audit(database.path).entries == 5
