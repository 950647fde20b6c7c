"""The ledger against a plain model that looks at every second by itself."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.clock import ManualClock
from foundation.sqlite import open_read_only
from storage.catalogue import Catalogue
from storage.days import DAY_MS, day_number, day_of_number, day_span_ms
from storage.ledger import Span, every_gap, read_day
from storage.verdict import AWAY_IS_LOST_MS, PRESENCE_FRESH_MS, PointFacts, Verdict, judge

CAUSES = ["stalled", "connection_lost", "volume_full", "asked"]
SPAN_S = 3_600
START_MS = day_span_ms("2026-11-20")[0] + 23 * 3_600_000 + 1_800_000  # the hour holds a midnight

stretches = st.lists(
    st.tuples(st.integers(0, SPAN_S - 2), st.integers(1, 900), st.sampled_from(CAUSES)),
    max_size=12,
    unique_by=lambda x: x[0],
)
losses = st.lists(st.tuples(st.integers(0, SPAN_S - 2), st.integers(1, 600)), max_size=6)


@settings(max_examples=40)
@given(
    runs=stretches,
    lost=losses,
    since=st.integers(0, 600),
    window=st.tuples(st.integers(0, 1800), st.integers(1800, SPAN_S)),
)
def test_due_proven_and_gaps_agree_with_a_count_of_seconds(
    runs: list[tuple[int, int, str]], lost: list[tuple[int, int]], since: int, window: tuple[int, int]
) -> None:
    starts = sorted(run for run in runs if run[0] >= since)
    runs = []
    for number, (start, length, cause) in enumerate(
        starts
    ):  # one recorder per point: a run ends before the next begins
        following = starts[number + 1][0] if number + 1 < len(starts) else start + length
        runs.append((start, min(length, following - start), cause))
    folder = Path(tempfile.mkdtemp(prefix="ledger", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    catalogue = Catalogue(folder / "catalogue.sqlite", ManualClock(now_utc_ns=(START_MS + SPAN_S * 1000) * 10**6))
    try:
        with catalogue.database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO point (no, id, since_ms, since_axis_ms, policy, keep_days, volume) "
                "VALUES (1, 'gate', ?, 0, 'p', 90, 'main')",
                (START_MS + since * 1000,),
            )
            transaction.execute("INSERT INTO volume (no, id, uuid, since_ms) VALUES (1, 'main', 'u', 0)")
            for start, length, cause in runs:
                transaction.execute(
                    "INSERT INTO run (point_no, start_ms, end_ms, end_cause, codec, width_px, height_px, keep_days) "
                    "VALUES (1, ?, ?, ?, 'h264', 1, 1, 90)",
                    (START_MS + start * 1000, START_MS + (start + length) * 1000, cause),
                )
            for start, length in lost:
                transaction.execute(
                    "INSERT INTO loss (point_no, start_ms, end_ms, end_axis_ms, volume_no, cause, noticed_ms) "
                    "VALUES (1, ?, ?, 0, 1, 'missing', 0)",
                    (START_MS + start * 1000, START_MS + (start + length) * 1000),
                )
        first, last = window
        due = {second for second in range(first, last) if second >= since}
        covered = {second for start, length, _ in runs for second in range(start, start + length)}
        gone = {second for start, length in lost for second in range(start, start + length)}
        proven = due & (covered - gone)
        with open_read_only(folder / "catalogue.sqlite") as reader:
            begin = max(first, since)
            gaps = (
                every_gap(reader, "gate", Span(START_MS + begin * 1000, START_MS + last * 1000)) if begin < last else []
            )
            entries = [
                read_day(reader, "gate", day_of_number(day_number(START_MS) + more), START_MS + SPAN_S * 1000)
                for more in (0, 1)
            ]
        seconds = [
            second
            for gap in gaps
            for second in range((gap.start_ms - START_MS) // 1000, (gap.end_ms - START_MS) // 1000)
        ]
        assert sorted(seconds) == sorted(due - proven), "no gap missing, none twice"
        for gap in gaps:
            if gap.cause != "lost_missing":
                ended = [run for run in runs if run[0] + run[1] <= (gap.start_ms - START_MS) // 1000]
                if gap.cause != "not_started":
                    assert gap.cause in {cause for _, _, cause in ended}
        for entry in entries:
            assert entry.due_ms == entry.proven_ms + sum(gap.end_ms - gap.start_ms for gap in entry.gaps)
        whole = set(range(since, SPAN_S))
        assert sum(entry.proven_ms for entry in entries) == len(whole & (covered - gone)) * 1000
    finally:
        catalogue.close()
        shutil.rmtree(folder)


@given(
    age_days=st.floats(0, 400),
    lost=st.booleans(),
    away_days=st.none() | st.floats(0, 5),
    looked_days=st.none() | st.floats(0, 5),
)
def test_a_verdict_is_never_better_than_what_is_known(
    age_days: float, lost: bool, away_days: float | None, looked_days: float | None
) -> None:
    now_ms = 10**12
    facts = PointFacts(
        keep_days=90,
        since_ms=now_ms - round(age_days * DAY_MS),
        proven_age_ms=round(age_days * DAY_MS),
        losses=((now_ms - 5, now_ms - 3, "missing"),) if lost else (),
        away_since_ms=None if away_days is None else now_ms - round(away_days * DAY_MS),
        present_ms=None if looked_days is None else now_ms - round(looked_days * DAY_MS),
        now_ms=now_ms,
    )
    verdict = judge(facts).verdict
    if verdict is Verdict.MET:
        assert not lost
        assert away_days is None
        assert facts.proven_age_ms >= 90 * DAY_MS
        assert facts.present_ms is not None
        assert now_ms - facts.present_ms <= PRESENCE_FRESH_MS
    if lost or (facts.away_since_ms is not None and now_ms - facts.away_since_ms >= AWAY_IS_LOST_MS):
        assert verdict is Verdict.VIOLATED
    elif away_days is not None:
        assert verdict is Verdict.UNKNOWN
