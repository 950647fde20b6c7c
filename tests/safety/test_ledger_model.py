"""Every sequence of findings gives the ledger that a plain model gives, however often the facts are handed over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.clock import NS_PER_S, ManualClock
from foundation.finding import FindingBoard, Severity
from foundation.journal import Journal, read_entries
from safety.ledger import FaultLedger
from safety.query import closed_faults, fault_file, open_faults
from tests.safety.conftest import device_of

KINDS = ("camera.unreachable", "storage.unreachable", "camera.clock_wrong", "uplink.path_lost", "camera.own_link_down")
SUBJECTS = ("device:a", "point:a-1", "point:b-1")
CLOSES_ITSELF = {"camera.clock_wrong", "uplink.path_lost"}
REOPEN_H = {"uplink.path_lost": 24}
DEVICE = {"camera.unreachable", "storage.unreachable"}
MAJOR = {"camera.own_link_down"}


@dataclass
class ModelFault:
    kind: str
    open: set[tuple[str, str]] = field(default_factory=set)
    closed_at: int | None = None
    mended: bool = False
    major: bool = False
    rounds: int = 1


@dataclass
class Model:
    """Lists and loops, no database: what the ledger must say."""

    faults: dict[str, list[ModelFault]] = field(default_factory=dict)
    of: dict[tuple[str, str], ModelFault] = field(default_factory=dict)

    def open(self, subject: str, kind: str, cause: str | None, now: int) -> None:
        device = {"device:a": "a", "point:a-1": "a", "point:b-1": "b"}[subject]
        key = f"device {device}" if kind in DEVICE else f"cause {cause}" if cause else f"{kind} {subject}"
        faults = self.faults.setdefault(key, [])
        latest = faults[-1] if faults else None
        if latest is None or (
            latest.closed_at is not None and now - latest.closed_at > REOPEN_H.get(kind, 168) * 3_600 * NS_PER_S
        ):
            latest = ModelFault(kind)
            faults.append(latest)
        elif latest.closed_at is not None:
            latest.rounds, latest.closed_at = latest.rounds + 1, None
        latest.mended = False
        latest.major = latest.major or kind in MAJOR
        latest.open.add((subject, kind))
        self.of[subject, kind] = latest

    def clear(self, subject: str, kind: str, now: int) -> None:
        fault = self.of.pop((subject, kind))
        fault.open.discard((subject, kind))
        if not fault.open:
            fault.mended = True
            if fault.kind in CLOSES_ITSELF:
                fault.closed_at = now

    def rows(self) -> list[tuple[str, str, bool, int, int]]:
        return sorted(
            (
                fault.kind,
                "closed" if fault.closed_at is not None else "rechecked" if fault.mended else "open",
                fault.major,
                fault.rounds,
                len(fault.open),
            )
            for faults in self.faults.values()
            for fault in faults
        )


STEP = st.tuples(
    st.sampled_from(["open", "open", "clear", "wait", "again", "restart"]),
    st.sampled_from(SUBJECTS),
    st.sampled_from(KINDS),
    st.sampled_from([None, None, "net", "power:1"]),
    st.integers(1, 200),
)


@settings(max_examples=40)
@given(st.lists(STEP, max_size=25))
def test_the_ledger_is_what_the_model_says(
    tmp_path_factory: pytest.TempPathFactory, steps: Sequence[tuple[str, str, str, str | None, int]]
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    clock, model = ManualClock(), Model()
    journal = Journal.open(folder / "inspector.sqlite", clock)
    board = FindingBoard(journal, clock)
    ledger = FaultLedger(folder / "safety.sqlite", clock, device_of=device_of)
    heard = 0
    for what, subject, kind, cause, hours in steps:
        if what == "open" and (subject, kind) not in model.of:
            board.open(subject, kind, Severity.FAILING, cause=cause)
            model.open(subject, kind, cause, clock.utc_ns())
        elif what == "clear" and (subject, kind) in model.of:
            board.clear(subject, kind)
            model.clear(subject, kind, clock.utc_ns())
        elif what == "wait":
            clock.advance(seconds=hours * 3600)
        elif what == "again":
            heard = max(0, heard - hours % 5)  # the cursor of the reader was not saved
        elif what == "restart":
            ledger.close()
            ledger = FaultLedger(folder / "safety.sqlite", clock, device_of=device_of)
        for entry in read_entries(journal.database.path, after=heard):
            ledger.take(entry)
            heard = entry.seq
    now = clock.utc_ns()
    rows = [row.fault for row in (*open_faults(ledger.path, now), *closed_faults(ledger.path, now))]
    assert model.rows() == sorted(
        (
            fault.kind,
            fault.stage.value,
            fault.grade == "major",
            fault.rounds,
            fault.measured_wrong,
        )
        for fault in rows
    )
    for fault in rows:
        file = fault_file(ledger.path, fault.id)
        assert file is not None
        assert [entry.number for entry in file.history] == list(range(1, len(file.history) + 1))
    ledger.close()
    journal.database.close()
