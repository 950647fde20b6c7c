"""Ninety days by proven time (promise 2): each way a clock or a settings file can lie, with the shipped sweep."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from config.volume import Volume, WhenFull
from foundation.audit import verify_audit
from foundation.clock import NS_PER_S, ManualClock
from foundation.finding import FindingBoard
from foundation.proven_time import TimeReading
from foundation.sqlite import DatabaseError
from storage.days import DAY_MS
from storage.facts import WhenFullChosen
from storage.full_choice import NOT_CHOSEN, FullChoices
from storage.holds import HoldRequest, Holds
from storage.ledger import day_entry
from storage.shelf import Shelf
from storage.startup import StartupRepair
from storage.sweep import Sweep
from storage.verdict import Verdict
from tests.storage.store import DAY, START_MS, VIDEO, Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    yield made
    with contextlib.suppress(DatabaseError):  # a test that boots the box has closed it
        made.close()


def swept(store: Store, chosen: WhenFull | None = None, reserve_bytes: int | None = None) -> int:
    """A sweep of the hour; the number of files that are left."""
    shelf = store.shelf
    if reserve_bytes is not None:
        full = store.volume.model_copy(update={"reserve_bytes": reserve_bytes})
        shelf = Shelf([full], store.catalogue, store.findings)
        shelf.look()
    Sweep(store.catalogue, shelf, store.audit, lambda: True, lambda volume: chosen).once()
    return len(list(store.volume.path.glob("footage/gate/*/*.mp4")))


def reading(clock: ManualClock, kind: str, offset_days: float = 0) -> TimeReading:
    """A source's word for the time, so many days away from the box's."""
    return TimeReading(
        source_kind=kind,
        source=kind,
        offset_ns=round(offset_days * DAY_MS) * 10**6,
        asked_utc_ns=clock.utc_ns(),
        asked_running_ns=clock.running_ns(),
        boot_id=clock.boot_id(),
        error_ns=NS_PER_S,
    )


def reopened(store: Store, *, off_days: float = 0, wall_days: float = 0) -> Store:
    """The box was switched off for so long; its battery clock then differs by `wall_days` from the truth."""
    store.close()
    store.clock.reboot(off_s=off_days * 86_400, boot=f"{store.clock.boot}+")
    store.clock.step_wall(days=wall_days)
    return Store(store.folder, clock=store.clock)


# ── clocks ──────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_hundred_days_ahead_and_back_deletes_nothing(store: Store) -> None:
    store.record(3)
    store.clock.step_wall(days=100)
    assert swept(store) == 3
    store.record(2)
    store.clock.step_wall(days=-100)
    assert swept(store) == 5
    store.clock.advance(days=89)
    assert swept(store) == 5
    store.clock.advance(days=2)
    assert swept(store) == 0, "and deletion goes on where running time alone proves the age"


def test_1970_after_a_dead_battery_deletes_nothing_early_and_later_what_is_due(store: Store) -> None:
    store.record(3)
    store.catalogue.running.save()
    again = reopened(store)
    again.clock.now_utc_ns = NS_PER_S
    again.record(2)
    assert swept(again) == 5
    again.clock.advance(days=89)
    assert swept(again) == 5
    again.clock.advance(days=2)
    assert swept(again) == 0
    again.close()


@pytest.mark.parametrize("wrong_days", [100, -100, 10_000])
def test_a_rogue_time_server_deletes_nothing(store: Store, wrong_days: float) -> None:
    store.record(3)
    store.catalogue.running.note(reading(store.clock, "ntp"))
    store.clock.step_wall(days=wrong_days)  # the box believes it
    store.catalogue.running.note(reading(store.clock, "ntp"))
    assert swept(store) == 3
    again = reopened(store, off_days=1)
    again.catalogue.running.note(reading(again.clock, "ntp", wrong_days))
    assert swept(again) == 3
    again.close()


def test_a_step_while_the_box_was_down_deletes_nothing(store: Store) -> None:
    store.record(3)
    store.catalogue.running.note(reading(store.clock, "ntp"))
    again = reopened(store, off_days=1, wall_days=100)
    assert swept(again) == 3
    again.catalogue.running.note(reading(again.clock, "ntp"))  # one source believes the step: not enough
    assert swept(again) == 3
    again.close()


def test_time_without_power_counts_where_two_sources_agree(store: Store) -> None:
    store.record(3)
    for kind in ("ntp", "center"):
        store.catalogue.running.note(reading(store.clock, kind))
    again = reopened(store, off_days=91)
    assert swept(again) == 3, "nobody has said yet how long it was off"
    again.catalogue.running.note(reading(again.clock, "ntp"))
    assert swept(again) == 3
    again.catalogue.running.note(reading(again.clock, "center"))
    assert swept(again) == 0
    again.close()


def test_a_year_without_any_source_still_deletes_what_running_time_proves(store: Store) -> None:
    store.record(3)
    store.clock.advance(days=366)
    store.record(2)
    assert swept(store) == 2


# ── settings ────────────────────────────────────────────────────────────────────────────────────────────────────────
def settings(*, points: tuple[str, ...] = ("gate",), keep_days: int = 90, volume: str = "main") -> Settings:
    shorter = {"reason": "a test", "approved_by": "nobody"} if keep_days < 90 else None
    return Settings.model_validate(
        {
            "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
            "devices": tuple({"id": f"cam-{point}", "name": point, "address": "http://127.0.0.1/"} for point in points),
            "points": tuple(
                {"id": point, "name": point, "device": f"cam-{point}", "volume": volume, "retention": "r"}
                for point in points
            ),
            "volumes": ({"id": volume, "path": Path("/nowhere"), "own_disk": False},),
            "retention": (
                {"id": "r", "keep_days": keep_days, "delete_after_days": keep_days, "shorter_than_90_days": shorter},
            ),
            "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
        }
    )


@pytest.mark.parametrize(
    "changed",
    [
        settings(keep_days=7),
        settings(points=()),
        settings(points=("gate-renamed",)),
        settings(volume="another"),
    ],
    ids=["shorter", "removed", "renamed", "other-volume"],
)
def test_changed_settings_delete_nothing_that_was_promised(store: Store, changed: Settings) -> None:
    store.catalogue.enrol_points(settings())
    store.record(3)
    store.catalogue.enrol_points(changed)
    store.clock.advance(days=89)
    assert swept(store) == 3
    store.clock.advance(days=2)
    assert swept(store) == 0


def test_a_volume_that_left_the_settings_or_bears_another_name_keeps_all_it_holds(store: Store) -> None:
    store.record(3)
    store.clock.advance(days=200)
    for volumes in ([], [Volume(id="renamed", path=store.volume.path, own_disk=False)]):
        shelf = Shelf(volumes, store.catalogue, store.findings)
        shelf.look()
        Sweep(store.catalogue, shelf, store.audit, lambda: True).once()
        assert len(list(store.volume.path.glob("footage/gate/*/*.mp4"))) == 3
    assert "storage.volume_swapped" in {each.kind for each in store.findings.all_open()}


# ── full ────────────────────────────────────────────────────────────────────────────────────────────────────────────
FULL = 2**60
"""A reserve that no disk has: the volume is full."""


@pytest.mark.parametrize("chosen", [None, WhenFull.STOP])
def test_a_full_disk_takes_nothing_young_until_two_persons_let_it(store: Store, chosen: WhenFull | None) -> None:
    store.record(3)
    store.clock.advance(days=30)
    assert swept(store, chosen, FULL) == 3


def test_overwriting_is_a_breach_for_each_deletion_in_ledger_and_audit(store: Store) -> None:
    store.record(3)
    store.until_next_day()
    store.sealer.once()
    assert swept(store, WhenFull.OVERWRITE, FULL) == 0
    rows = store.catalogue.database.rows("SELECT start_ms, end_ms, cause FROM loss")
    assert rows == [(START_MS, START_MS + 180_000, "overwritten")], "a stretch, not a row for each minute of years"
    assert store.verdict().verdict is Verdict.VIOLATED
    entry = day_entry(store.path, "gate", DAY, store.catalogue.now_ms())
    assert [gap.cause for gap in entry.gaps][:1] == ["lost_overwritten"]
    assert store.check().found == ()
    assert verify_audit(store.path).holds


def test_what_is_held_stays_though_the_disk_is_full_and_overwritten(store: Store) -> None:
    store.record(3)
    request = HoldRequest(point="gate", from_ms=START_MS + 60_000, to_ms=START_MS + 61_000, reason="r", person="p")
    Holds(store.catalogue, store.audit).place(request, [store.volume.path])
    assert swept(store, WhenFull.OVERWRITE, FULL) == 1


def test_a_choice_is_kept_audited_and_asked_for_until_it_is_made(store: Store) -> None:
    findings: FindingBoard = store.findings
    choices = FullChoices(store.catalogue, store.audit, findings, [store.volume])
    assert [each.kind for each in findings.all_open()] == [NOT_CHOSEN]
    assert choices.of(store.volume) is None
    chosen = WhenFullChosen(volume="main", when_full=WhenFull.OVERWRITE, persons=("li", "zhao"), reason="r")
    for _ in range(2):  # facts come at least once
        choices.choose(chosen, "fact-1")
    again = FullChoices(store.catalogue, store.audit, findings, [store.volume])
    assert again.of(store.volume) is WhenFull.OVERWRITE
    assert findings.all_open() == []
    audited = store.catalogue.database.rows("SELECT 1 FROM audit WHERE action = 'volume.when_full_chosen'")
    assert len(audited) == 1
    settled = store.volume.model_copy(update={"when_full": WhenFull.STOP})
    assert again.of(settled) is WhenFull.STOP, "the settings file can settle it, and only for stopping"


@pytest.mark.parametrize("persons", [("li",), ("li", "li"), ()])
def test_one_person_never_chooses_to_overwrite(persons: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="takes 2 different persons"):
        WhenFullChosen(volume="main", when_full=WhenFull.OVERWRITE, persons=persons)


# ── deleting ────────────────────────────────────────────────────────────────────────────────────────────────────────
def failing_unlink(times: int) -> Callable[..., None]:
    healthy, left = os.unlink, [times]

    def unlink(path: os.PathLike[str], *rest: object, **more: object) -> None:
        if str(path).endswith(".mp4") and left[0]:
            left[0] -= 1
            raise OSError(5, "Input/output error")
        healthy(path)

    return unlink


def test_a_deletion_that_failed_is_tried_again_by_the_next_sweep(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.record(3)
    store.clock.advance(days=91)
    sweep = Sweep(store.catalogue, store.shelf, store.audit, lambda: True)
    monkeypatch.setattr(os, "unlink", failing_unlink(1))
    sweep.once()
    assert len(list(store.volume.path.glob("footage/gate/*/*.mp4"))) == 3
    states = store.catalogue.database.rows("SELECT DISTINCT state FROM segment")
    assert states == [(2,)], "marked, audited, not yet gone"
    assert store.check().found == ()
    store.shelf.look()
    store.clock.advance(seconds=60)
    sweep.once()
    assert list(store.volume.path.glob("footage/gate/*/*.mp4")) == []
    assert store.catalogue.database.rows("SELECT 1 FROM segment") == []
    assert store.check().found == ()


def test_what_a_hold_covers_before_a_failed_deletion_is_tried_again_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.record(3)
    store.clock.advance(days=91)
    sweep = Sweep(store.catalogue, store.shelf, store.audit, lambda: True)
    monkeypatch.setattr(os, "unlink", failing_unlink(1))
    sweep.once()
    request = HoldRequest(point="gate", from_ms=0, to_ms=START_MS + 60_000, reason="r", person="p")
    Holds(store.catalogue, store.audit).place(request, [store.volume.path])
    store.shelf.look()
    sweep.once()
    assert [path.name for path in store.volume.path.glob("footage/gate/*/*.mp4")] == ["00-00-00.mp4"]
    assert store.check().found == ()
    assert verify_audit(store.path).holds


# ── starting ────────────────────────────────────────────────────────────────────────────────────────────────────────
def test_a_start_looks_at_no_more_files_with_many_days_on_disk(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    healthy = os.scandir

    def counting(path: os.PathLike[str]) -> object:
        looked.append(str(path))
        return healthy(path)

    def start() -> int:
        looked.clear()
        repair = StartupRepair(store.catalogue, store.shelf)
        with monkeypatch.context() as patched:
            patched.setattr("storage.rebuild.os.scandir", counting)
            repair.start()
        repair.close()
        return len([path for path in looked if "20" in Path(path).name])

    store.record(2)
    first = start()
    for _ in range(40):
        store.until_next_day()
        store.record(2)
    assert start() == first == 1, "one folder per point: that of the newest day"


def test_a_run_cut_by_the_loss_of_power_is_told_from_one_whose_recorder_died(store: Store) -> None:
    def cut() -> None:
        place = store.shelf.place_for("main")
        no = store.number("gate")
        run_no = store.catalogue.begin_run(no, store.catalogue.now_ms(), VIDEO)
        store.catalogue.begin_segments(no, store.catalogue.now_ms(), [(place.no, 0)], run_no=run_no)
        store.clock.advance(seconds=60)

    cut()
    store.close()
    again = Store(store.folder, clock=store.clock)
    repair = StartupRepair(again.catalogue, again.shelf)
    repair.start()
    repair.close()
    store = again
    cut()
    again = reopened(store)
    repair = StartupRepair(again.catalogue, again.shelf)
    repair.start()
    repair.close()
    causes = again.catalogue.database.rows("SELECT end_cause FROM run ORDER BY no")
    assert causes == [("recorder_died",), ("power_lost",)]
    again.close()
