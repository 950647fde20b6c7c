"""Ledger, seals, check and verification on a volume with real files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import SystemClock
from foundation.journal import read_entries
from storage import merkle
from storage.catalogue import SegmentKey
from storage.check import Trouble
from storage.days import DAY_MS, day_number, day_of_number, day_span_ms
from storage.holds import HoldRequest, Holds
from storage.mounted import mounted
from storage.seal import DaySealed
from storage.startup import StartupRepair
from storage.sweep import Sweep
from storage.verdict import Verdict
from storage.verify import verify_all
from tests.storage.store import DAY, START_MS, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    made.close()


def edit(path: Path, sql: str) -> None:
    """What somebody with a database tool would do."""
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def test_due_is_proven_plus_gaps_to_the_second_each_with_its_cause(store: Store) -> None:
    store.record(3, cause="stalled")
    store.clock.advance(seconds=95)
    store.record(2, cause="connection_lost")
    store.clock.advance(seconds=30)
    entry = store.day()
    assert [(gap.cause, gap.end_ms - gap.start_ms) for gap in entry.gaps] == [
        ("stalled", 95_000),
        ("connection_lost", 30_000),
    ]
    assert entry.proven_ms == 300_000
    assert entry.due_ms == entry.proven_ms + 125_000 == store.catalogue.now_ms() - START_MS
    assert entry.longest_gap_ms == 95_000


def test_a_sealed_day_checks_and_its_head_is_told(store: Store) -> None:
    store.record(5)
    store.until_next_day()
    [seal] = store.sealer.once()
    assert store.sealer.once() == []
    assert store.day().sealed_hash == seal.hash.hex()
    [entry] = read_entries(store.path, after=0, kind=DaySealed.kind)
    assert entry.read(DaySealed).hash == seal.hash.hex()
    report = store.check()
    assert (report.found, report.seals) == ((), 1)
    assert report.segments >= 5
    assert (store.volume.path / "footage" / "seals" / "000001.json").exists()


def test_a_day_of_no_footage_is_not_sealed_though_the_clock_jumped_there(store: Store) -> None:
    store.record(2)
    store.clock.step_wall(days=100)
    assert [seal.day for seal in store.sealer.once()] == [day_number(START_MS)]


@pytest.mark.parametrize(
    ("tamper", "trouble"),
    [
        ("UPDATE segment SET sha256 = randomblob(32) WHERE start_ms = {first}", Trouble.ROW_EDITED),
        ("UPDATE segment SET end_axis_ms = 1 WHERE start_ms = {first}", Trouble.ROW_EDITED),
        ("UPDATE segment SET duration_ms = duration_ms + 1 WHERE start_ms = {first}", Trouble.ROW_EDITED),
        ("DELETE FROM segment WHERE start_ms = {first}", Trouble.ROW_GONE),
        ("UPDATE seal SET at_ms = at_ms + 1", Trouble.CHAIN_BROKEN),
        ("UPDATE seal_point SET root = randomblob(32)", Trouble.CHAIN_BROKEN),
    ],
)
def test_an_edited_row_is_found(store: Store, tamper: str, trouble: Trouble) -> None:
    store.record(3)
    store.until_next_day()
    store.sealer.once()
    edit(store.path, tamper.format(first=START_MS))
    assert trouble in {found.trouble for found in store.check().found}


def test_missing_foreign_and_resized_files_are_found_by_check_and_changed_bytes_by_verify(
    store: Store, tmp_path: Path
) -> None:
    paths = store.record(5)
    store.until_next_day()
    store.sealer.once()
    with store.catalogue.database.transaction() as transaction:
        volumes = mounted(transaction, [store.volume])

    def verified() -> list[tuple[Trouble, str]]:
        report = verify_all(store.path, volumes, clock=SystemClock(), progress_file=tmp_path / "progress")
        return sorted((found.trouble, found.where.rpartition("/")[2]) for found in report.found)

    assert verified() == []
    paths[0].unlink()
    data = bytearray(paths[1].read_bytes())
    data[-7] ^= 1
    paths[1].write_bytes(data)
    (paths[2].parent / "holiday.mp4").write_bytes(b"mine")
    with paths[3].open("ab") as file:
        file.write(b"more")
    assert verified() == [
        (Trouble.ALTERED, paths[1].name),
        (Trouble.ALTERED, paths[3].name),
        (Trouble.FOREIGN, "holiday.mp4"),
        (Trouble.MISSING, paths[0].name),
    ]
    assert {(found.trouble, found.where.rpartition("/")[2]) for found in store.check().found} == {
        (Trouble.MISSING, paths[0].name),
        (Trouble.WRONG_SIZE, paths[3].name),
        (Trouble.FOREIGN, "holiday.mp4"),
    }


def test_an_interrupted_verification_goes_on_where_it_stopped(store: Store, tmp_path: Path) -> None:
    for _ in range(3):
        store.record(2)
        store.until_next_day()
    store.sealer.once()
    with store.catalogue.database.transaction() as transaction:
        volumes = mounted(transaction, [store.volume])
    stopping = threading.Event()
    progress_file = tmp_path / "progress"
    first = verify_all(
        store.path,
        volumes,
        clock=SystemClock(),
        progress_file=progress_file,
        stopping=stopping,
        progress=lambda done, total, report: stopping.set() if done == 2 else None,
    )
    assert first.segments == 4
    second = verify_all(store.path, volumes, clock=SystemClock(), progress_file=progress_file)
    assert (second.segments, second.days, second.holds) == (2, 3, True)
    assert not progress_file.exists()


def test_retention_takes_rows_of_sealed_days_without_breaking_the_check(store: Store) -> None:
    store.record(4)
    store.until_next_day()
    store.sealer.once()
    store.clock.advance(days=91)
    store.record(1)
    assert Sweep(store.catalogue, store.shelf, store.audit, lambda: True).once().deleted == 4
    assert store.check().found == ()


def test_what_comes_to_light_after_the_seal_is_an_addition(store: Store) -> None:
    paths = store.record(3)
    hidden = paths[1].read_bytes()
    row = store.catalogue.database.rows("SELECT * FROM segment ORDER BY start_ms")[1]
    paths[1].unlink()
    store.catalogue.forget_segment(SegmentKey(row[0], row[1], row[2]))
    store.until_next_day()
    store.sealer.once()
    before = store.day().sealed_hash
    paths[1].write_bytes(hidden)
    store.record(1)
    with store.catalogue.database.transaction() as transaction:
        transaction.execute("UPDATE volume SET scanned_ms = NULL")
    repair = StartupRepair(store.catalogue, store.shelf)
    repair._scan()
    repair._hash()
    assert [seal.kind for seal in store.sealer.once()] == ["addition"]
    assert store.day().sealed_hash == before
    assert store.check().found == ()
    edit(store.path, f"UPDATE segment SET sha256 = randomblob(32) WHERE start_ms = {row[1]}")
    assert {found.trouble for found in store.check().found} == {Trouble.ROW_EDITED}


def test_retention_accrues_then_is_met_and_a_loss_violates_it_until_the_day_leaves_the_window(store: Store) -> None:
    paths = store.record(2)
    store.verifier.note_presence()
    assert store.verdict().verdict is Verdict.ACCRUING
    for _ in range(45):
        store.clock.advance(days=2)
        store.record(1)
        store.verifier.note_presence()
    assert store.verdict().verdict is Verdict.MET
    lost = store.record(1)[0]
    lost.unlink()
    store.clock.advance(days=1)
    store.verifier.note_presence()
    broken = store.verdict()
    assert (broken.verdict, broken.reason) == (Verdict.VIOLATED, "missing")
    assert broken.since_ms == store.catalogue.now_ms()
    assert "storage.footage_missing" in {finding.kind for finding in store.findings.all_open()}
    store.clock.advance(days=88.9)
    store.verifier.note_presence()
    assert store.verdict().verdict is Verdict.VIOLATED
    store.clock.advance(days=1.1)
    store.verifier.note_presence()
    assert store.verdict().verdict is Verdict.MET
    assert paths[0].exists()


def test_nobody_looked_means_unknown(store: Store) -> None:
    store.record(1)
    store.verifier.note_presence()
    store.clock.advance(days=3)
    assert (store.verdict().verdict, store.verdict().reason) == (Verdict.UNKNOWN, "not_verified")


def test_a_dead_volume_is_in_the_ledger_at_once_and_a_violation_after_a_day(store: Store) -> None:
    store.record(2)
    store.verifier.note_presence()
    (store.folder / "main").rename(store.folder / "gone")
    store.shelf.look()
    store.verifier.note_presence()
    assert (store.verdict().verdict, store.verdict().reason) == (Verdict.UNKNOWN, "volume_away")
    entry = store.day()
    assert [gap.cause for gap in entry.gaps] == ["volume_away"]
    assert entry.proven_ms == 0
    store.clock.advance(days=1)
    assert store.verdict().verdict is Verdict.VIOLATED
    (store.folder / "gone").rename(store.folder / "main")
    store.shelf.look()
    store.verifier.note_presence()
    assert store.verdict().verdict is Verdict.ACCRUING


def test_holds_lie_beside_the_segments_and_come_back_with_them(store: Store) -> None:
    store.record(2)
    holds = Holds(store.catalogue, store.audit)
    identity = holds.place(
        HoldRequest(point="gate", from_ms=START_MS, to_ms=START_MS + 1, reason="案件", person="王"), [store.volume.path]
    )
    with store.catalogue.database.transaction() as transaction:
        transaction.execute("DELETE FROM hold")
        transaction.execute("UPDATE volume SET scanned_ms = NULL")
    StartupRepair(store.catalogue, store.shelf)._scan()
    with store.catalogue.database.transaction() as transaction:
        [hold] = holds.of_point(transaction, 1)
    assert (hold.id, hold.from_ms, hold.to_ms) == (identity, START_MS, START_MS + 1)
    store.clock.advance(days=200)
    assert Sweep(store.catalogue, store.shelf, store.audit, lambda: True).once().deleted == 1


def test_nothing_is_deleted_while_a_volume_may_hold_unknown_files(store: Store) -> None:
    store.record(2)
    store.clock.advance(days=200)
    with store.catalogue.database.transaction() as transaction:
        transaction.execute("UPDATE volume SET scanned_ms = NULL")
    sweep = Sweep(store.catalogue, store.shelf, store.audit, lambda: True)
    assert sweep.once().deleted == 0
    StartupRepair(store.catalogue, store.shelf)._scan()
    sweep._last_expiry_ns = None
    assert sweep.once().deleted == 2


def test_the_verifier_reads_the_longest_unread_day_and_remembers(store: Store) -> None:
    for _ in range(2):
        store.record(2)
        store.until_next_day()
    store.sealer.once()
    assert store.verdict().verified_ms is None
    store.verifier.verify_next()
    store.verifier.verify_next()
    days = {row[0] for row in store.catalogue.database.rows("SELECT day FROM verified")}
    assert days == {day_number(START_MS), day_number(START_MS) + 1}
    assert store.verdict().verified_ms == store.catalogue.now_ms()


@given(st.lists(st.binary(min_size=1, max_size=8), max_size=40))
def test_roots_are_those_of_rfc_6962(items: list[bytes]) -> None:
    def reference(leaves: list[bytes]) -> bytes:
        if not leaves:
            return hashlib.sha256(b"").digest()
        if len(leaves) == 1:
            return leaves[0]
        split = 1
        while split * 2 < len(leaves):
            split *= 2
        return hashlib.sha256(b"\x01" + reference(leaves[:split]) + reference(leaves[split:])).digest()

    leaves = [hashlib.sha256(b"\x00" + item).digest() for item in items]
    assert merkle.root(leaves) == reference(leaves)


def test_beijing_days_are_numbered_without_a_time_zone_library() -> None:
    for offset in range(-400, 400, 7):
        day = DAY + timedelta(days=offset)
        start_ms, end_ms = day_span_ms(day)
        assert end_ms - start_ms == DAY_MS
        assert [day_of_number(day_number(at)) for at in (start_ms, end_ms - 1, end_ms)] == [
            day,
            day,
            day + timedelta(days=1),
        ]
