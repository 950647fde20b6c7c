"""Twenty minutes of a generated view, and each fault in it: the rules of pictures as a short form of the evaluation."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from benchmarks.picture import SETS, USED_UP
from benchmarks.picture_lens import FAULTS
from benchmarks.picture_unseen import LOOK_S, Fault, Footage
from benchmarks.picture_views import LATER_VIEWS
from benchmarks.picture_watch import LOOKS_A_MINUTE, NAMED
from camera.picture.picture import Picture
from camera.picture.point_eye import PointEye
from camera.picture.verdict import Condition
from foundation.clock import NS_PER_S

LAMPS_OUT = 24
"""Look from which the classrooms of the view are dark; their lit window frames had most of its fine detail."""
FAULTY = 60
END = 120


class Gate:
    """The rear gate by night, a view whose windows went dark and were taken for a lens out of focus."""

    def __init__(self) -> None:
        _, seed = SETS["second"]
        number, self.view = next((number, view) for number, view in enumerate(LATER_VIEWS) if view.name == "rear gate")
        self._footage = Footage(self.view, seed + number)
        self.plain = [self.picture(number) for number in range(END)]

    def picture(self, number: int, fault: Fault | None = None) -> Picture:
        """A look, drawn anew."""
        look = self._footage.look(number, fault, fault_seed=7)
        return Picture(look.y, look.u, look.v, number * LOOK_S * NS_PER_S)


@pytest.fixture(scope="module")
def gate() -> Gate:
    return Gate()


def after(gate: Gate, looks: int) -> tuple[PointEye, list[tuple[int, Condition]]]:
    """The judge after so many looks, and what began when."""
    eye = PointEye()
    began = [
        (number, change.condition)
        for number, picture in enumerate(gate.plain[:looks])
        for change in eye.look(picture).changes
    ]
    return eye, began


@pytest.fixture(scope="module")
def taught(gate: Gate) -> PointEye:
    return after(gate, FAULTY)[0]


def test_the_view_is_footage_that_rules_may_be_set_on(gate: Gate) -> None:
    assert gate.view.name in USED_UP


def test_twenty_minutes_with_lamps_going_out_begin_no_episode(gate: Gate) -> None:
    lit, dark = (gate.plain[number].y.astype(np.int16) for number in (LAMPS_OUT - 2, LAMPS_OUT + 1))
    assert (np.abs(lit - dark) > 60).mean() > 0.005, "the windows must go dark for this to prove anything"
    assert after(gate, END)[1] == []


def test_a_lens_out_of_focus_is_found_just_after_lamps_went_out(gate: Gate) -> None:
    eye, _ = after(gate, LAMPS_OUT + 2)
    for number in range(LAMPS_OUT + 2, LAMPS_OUT + 2 + LOOKS_A_MINUTE):
        eye.look(gate.picture(number, Fault(blur_sigma_px=2.0)))
    assert eye.open_conditions == {Condition.BLURRED}


@pytest.mark.parametrize("name", sorted(NAMED))
def test_each_fault_is_found_within_a_minute(gate: Gate, taught: PointEye, name: str) -> None:
    eye = copy.deepcopy(taught)
    for number in range(FAULTY, FAULTY + LOOKS_A_MINUTE):
        if name == "freeze":
            still = gate.plain[FAULTY]
            eye.look(Picture(still.y, still.u, still.v, number * LOOK_S * NS_PER_S))
        else:
            eye.look(gate.picture(number, FAULTS[name](np.random.default_rng(3))))
    assert NAMED[name] in eye.open_conditions
