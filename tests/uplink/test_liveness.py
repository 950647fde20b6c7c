"""When a path carries: births, stale wills, heartbeat ages, receipts."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from foundation.clock import NS_PER_S
from uplink.liveness import CarriedPath, HeardPath, Loss, PathStatus, hear, heard_status, judge
from uplink.messages.heartbeat import LOST_AFTER_S, PERIOD_S, Heartbeat
from uplink.messages.path_state import Birth, Will

S = NS_PER_S


def birth(number: int) -> Birth:
    return Birth(campus="a", path="p", birth=number, boot_id="b", software="s")


def will(number: int, *, orderly: bool = False) -> Will:
    return Will(campus="a", path="p", birth=number, orderly=orderly)


def beat(number: int, count: int) -> Heartbeat:
    return Heartbeat(campus="a", path="p", birth=number, number=count, boot_id="b", running_ms=0)


def after(*words: Birth | Will | Heartbeat, at_s: float = 0) -> HeardPath:
    path = HeardPath()
    for word in words:
        path = hear(path, word, round(at_s * S)) or path
    return path


def test_a_path_is_up_once_a_heartbeat_followed_the_birth() -> None:
    assert heard_status(after(birth(5)), 0) is PathStatus.UNKNOWN
    assert heard_status(after(birth(5), beat(5, 1)), 0) is PathStatus.UP


def test_a_retained_birth_alone_is_lost_after_a_while() -> None:
    assert heard_status(after(birth(5)), 16 * S) is PathStatus.LOST


def test_three_missed_heartbeats_are_a_lost_path_within_twenty_seconds() -> None:
    path = after(birth(5), beat(5, 1))
    assert heard_status(path, 15 * S) is PathStatus.UP
    assert heard_status(path, 15 * S + 1) is PathStatus.LOST
    assert LOST_AFTER_S + PERIOD_S <= 20


def test_the_will_of_a_half_open_old_session_is_stale_after_the_new_birth() -> None:
    path = after(birth(5), beat(5, 1), birth(6), beat(6, 1))
    assert hear(path, will(5), S) is None
    assert heard_status(path, S) is PathStatus.UP


def test_the_will_of_the_latest_birth_counts_and_a_later_heartbeat_overrules_it() -> None:
    path = after(birth(5), beat(5, 1), will(5))
    assert heard_status(path, S) is PathStatus.LOST
    assert heard_status(hear(path, beat(5, 2), S) or path, S) is PathStatus.UP


def test_an_orderly_farewell_is_not_a_loss() -> None:
    assert heard_status(after(birth(5), beat(5, 1), will(5, orderly=True)), S) is PathStatus.LEFT


def test_a_replayed_heartbeat_does_not_keep_a_path_alive() -> None:
    path = after(birth(5), beat(5, 1), beat(5, 2))
    assert hear(path, beat(5, 2), 14 * S) is None
    assert hear(path, beat(4, 99), 14 * S) is None


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["birth", "will", "beat"]), st.integers(1, 5))))
def test_the_birth_number_never_goes_back(words: list[tuple[int, str, int]]) -> None:
    path = HeardPath()
    for number, kind, count in words:
        word = birth(number) if kind == "birth" else will(number) if kind == "will" else beat(number, count)
        following = hear(path, word, 0) or path
        assert following.birth >= path.birth
        if following.birth == path.birth:
            assert following.number >= path.number
        path = following


UP = CarriedPath(since_ns=0, connected=True, last_beat_ns=100 * S, last_echo_ns=100 * S)


def test_the_campus_sees_a_carrying_path_as_up() -> None:
    assert judge(UP, 105 * S).status is PathStatus.UP


def test_nothing_is_judged_before_it_could_have_been_heard() -> None:
    assert judge(CarriedPath(since_ns=100 * S), 105 * S).status is PathStatus.UNKNOWN


def test_a_broker_without_a_center_behind_it_is_a_lost_path() -> None:
    assert judge(UP, 116 * S).loss is Loss.NO_HEARTBEAT


def test_no_connection_is_said_as_such() -> None:
    assert judge(replace(UP, connected=False), 116 * S).loss is Loss.NO_CONNECTION


def test_a_center_that_does_not_hear_us_is_a_lost_path() -> None:
    assert judge(replace(UP, last_beat_ns=115 * S), 116 * S).loss is Loss.NOT_HEARD


def test_heartbeats_without_receipts_are_a_lost_path_too() -> None:
    assert judge(replace(UP, unanswered_since_ns=85 * S), 101 * S).loss is Loss.NO_RECEIPTS


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 200), st.booleans())
def test_a_path_is_never_up_without_a_fresh_heartbeat_and_echo(
    now_s: int, beat_s: int, echo_s: int, connected: bool
) -> None:
    carried = CarriedPath(since_ns=0, connected=connected, last_beat_ns=beat_s * S, last_echo_ns=echo_s * S)
    if judge(carried, now_s * S).status is PathStatus.UP:
        assert now_s - beat_s <= LOST_AFTER_S
        assert now_s - echo_s <= LOST_AFTER_S
        assert connected
