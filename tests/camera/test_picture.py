"""What is wrong with a picture: on real footage with faults made in it, and never on the footage itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.picture.episode import RULES, Watch, after_look
from camera.picture.measure import Light, edges_of, measure
from camera.picture.picture import Picture, from_bgr
from camera.picture.point_eye import Look, PointEye
from camera.picture.reference import LEARN_LOOKS
from camera.picture.reference_store import from_bytes, to_bytes
from camera.picture.verdict import Condition
from foundation.clock import NS_PER_S
from tests.conftest import Clips

Frame = npt.NDArray[np.uint8]
Fault = Callable[[Frame], Frame]
LOOK_NS = 10 * NS_PER_S


def frames_of(clip: Path, every: int) -> list[Frame]:
    capture = cv2.VideoCapture(str(clip))
    frames: list[Frame] = []
    while True:
        more, frame = capture.read()
        if not more:
            return frames[::every]
        frames.append(np.asarray(cv2.resize(frame, (640, 360), interpolation=cv2.INTER_AREA), np.uint8))


@pytest.fixture(scope="module")
def street(clips: Clips) -> list[Frame]:
    """About 80 looks at a place with people walking."""
    return frames_of(clips.vtest, 10)


def clipped(values: npt.NDArray[Any]) -> Frame:
    whole: Frame = np.clip(values, 0, 255).astype(np.uint8)
    return whole


def sensed(frame: Frame, seed: int, sigma: float = 1.5) -> Frame:
    """With the noise of a sensor, without which no two looks of a live camera come."""
    return clipped(frame + np.random.default_rng(seed).normal(0, sigma, (360, 640, 1)))


def looks(eye: PointEye, frames: list[Frame], start: int = 0) -> Iterator[Look]:
    for number, frame in enumerate(frames, start=start):
        picture = from_bgr(sensed(frame, number), number * LOOK_NS)
        yield eye.look(picture)


def taught(street: list[Frame], count: int = 20) -> PointEye:
    eye = PointEye()
    for _ in looks(eye, street[:count]):
        pass
    return eye


def cover(share: float, shade: int) -> Fault:
    def put(frame: Frame) -> Frame:
        covered = frame.copy()
        covered[:, : round(frame.shape[1] * share)] = shade
        return covered

    return put


def warp(matrix: npt.NDArray[Any]) -> Fault:
    return lambda frame: np.asarray(cv2.warpAffine(frame, matrix, (640, 360), borderMode=cv2.BORDER_REFLECT), np.uint8)


def blur(frame: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 2), np.uint8)


def noise(frame: Frame) -> Frame:
    # the same on all channels: sigma 20 of brightness
    return clipped(frame + np.random.default_rng(7).normal(0, 20, (*frame.shape[:2], 1)))


def stripes(frame: Frame) -> Frame:
    return clipped(frame + 12 * np.sin(np.arange(360) * 2 * np.pi / 7)[:, None, None])


def no_video(frame: Frame) -> Frame:
    screen = np.full_like(frame, (140, 60, 20))
    cv2.putText(screen, "NO VIDEO", (250, 190), cv2.FONT_HERSHEY_SIMPLEX, 1, (200, 200, 200))
    return screen


FAULTS: dict[str, tuple[Fault, Condition]] = {
    "a hand over 42 %": (cover(0.42, 95), Condition.COVERED),
    "a dark bag over 42 %": (cover(0.42, 14), Condition.COVERED),
    "a grey bag over all": (cover(1.0, 110), Condition.COVERED),
    "out of focus": (blur, Condition.BLURRED),
    "turned by 20 px": (warp(np.array([[1, 0, 20], [0, 1, 0]], np.float64)), Condition.MOVED),
    "turned by 70 px": (warp(np.array([[1, 0, 70], [0, 1, 9]], np.float64)), Condition.MOVED),
    "tilted by 3 degrees": (warp(cv2.getRotationMatrix2D((320, 180), 3, 1)), Condition.MOVED),
    "noise": (noise, Condition.NOISE),
    "stripes": (stripes, Condition.STRIPES),
    "capped": (lambda frame: frame // 40, Condition.BLACK),
    "dark": (lambda frame: clipped(frame * 0.12), Condition.TOO_DARK),
    "dazzled": (lambda frame: clipped(frame.astype(np.int16) + 190), Condition.TOO_BRIGHT),
    "green": (lambda frame: clipped(frame + np.array([-45, 35, -45])), Condition.COLOUR_CAST),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_within_a_minute_and_ends_when_it_is_mended(street: list[Frame], name: str) -> None:
    fault, named = FAULTS[name]
    eye = taught(street)
    began = [
        change.condition
        for look in looks(eye, [fault(frame) for frame in street[20:26]], start=20)
        for change in look.changes
        if change.began
    ]
    assert began == [named]
    for _ in looks(eye, street[26:31], start=26):
        pass
    assert eye.open_conditions == frozenset()


def test_a_recorders_no_video_screen_is_signal_loss(street: list[Frame]) -> None:
    eye = taught(street)
    for number in range(6):
        eye.look(from_bgr(no_video(street[0]), (20 + number) * LOOK_NS))
    assert Condition.SIGNAL_LOSS in eye.open_conditions


def with_clock(frame: Frame, second: int) -> Frame:
    written = frame.copy()
    for text, at in ((f"2026-11-21 07:41:{second:02d}", (10, 22)), ("East gate, camera 3", (430, 348))):
        cv2.putText(written, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (240, 240, 240))
    return written


def test_a_capped_lens_is_black_though_the_camera_writes_its_clock_into_the_picture(street: list[Frame]) -> None:
    eye = taught(street)
    for number in range(6):
        capped = sensed(with_clock(street[0] // 40, number * 10), number, 0.5)
        eye.look(from_bgr(capped, (20 + number) * LOOK_NS))
    assert eye.open_conditions == {Condition.BLACK}


@pytest.mark.parametrize("level", [0, 22], ids=["black is 0", "black is raised"])
def test_a_capped_lens_is_black_though_the_camera_turns_its_gain_up(street: list[Frame], level: int) -> None:
    eye = taught(street)
    for number in range(6):
        capped = sensed(with_clock(np.full_like(street[0], level), number * 10), number, 15)
        eye.look(from_bgr(capped, (20 + number) * LOOK_NS))
    assert eye.open_conditions == {Condition.BLACK}


def test_a_dark_street_under_high_gain_is_too_dark_and_not_black(street: list[Frame]) -> None:
    eye = taught(street)
    for number in range(6):
        eye.look(from_bgr(sensed(clipped(street[20] * 0.13), number, 8), (20 + number) * LOOK_NS))
    assert eye.open_conditions == {Condition.TOO_DARK}


def test_a_bare_wall_with_little_noise_is_no_recorders_screen() -> None:
    eye, wall = PointEye(), np.full((360, 640, 3), 150, np.uint8)
    walls = [sensed(with_clock(wall, number), number, 0.15) for number in range(LEARN_LOOKS + 12)]
    changes = [eye.look(from_bgr(seen, number * LOOK_NS)).changes for number, seen in enumerate(walls)]
    assert [change.condition for look in changes for change in look if change.began] == []


def test_a_fence_that_sways_has_no_stripes() -> None:
    eye = PointEye()
    for number in range(30):
        fence = np.full((360, 640, 3), 90, np.uint8)
        fence[:, number % 7 :: 13] = 200  # bars, each look a little aside
        eye.look(from_bgr(sensed(fence, number), number * LOOK_NS))
    assert Condition.STRIPES not in eye.open_conditions


def test_a_frozen_picture_is_found_and_one_living_picture_ends_it(street: list[Frame]) -> None:
    eye = taught(street)
    still = sensed(street[20], 1)
    for number in range(6):
        eye.look(from_bgr(still, (20 + number) * LOOK_NS))
    assert eye.open_conditions == {Condition.FROZEN}
    for _ in looks(eye, street[26:28], start=26):
        pass
    assert eye.open_conditions == frozenset()


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame,
        lambda frame: clipped(frame * 0.35 + 130),  # fog
        lambda frame: clipped(frame * 0.45),  # clouds, dusk
        lambda frame: clipped(frame * 1.25 + 10),
        warp(np.array([[1, 0, 1], [0, 1, 1]], np.float64)),  # wind
    ],
    ids=["people walking", "fog", "dusk", "sun", "wind"],
)
def test_weather_and_people_are_no_fault(street: list[Frame], change: Fault) -> None:
    eye = taught(street)
    changed = [change(frame) for frame in street[20:50]]
    assert [look.changes for look in looks(eye, changed, start=20) if look.changes] == []


def test_a_real_hand_over_the_lens_is_found(clips: Clips) -> None:
    frames = frames_of(clips.tree, 1)
    eye = PointEye()
    for _ in looks(eye, frames[:28]):  # the tree alone; its leaves move
        pass
    assert eye.open_conditions == frozenset()
    for _ in looks(eye, frames[60:], start=28):
        pass
    assert eye.open_conditions == {Condition.COVERED}


def test_too_little_texture_is_said_and_not_guessed() -> None:
    eye = PointEye()
    asphalt = np.full((360, 640, 3), 120, np.uint8)
    *_, last = looks(eye, [asphalt] * (LEARN_LOOKS + 4))
    assert last.verdict.unjudged == "too_little_texture"
    assert last.verdict.clean


def bare_wall(doors: int) -> Frame:
    """A wall with pools of lamplight, the camera's writing and some doors."""
    rows, columns = np.mgrid[0:360, 0:640].astype(np.float32)
    light = sum(np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 90**2) for x, y in ((140, 90), (330, 300), (520, 120)))
    wall = clipped(np.repeat((70 + 130 * np.asarray(light))[:, :, None], 3, axis=2))
    for number in range(doors):
        x, y = 20 + number % 8 * 78, 50 + number // 8 * 90
        cv2.rectangle(wall, (x, y), (x + 45, y + 60), (40, 50, 60), -1)
    return with_clock(wall, 7)


