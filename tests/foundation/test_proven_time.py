from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import NS_PER_S, ManualClock
from foundation.proven_time import (
    NOT_PROVEN,
    PROVEN_TIME_SQL,
    ProvenAge,
    Reading,
    RunningTime,
    TimeReading,
    proven_off_time,
)
from foundation.sqlite import Database, Schema

HOUR_NS = 3_600 * NS_PER_S
DAY_NS = 24 * HOUR_NS


def axis(tmp_path: Path, clock: ManualClock) -> RunningTime:
    return RunningTime(Database(tmp_path / "catalogue.sqlite", Schema.load("axis", PROVEN_TIME_SQL)), clock)


def told(clock: ManualClock, kind: str, *, source: str = "one", offset_ns: int = 0) -> TimeReading:
    return TimeReading(
        source_kind=kind,
        source=source,
        offset_ns=offset_ns,
        asked_utc_ns=clock.utc_ns(),
        asked_running_ns=clock.running_ns(),
        boot_id=clock.boot_id(),
        error_ns=NS_PER_S,
    )


def test_a_wall_clock_that_jumps_proves_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    running = axis(tmp_path, clock)
    start = running.now_ns()
    clock.step_wall(days=100)
    clock.advance(days=1)
    clock.step_wall(days=-200)
    assert running.proven_age().age_ns(start) == DAY_NS


def test_running_time_goes_on_through_a_restart_in_the_same_boot(tmp_path: Path) -> None:
    clock = ManualClock()
    start = axis(tmp_path, clock).now_ns()
    clock.advance(days=2)
    assert axis(tmp_path, clock).proven_age().age_ns(start) == 2 * DAY_NS


def test_time_without_power_counts_only_when_two_kinds_of_source_agree(tmp_path: Path) -> None:
    clock = ManualClock()
    running = axis(tmp_path, clock)
    start = running.now_ns()
    running.note(told(clock, "ntp"))
    running.note(told(clock, "center"))
    running.save()
    clock.reboot(off_s=10 * 86_400, boot="boot-2")
    running = axis(tmp_path, clock)
    running.note(told(clock, "ntp"))
    assert running.proven_age().age_ns(start) < HOUR_NS
    running.note(told(clock, "center"))
    assert 10 * DAY_NS - 10 * NS_PER_S <= running.proven_age().age_ns(start) <= 10 * DAY_NS


def test_a_rogue_time_server_against_the_center_proves_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    running = axis(tmp_path, clock)
    start = running.now_ns()
    for kind in ("ntp", "center"):
        running.note(told(clock, kind))
    clock.reboot(off_s=60, boot="boot-2")
    clock.step_wall(days=100)
    running = axis(tmp_path, clock)
    running.note(told(clock, "ntp"))
    running.note(told(clock, "center", offset_ns=-100 * DAY_NS))
    assert running.proven_age().age_ns(start) < HOUR_NS
    assert running.unproven_offs()


def test_a_reading_from_an_earlier_boot_is_left_out(tmp_path: Path) -> None:
    clock = ManualClock()
    running = axis(tmp_path, clock)
    late = told(clock, "ntp")
    clock.reboot(off_s=60, boot="boot-2")
    assert axis(tmp_path, clock).note(late) is False
    assert running.note(told(clock, "ntp"))


def reading(kind: str, axis_ns: int, utc_ns: int, source: str = "one") -> Reading:
    return Reading(kind, source, axis_ns, utc_ns, 0)


def test_one_kind_of_source_alone_is_not_believed_however_many_speak() -> None:
    before = [reading("camera", 0, 0, str(number)) for number in range(9)]
    after = [reading("camera", 0, DAY_NS, str(number)) for number in range(9)]
    assert proven_off_time(before, after) == NOT_PROVEN


def test_most_cameras_speak_for_the_cameras() -> None:
    before = [reading("center", 0, 0), *(reading("camera", 0, 0, str(number)) for number in range(3))]
    after = [
        reading("center", 0, DAY_NS),
        reading("camera", 0, DAY_NS, "0"),
        reading("camera", 0, DAY_NS - NS_PER_S, "1"),
        reading("camera", 0, 99 * DAY_NS, "2"),
    ]
    assert proven_off_time(before, after).credited_ns == DAY_NS - NS_PER_S


times = st.integers(0, 400 * DAY_NS)


@given(
    off_ns=times,
    honest=st.sets(st.sampled_from(["ntp", "center", "camera"])),
    lies=st.dictionaries(st.sampled_from(["ntp", "center", "camera"]), st.integers(-400 * DAY_NS, 400 * DAY_NS)),
)
def test_no_single_liar_makes_an_absence_longer_than_it_was(
    off_ns: int, honest: set[str], lies: dict[str, int]
) -> None:
    lies = dict(list(lies.items())[:1])
    kinds = honest | set(lies)
    before = [reading(kind, 0, 0) for kind in kinds]
    after = [reading(kind, 0, off_ns + lies.get(kind, 0)) for kind in kinds]
    assert proven_off_time(before, after).credited_ns <= off_ns


@given(
    now_axis_ns=times,
    offs=st.dictionaries(st.integers(0, 400 * DAY_NS), st.integers(0, 50 * DAY_NS), max_size=5),
    age_ns=st.integers(0, 200 * DAY_NS),
    probes=st.lists(times, max_size=8),
)
def test_the_oldest_place_divides_old_from_young_exactly(
    now_axis_ns: int, offs: dict[int, int], age_ns: int, probes: list[int]
) -> None:
    ruler = ProvenAge(now_axis_ns, tuple((min(place, now_axis_ns), credited) for place, credited in offs.items()))
    edge = ruler.youngest_axis_older_than(age_ns)
    for place in [*probes, edge, edge + 1, *offs]:
        if place <= now_axis_ns:
            assert (place <= edge) == (ruler.age_ns(place) >= age_ns)
