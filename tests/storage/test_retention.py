"""The rule of retention and the sweep that applies it, against a plain model of true time."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from config.volume import Volume
from foundation.audit import AuditChain, verify_audit
from foundation.clock import ManualClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.proven_time import ProvenAge, TimeReading
from storage import retention
from storage.catalogue import Catalogue
from storage.holds import HoldRequest, Holds
from storage.proof import prove_retention
from storage.retention import DAY_NS, Hold, Pressure, Promise, Ruling
from storage.segment import segment_path
from storage.shelf import Shelf
from storage.sweep import Sweep

DAY_S = 86_400
DAY_MS = DAY_S * 1000
NOW_AXIS_MS = 400 * DAY_MS


def judged(
    *, age_days: float, promise: Promise, holds: list[Hold] | None = None, pressure: Pressure | None = None
) -> Ruling:
    end_axis_ms = round(NOW_AXIS_MS - age_days * DAY_MS)
    return retention.rule(
        start_ms=1_000,
        end_ms=61_000,
        end_axis_ms=end_axis_ms,
        age=ProvenAge(NOW_AXIS_MS * 1_000_000, ()),
        promise=promise,
        holds=holds or [],
        pressure=pressure or Pressure(),
    )


KEEP_90 = Promise(90, None)
DELETE_AT_120 = Promise(90, 120)


@pytest.mark.parametrize(
    ("age_days", "promise", "pressure", "expected"),
    [
        (89.999, KEEP_90, Pressure(needs_room=True), Ruling.WITHIN_PROMISE),
        (90, KEEP_90, Pressure(needs_room=True), Ruling.SPACE),
        (300, KEEP_90, Pressure(), Ruling.NOT_NEEDED),
        (119.9, DELETE_AT_120, Pressure(), Ruling.NOT_NEEDED),
        (120, DELETE_AT_120, Pressure(), Ruling.EXPIRED),
        (10, KEEP_90, Pressure(needs_room=True, overwrite=True), Ruling.BREACH),
        (10, KEEP_90, Pressure(overwrite=True), Ruling.WITHIN_PROMISE),
    ],
)
def test_age_policy_and_room_decide(age_days: float, promise: Promise, pressure: Pressure, expected: Ruling) -> None:
    assert judged(age_days=age_days, promise=promise, pressure=pressure) is expected


def test_a_hold_keeps_what_it_covers_even_when_the_owner_overwrites() -> None:
    hold = Hold("h", 60_000, 70_000, 0, 0, None)
    squeezed = Pressure(needs_room=True, overwrite=True)
    assert judged(age_days=399, promise=KEEP_90, holds=[hold], pressure=squeezed) is Ruling.HELD
    elsewhere = Hold("h", 61_000, 70_000, 0, 0, None)
    assert judged(age_days=399, promise=KEEP_90, holds=[elsewhere], pressure=squeezed) is Ruling.SPACE


def test_a_hold_ends_by_running_time_not_by_the_wall_clock() -> None:
    hold = Hold("h", 0, 100_000, made_ms=0, made_axis_ms=NOW_AXIS_MS - 5 * DAY_MS, until_ms=10 * DAY_MS)
    assert judged(age_days=399, promise=KEEP_90, holds=[hold], pressure=Pressure(needs_room=True)) is Ruling.HELD
    over = Hold("h", 0, 100_000, made_ms=0, made_axis_ms=NOW_AXIS_MS - 11 * DAY_MS, until_ms=10 * DAY_MS)
    assert judged(age_days=399, promise=KEEP_90, holds=[over], pressure=Pressure(needs_room=True)) is Ruling.SPACE


def test_a_later_policy_lengthens_a_promise_but_never_shortens_it() -> None:
    assert Promise.of(recorded_keep_days=180, keep_days=90, delete_after_days=90) == Promise(180, 180)
    assert Promise.of(recorded_keep_days=90, keep_days=180, delete_after_days=None) == Promise(180, None)


def test_the_shipped_sweep_deletes_91_days_and_keeps_89(tmp_path: Path) -> None:
    proof = prove_retention(tmp_path / "scratch")
    assert proof.holds, proof
    assert (proof.old_days, proof.young_days, proof.keep_days) == (91, 89, 90)


@dataclass
class Filed:
    """A segment as the model knows it: its true end, and its file."""

    true_end_s: float
    path: Path
    start_ms: int


class RetentionMachine(RuleBasedStateMachine):
    """A box whose clock and power are abused in every way; the model knows true time."""

    KEEP_DAYS = 90

    def __init__(self) -> None:
        super().__init__()
        base = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
        self.folder = Path(tempfile.mkdtemp(prefix="retention", dir=base))
        self.true_s = 0.0
        self.clock = ManualClock()
        self.boots = 1
        self.filed: list[Filed] = []
        self.rogue = False
        self.early: list[Filed] = []

    @initialize(delete_after=st.sampled_from([90, 100]))
    def open_box(self, delete_after: int) -> None:
        self.volume = Volume(id="main", path=self.folder / "volume", own_disk=False, reserve_bytes=64 * 1024**2)
        self.delete_after = delete_after
        self._start()

    def _start(self) -> None:
        self.catalogue = Catalogue(self.folder / "catalogue.sqlite", self.clock)
        self.journal = Journal.open(self.folder / "journal.sqlite", self.clock)
        self.shelf = Shelf([self.volume], self.catalogue, FindingBoard(self.journal, self.clock))
        self.shelf.look()
        self.place = self.shelf.place_for("main")
        self.audit = AuditChain(self.clock)
        self.sweep = Sweep(self.catalogue, self.shelf, self.audit, lambda: True)
        with self.catalogue.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO point (no, id, since_ms, since_axis_ms, policy, keep_days, delete_after_days, volume) "
                "VALUES (1, 'gate', 0, 0, 'p', ?, ?, 'main') ON CONFLICT DO NOTHING",
                (self.KEEP_DAYS, self.delete_after),
            )
            transaction.execute(
                "INSERT INTO run (no, point_no, start_ms, codec, width_px, height_px, keep_days) "
                "VALUES (1, 1, 0, 'h264', 1, 1, ?) ON CONFLICT DO NOTHING",
                (self.KEEP_DAYS,),
            )

    def _stop(self, *, saved: bool = True) -> None:
        if saved:
            self.catalogue.running.save()
        self.catalogue.database.close()
        self.journal.database.close()

    @rule()
    def record(self) -> None:
        start_ms = self.catalogue.now_ms()
        while start_ms in {filed.start_ms for filed in self.filed}:  # the model tells segments apart by their start
            start_ms += 1
        with self.catalogue.database.transaction() as transaction:
            path = self.place.root / segment_path("gate", start_ms, len(self.filed) + 1)
            transaction.execute(
                "INSERT INTO segment VALUES (1, ?, ?, 1, ?, 1, 60000, 1, ?, NULL)",
                (start_ms, self.place.no, len(self.filed) + 1, self.catalogue.now_axis_ms()),
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
        self.filed.append(Filed(self.true_s, path, start_ms))

    @rule(days=st.floats(0.01, 60))
    def live(self, days: float) -> None:
        self.true_s += days * DAY_S
        self.clock.advance(days=days)
        self.catalogue.running.save()

    @rule(short_s=st.sampled_from([1, 60, 3600, 2 * DAY_S]))
    def live_until_the_oldest_is_nearly_due(self, short_s: int) -> None:
        ages = [self.true_s - filed.true_end_s for filed in self.filed if filed.path.exists()]
        if ages:
            left_s = self.KEEP_DAYS * DAY_S - max(ages) - short_s
            if left_s > 0:
                self.live(left_s / DAY_S)
            self._sweep()

    @rule(days=st.sampled_from([-100, -1, 1, 100, 10_000]))
    def step_wall_clock(self, days: int) -> None:
        if self.clock.now_utc_ns + days * DAY_NS > 0:
            self.clock.step_wall(days=days)

    @rule()
    def dead_battery(self) -> None:
        self.clock.now_utc_ns = 1_000_000_000

    @rule(off_days=st.floats(0, 200), kill=st.booleans())
    def power_off(self, off_days: float, kill: bool) -> None:
        self._stop(saved=not kill)
        self.boots += 1
        self.true_s += off_days * DAY_S
        self.clock.reboot(off_s=off_days * DAY_S, boot=f"boot-{self.boots}")
        self._start()

    @rule(rogue_days=st.sampled_from([0, 0, 0, 100, -50]))
    def one_source_tells_the_time(self, rogue_days: int) -> None:
        # One kind of source may lie as it likes: two must agree before time without power counts.
        self._tell("ntp", rogue_days)

    @rule()
    def honest_center_tells_the_time(self) -> None:
        self._tell("center", 0)

    def _tell(self, kind: str, rogue_days: int) -> None:
        true_utc_ns = round(1_700_000_000e9 + self.true_s * 1e9) + rogue_days * DAY_NS
        self.catalogue.running.note(
            TimeReading(
                source_kind=kind,
                source=kind,
                offset_ns=true_utc_ns - self.clock.utc_ns(),
                asked_utc_ns=self.clock.utc_ns(),
                asked_running_ns=self.clock.running_ns(),
                boot_id=self.clock.boot_id(),
                error_ns=1_000_000_000,
            )
        )

    @rule()
    def hold_everything_for_a_moment(self) -> None:
        holds = Holds(self.catalogue, self.audit)
        before = {filed.path for filed in self.filed if filed.path.exists()}
        identity = holds.place(
            HoldRequest(point="gate", from_ms=0, to_ms=2**52, reason="r", person="p"), [self.place.root]
        )
        self._sweep()
        assert {filed.path for filed in self.filed if filed.path.exists()} == before
        assert holds.end(identity, person="p", roots=[self.place.root])

    @rule()
    def sweep_now(self) -> None:
        self._sweep()
        for filed in self.filed:
            row = self.catalogue.database.row("SELECT state FROM segment WHERE start_ms = ?", (filed.start_ms,))
            assert (row is not None) == filed.path.exists()

    def _sweep(self) -> None:
        self.sweep._last_expiry_ns = None  # each sweep of the test is the hour's
        self.sweep.once()

    @rule()
    def a_year_without_any_source_still_deletes(self) -> None:
        self.live(366)
        self._sweep()
        assert not any(filed.path.exists() for filed in self.filed)

    @invariant()
    def nothing_younger_than_promised_is_gone(self) -> None:
        for filed in self.filed:
            if self.true_s - filed.true_end_s < self.KEEP_DAYS * DAY_S:
                assert filed.path.exists(), f"{filed} was deleted at {self.true_s - filed.true_end_s} s of age"

    def teardown(self) -> None:
        if hasattr(self, "catalogue"):
            self._stop()
            assert verify_audit(self.folder / "catalogue.sqlite").holds
        shutil.rmtree(self.folder)


TestRetentionAgainstTrueTime = RetentionMachine.TestCase
TestRetentionAgainstTrueTime.settings = settings(
    max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