@pytest.mark.parametrize(("doors", "said"), [(0, "too_little_texture"), (1, "too_little_texture"), (24, "")])
def test_lamplight_and_writing_are_nothing_to_judge_a_view_by(doors: int, said: str) -> None:
    eye = PointEye()
    *_, last = looks(eye, [bare_wall(doors)] * (LEARN_LOOKS + 4))
    assert last.verdict.unjudged == said


def test_nothing_is_judged_by_a_reference_before_it_is_learnt(street: list[Frame]) -> None:
    eye = PointEye()
    unjudged = [look.verdict.unjudged for look in looks(eye, street[: LEARN_LOOKS + 1])]
    assert unjudged == ["no_reference"] * LEARN_LOOKS + [""]


def test_a_picture_under_suspicion_teaches_nothing(street: list[Frame]) -> None:
    eye = taught(street)
    before = eye.references[Light.DAY]
    for _ in looks(eye, [blur(frame) for frame in street[20:26]], start=20):
        pass
    assert eye.references[Light.DAY] is before


def test_a_cover_is_not_taken_for_the_first_night(street: list[Frame]) -> None:
    eye = taught(street)
    grey = [cover(1.0, 100)(frame) for frame in street[20:40]]
    for _ in looks(eye, grey, start=20):
        pass
    assert Light.NIGHT not in eye.references
    assert Condition.COVERED in eye.open_conditions


