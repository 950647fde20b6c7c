"""A wrong password is tried once per device, however many points it has."""

from __future__ import annotations

from camera.stream import StreamSource
from foundation.clock import ManualClock
from storage.login_guard import PAUSE_S, PROBE_S, LoginGuard


def source(point: int = 0, password: str = "a") -> StreamSource:
    return StreamSource(device="nvr", url=f"rtsp://nvr/{point}", user="admin", password=password)


def test_sixteen_points_of_a_recorder_try_one_at_a_time_until_the_log_in_is_known_to_work() -> None:
    guard = LoginGuard(ManualClock(), lambda device: True)
    assert [guard.may_try(source(point)) for point in range(16)] == [True] + [False] * 15
    guard.accepted(source())
    assert all(guard.may_try(source(point)) for point in range(16))


def test_after_a_refusal_nobody_tries_until_the_log_in_changes_or_a_long_pause_is_over() -> None:
    clock = ManualClock()
    guard = LoginGuard(clock, lambda device: True)
    assert guard.may_try(source())
    guard.refused(source())
    clock.advance(seconds=PAUSE_S - 1)
    assert not guard.may_try(source(1))
    assert guard.is_refused(source())
    assert guard.may_try(source(1, password="b"))
    guard.refused(source(1, password="b"))
    clock.advance(seconds=PAUSE_S)
    assert guard.may_try(source(password="b"))
    assert not guard.may_try(source(2, password="b"))


def test_a_try_that_nobody_judged_gives_its_turn_away() -> None:
    clock = ManualClock()
    guard = LoginGuard(clock, lambda device: True)
    assert guard.may_try(source())
    guard.unanswered(source())
    assert guard.may_try(source(1))
    clock.advance(seconds=PROBE_S)
    assert guard.may_try(source(2))


def test_what_the_rest_of_the_agent_forbids_is_not_tried() -> None:
    guard = LoginGuard(ManualClock(), lambda device: False)
    assert not guard.may_try(source())
    assert guard.is_refused(source())


def test_a_person_who_put_it_right_has_it_tried_once_more_at_once() -> None:
    guard = LoginGuard(ManualClock(), lambda device: True)
    guard.refused(source())
    guard.forget("another")
    assert not guard.may_try(source())
    guard.forget("nvr")
    assert guard.may_try(source())
    guard.refused(source())
    assert not guard.may_try(source())
