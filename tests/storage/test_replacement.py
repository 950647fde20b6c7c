"""A disk replaced under the same volume id: the former one's footage is a loss at once, and recording goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.settings import Settings
from config.volume import Volume
from foundation.audit import AuditChain, verify_audit
from foundation.clock import beijing_day
from foundation.journal import Journal, Tail
from foundation.sqlite import open_read_only
from storage import replacement
from storage.catalogue import Catalogue
from storage.check import check
from storage.facts import DiskReplaced
from storage.ledger import day_entry, verdicts
from storage.mounted import mounted
from storage.replacement import Replacements, disk_in_use
from storage.role import recorder_role
from storage.seal import Sealer
from storage.startup import StartupRepair
from storage.sweep import Sweep
from storage.verify import Verifier
from storage.volume import adopt
from tests.storage.box import Box, play, volume
from tests.support.waiting import wait_until


@pytest.fixture
def replaced(box: Box, h264_clip: Path) -> DiskReplaced:
    """A minute on main, of which half a minute has a copy on spare; main then dies and a new disk lies in its place."""
    run = box.run()
    play(run, h264_clip, box.clock, seconds=30)
    run.end("asked")
    run = box.run(copy_volume="spare")
    play(run, h264_clip, box.clock, seconds=30)
    run.end("asked")
    former = disk_in_use(box.path, "main")
    assert former is not None
    (box.folder / "main").rename(box.folder / "dead")
    (box.folder / "main").mkdir()
    box.shelf.look()
    assert {each.kind for each in box.findings.all_open()} == {"storage.volume_missing"}
    new = adopt(volume(box.folder), former_uuid=former)
    box.shelf.look()
    assert {each.kind for each in box.findings.all_open()} == {"storage.volume_swapped"}
    return DiskReplaced(volume="main", former_uuid=former, uuid=new.uuid, person="Li（li）", reason="坏了")


def lost(box: Box) -> list[tuple[str, int]]:
    """Gaps of the day that are losses: (cause, ms)."""
    now_ms = box.catalogue.now_ms()
    day = day_entry(box.path, "gate", beijing_day(box.clock.utc_ns()), now_ms)
    return [(gap.cause, gap.end_ms - gap.start_ms) for gap in day.gaps if gap.cause.startswith("lost")]


def test_what_lay_on_the_former_disk_alone_is_a_loss_the_same_day_and_recording_goes_on(
    box: Box, replaced: DiskReplaced, h264_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacement, "BATCH", 1)
    Verifier(box.catalogue, box.shelf, box.findings).note_presence()
    assert lost(box) == []
    for _ in range(2):  # facts come at least once
        Replacements(box.catalogue, AuditChain(box.clock)).apply(replaced)
    assert lost(box) == [("lost_replaced", 30_000)], "the rest has a copy"
    [verdict] = verdicts(box.path, box.catalogue.now_ms())
    assert verdict.reason == "replaced"
    box.shelf.look()
    assert box.findings.all_open() == []
    StartupRepair(box.catalogue, box.shelf)._scan()
    run = box.run()
    play(run, h264_clip, box.clock, seconds=5)
    run.end("asked")
    assert any(name.startswith("main/") for name in box.files())
    Verifier(box.catalogue, box.shelf, box.findings).note_presence()
    assert lost(box) == [("lost_replaced", 30_000)]
    assert box.catalogue.database.rows("SELECT count(*) FROM presence WHERE away_ms IS NOT NULL") == [(0,)]
    disks: list[Volume] = [volume(box.folder), volume(box.folder, "spare")]
    with open_read_only(box.path) as reader:
        here = mounted(reader, disks)
        entries = reader.rows("SELECT body FROM audit JOIN audit_body USING (seq) WHERE action = 'volume.replaced'")
    assert [each.id for each in here] == ["main", "spare"]
    assert check(box.path, here).found == ()
    assert len(entries) == 1
    assert "Li（li）" in bytes(entries[0][0]).decode()
    assert verify_audit(box.path).trouble == ()


def test_footage_that_was_being_written_when_the_disk_died_is_lost_too(box: Box, h264_clip: Path) -> None:
    run = box.run()
    play(run, h264_clip, box.clock, seconds=8)
    former = disk_in_use(box.path, "main")
    assert former is not None
    run.end("volume_failing")
    with box.catalogue.database.transaction() as transaction:
        transaction.execute("UPDATE segment SET state = 0, duration_ms = 0")  # its file could not be closed
    (box.folder / "main").rename(box.folder / "dead")
    (box.folder / "main").mkdir()
    new = adopt(volume(box.folder), former_uuid=former)
    fact = DiskReplaced(volume="main", former_uuid=former, uuid=new.uuid, person="p", reason="r")
    Replacements(box.catalogue, AuditChain(box.clock)).apply(fact)
    assert lost(box) == [("lost_replaced", 8_000)]


def segments_of_former(box: Box, fact: DiskReplaced) -> int:
    """Rows of what lay on the disk that is gone."""
    [(count,)] = box.catalogue.database.rows(
        "SELECT count(*) FROM segment s JOIN volume v ON v.no = s.volume_no WHERE v.uuid = ?", (fact.former_uuid,)
    )
    return int(count)


def test_rows_of_a_replaced_disk_go_with_their_promise_and_the_ledger_keeps_what_was_lost(
    box: Box, replaced: DiskReplaced, h264_clip: Path
) -> None:
    day = beijing_day(box.clock.utc_ns())
    box.clock.advance(days=1, seconds=7200)
    box.shelf.look()
    sealer = Sealer(box.catalogue, box.shelf)
    sealer.once()
    Replacements(box.catalogue, AuditChain(box.clock)).apply(replaced)
    box.shelf.look()
    StartupRepair(box.catalogue, box.shelf)._scan()
    witnesses = segments_of_former(box, replaced)
    assert witnesses >= 2
    losses = box.catalogue.database.rows("SELECT cause, end_ms - start_ms FROM loss")
    assert losses == [("replaced", 30_000)], "one row for a stretch, none for what has a copy"
    sweep = Sweep(box.catalogue, box.shelf, AuditChain(box.clock), lambda: True)
    box.clock.advance(days=88)
    sweep.once()
    assert segments_of_former(box, replaced) == witnesses, "they witness what was sealed and promised"
    box.clock.advance(days=2)
    sweep.once()
    assert segments_of_former(box, replaced) == 0
    entry = day_entry(box.path, "gate", day, box.catalogue.now_ms())
    assert ("lost_replaced", 30_000) in [(gap.cause, gap.end_ms - gap.start_ms) for gap in entry.gaps]
    with open_read_only(box.path) as reader:
        here = mounted(reader, [volume(box.folder), volume(box.folder, "spare")])
    assert check(box.path, here).found == (), "the audit chain tells where the sealed rows went"
    assert verify_audit(box.path).trouble == ()


def test_nobody_waits_for_a_segment_that_was_open_on_a_replaced_disk(box: Box, h264_clip: Path) -> None:
    run = box.run()
    play(run, h264_clip, box.clock, seconds=8)
    former = disk_in_use(box.path, "main")
    assert former is not None
    (box.folder / "main").rename(box.folder / "dead")
    (box.folder / "main").mkdir()
    box.shelf.look()
    repair = StartupRepair(box.catalogue, box.shelf)
    repair.start()
    repair.close()
    assert repair.report.waiting == 1
    new = adopt(volume(box.folder), former_uuid=former)
    fact = DiskReplaced(volume="main", former_uuid=former, uuid=new.uuid, person="p", reason="r")
    Replacements(box.catalogue, AuditChain(box.clock)).apply(fact)
    repair.settle()
    assert repair.report.waiting == 0
    assert box.catalogue.database.rows("SELECT DISTINCT state FROM segment") == [(3,)]


def test_a_disk_that_was_never_in_use_replaces_nothing(box: Box) -> None:
    fact = DiskReplaced(volume="main", former_uuid="unknown", uuid="new", person="p", reason="r")
    Replacements(box.catalogue, AuditChain(box.clock)).apply(fact)
    assert disk_in_use(box.path, "main") != "new"


def test_the_recorder_hears_of_it_from_the_command_line(box: Box, tmp_path: Path) -> None:
    former = disk_in_use(box.path, "main")
    assert former is not None
    box.catalogue.close()
    journal = Journal.open(tmp_path / "commands.sqlite", box.clock)
    journal.append(DiskReplaced(volume="main", former_uuid=former, uuid="new", person="p", reason="r"))
    settings = Settings.model_validate(
        {
            "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
            "volumes": ({"id": "main", "path": box.folder / "main", "own_disk": False},),
            "retention": ({"id": "r", "keep_days": 90},),
            "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
        }
    )
    services = recorder_role(
        settings,
        catalogue_path=box.path,
        clock=box.clock,
        findings=box.findings,
        stream_source=lambda point: None,
        may_try=lambda device: True,
        journals=[tmp_path / "commands.sqlite"],
    )
    [tail] = [service for service in services if isinstance(service, Tail)]
    tail.start()
    try:
        wait_until(lambda: disk_in_use(box.path, "main") == "new", what="the recorder's obedience")
    finally:
        tail.close()
        services[0].close()
        journal.database.close()
        box.catalogue = Catalogue(box.path, box.clock)