def test_infra_red_light_begins_a_reference_of_its_own(street: list[Frame]) -> None:
    def infra_red(frame: Frame) -> Frame:
        return np.repeat(clipped(frame.mean(axis=2, keepdims=True) * 0.8), 3, axis=2)

    eye = taught(street)
    opened = [
        change
        for look in looks(eye, [infra_red(frame) for frame in street[20:60]], start=20)
        for change in look.changes
    ]
    assert opened == []
    assert eye.references[Light.NIGHT].ready


def test_a_person_may_say_that_the_new_view_is_right(street: list[Frame]) -> None:
    eye = taught(street)
    turned = [FAULTS["turned by 70 px"][0](frame) for frame in street[20:40]]
    for _ in looks(eye, turned[:6], start=20):
        pass
    assert eye.open_conditions == {Condition.MOVED}
    eye.accept()
    after = list(looks(eye, turned[6:], start=26))
    assert [look.changes for look in after if look.changes] == []
    assert after[-1].verdict.unjudged == ""


def test_a_reference_comes_back_from_its_bytes(street: list[Frame]) -> None:
    reference = taught(street).references[Light.DAY]
    again = from_bytes(to_bytes(reference))
    assert again is not None
    assert again.ready
    assert np.abs(again.slope - reference.slope).max() <= 0.005
    assert np.array_equal(again.view.picture, reference.view.picture)
    assert from_bytes(b"damaged") is None
    assert from_bytes(to_bytes(reference)[:-500]) is None


@given(st.lists(st.booleans(), max_size=40), st.sampled_from(sorted(RULES)))
def test_an_episode_begins_and_ends_only_by_enough_looks(bad: list[bool], condition: Condition) -> None:
    rules, watch = RULES[condition], Watch()
    for number, is_bad in enumerate(bad):
        before, watch = watch, after_look(watch, is_bad, number * LOOK_NS, rules)
        recent = bad[max(0, number + 1 - rules.window) : number + 1]
        if watch.open and not before.open:
            assert sum(recent) >= rules.bad
            assert is_bad
        if before.open and not watch.open:
            assert not any(recent[-rules.good :])


def test_every_condition_can_be_opened_within_a_minute() -> None:
    for condition, rules in RULES.items():
        watch, looked = Watch(), 0
        while not watch.open:
            watch = after_look(watch, True, looked * LOOK_NS, rules)
            looked += 1
        assert looked * 10 <= 60, condition


def test_measures_of_a_plain_picture_are_what_they_should_be() -> None:
    no_colour = np.full((180, 320), 128, np.uint8)
    grey = Picture(np.full((360, 640), 77, np.uint8), no_colour, no_colour)
    found = measure(grey)
    assert (found.mean, found.low, found.high, found.mode_share) == (77, 77, 77, 1.0)
    assert (found.noise_sigma, found.cast, found.colour_spread, found.light) == (0, 0, 0, Light.NIGHT)
    noisy = np.random.default_rng(3).normal(128, 12, (360, 640))
    assert measure(Picture(clipped(noisy), grey.u, grey.v)).noise_sigma == pytest.approx(12, rel=0.1)


@pytest.mark.parametrize("sigma_px", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("height", [40, 160])
def test_the_width_of_edges_is_the_lens_and_not_the_light(sigma_px: float, height: int) -> None:
    step = np.full((360, 640), 30, np.float32)
    for left in range(20, 640, 80):
        step[:, left : left + 40] += height
    seen = np.round(cv2.GaussianBlur(step, (0, 0), sigma_px)).astype(np.uint8)
    edges = edges_of(seen)
    assert np.sqrt(np.median(edges.width_px2)) == pytest.approx(sigma_px, abs=0.4)
