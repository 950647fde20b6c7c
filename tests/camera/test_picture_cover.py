"""What hides the place: a thing that came within a minute, not one that has left or snow that comes to lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from camera.picture import point_eye, texture
from camera.picture.cover import as_bright, largest_blob, left_behind, lost_lately
from camera.picture.judgement import judge
from camera.picture.measure import BLOCKS, Light, measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.point_eye import PointEye
from camera.picture.thresholds import Suspicion, Thresholds
from camera.picture.verdict import Condition, Lately, Verdict
from foundation.clock import NS_PER_S

ROWS, COLUMNS = BLOCKS[1], BLOCKS[0]
GREY = np.full((180, 320), 128, np.uint8)


def blocks(*areas: tuple[slice, slice]) -> npt.NDArray[np.bool_]:
    chosen = np.zeros((ROWS, COLUMNS), np.bool_)
    for area in areas:
        chosen[area] = True
    return chosen


VAN = (slice(3, 6), slice(4, 10))
PARKED = blocks(VAN)


def yard(random: np.random.Generator) -> npt.NDArray[np.float32]:
    """Ground with texture everywhere."""
    coarse = random.normal(100, 22, (HEIGHT_PX // 8, WIDTH_PX // 8)).astype(np.float32)
    return np.kron(coarse, np.ones((8, 8), np.float32))


def smooth(level: float) -> npt.NDArray[np.float32]:
    return np.full((HEIGHT_PX, WIDTH_PX), level, np.float32)


def with_piece(ground: npt.NDArray[np.float32], piece: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    mask = np.kron(PARKED, np.ones((40, 40), np.bool_)).astype(bool)
    return np.where(mask, piece, ground).astype(np.float32)


def plane(values: npt.NDArray[np.float32], seed: int = 0) -> Plane:
    noise = np.random.default_rng(seed).normal(0, 1.2, values.shape)
    whole: Plane = np.clip(values + noise, 0, 255).astype(np.uint8)
    return whole


def test_where_a_van_stood_and_the_ground_goes_on_nothing_hides_the_place() -> None:
    van_there, van_gone = plane(with_piece(smooth(90), smooth(180))), plane(smooth(90))
    assert (left_behind(PARKED, van_there, van_gone, limit=0.25) == PARKED).all()
    assert not left_behind(PARKED, van_gone, van_there, limit=0.25).any(), "one that has come does hide it"


def test_what_fills_a_quarter_of_the_view_never_belonged_to_the_place() -> None:
    van_there, van_gone = plane(with_piece(smooth(90), smooth(180))), plane(smooth(90))
    assert not left_behind(PARKED, van_there, van_gone, limit=0.25, large=PARKED.mean()).any()


def test_what_is_as_bright_as_the_place_has_not_come_before_the_lens() -> None:
    tufts = plane(with_piece(smooth(150), 150 + 20 * np.sign(yard(np.random.default_rng(6)) - 100)), 1)
    snowed_over, brighter = plane(smooth(150), 2), plane(smooth(165), 3)
    hidden = plane(with_piece(smooth(150), smooth(140)), 4)
    assert (as_bright(PARKED, tufts, snowed_over, least=3.0) == PARKED).all()
    assert (as_bright(PARKED, tufts, brighter, least=3.0) == PARKED).all(), "exposure is the camera's"
    assert not as_bright(PARKED, tufts, hidden, least=3.0).any()


def test_lamplight_that_falls_off_across_the_ground_is_no_rim() -> None:
    falling = smooth(30) + np.linspace(0, 20, WIDTH_PX, dtype=np.float32)[None, :]
    assert (left_behind(PARKED, plane(with_piece(falling, smooth(48))), plane(falling), limit=0.25) == PARKED).all()


def test_each_piece_is_asked_by_itself() -> None:
    hand = (slice(0, 2), slice(12, 16))
    before, now = with_piece(smooth(90), smooth(180)), smooth(90)
    now[0:80, 480:640] = 20
    assert (left_behind(blocks(VAN, hand), plane(before), plane(now), limit=0.25) == PARKED).all()


def test_a_block_counts_only_if_it_was_lost_within_the_last_looks() -> None:
    retention = np.full((ROWS, COLUMNS), 0.3, np.float32)
    slowly = [np.full((ROWS, COLUMNS), 0.3 + 0.03 * ago, np.float32) for ago in range(6)]
    assert not lost_lately(retention, slowly, 0.25).any()
    passed_by = [*slowly[:5], np.full((ROWS, COLUMNS), 0.9, np.float32)]
    assert lost_lately(retention, passed_by, 0.25).all(), "who walked by in between does not count"
    assert lost_lately(retention, (), 0.25).all(), "of the time before a restart nothing is known"


def test_one_thing_is_what_hangs_together() -> None:
    apart = blocks((slice(0, 1), slice(0, 1)), (slice(2, 3), slice(2, 3)))
    assert largest_blob(apart) == pytest.approx(1 / 144)
    assert largest_blob(PARKED) == pytest.approx(18 / 144)


class Yard:
    """A yard with texture, looked at every 10 s."""

    def __init__(self, ground: npt.NDArray[np.float32]) -> None:
        self.ground, self.eye, self.number = ground, PointEye(), 0

    def look(self, values: npt.NDArray[np.float32]) -> set[Condition]:
        """One look; the conditions that are suspected."""
        self.number += 1
        picture = Picture(plane(values, self.number), GREY, GREY, self.number * 10 * NS_PER_S)
        return set(self.eye.look(picture).verdict.suspicions)


def test_ground_that_was_going_white_a_minute_ago_is_not_covered() -> None:
    place = Yard(yard(np.random.default_rng(1)))
    for _ in range(10):
        place.look(place.ground)
    reference = place.eye.references[Light.NIGHT]
    white = place.ground.copy()
    white[HEIGHT_PX // 2 :] = 165
    picture = Picture(plane(white), GREY, GREY)
    measures = measure(picture)

    def suspected(retention_a_minute_ago: float) -> set[Condition]:
        before = np.full((ROWS, COLUMNS), retention_a_minute_ago, np.float32)
        lately = Lately(retention=(before,))
        return set(judge(measures, picture.y, reference, None, Thresholds(), lately=lately).suspicions)

    assert suspected(0.9) == {Condition.COVERED}
    assert suspected(0.15) == set(), "the ground had been lost before: it was not covered within the minute"


def watched(monkeypatch: pytest.MonkeyPatch, retention: list[float]) -> list[tuple[bool, bool]]:
    """Per look whether a cover was suspected and whether an episode was open, for a place that keeps so much of itself.

    What is lost within a minute is asked of the looks that the judge was given.
    """
    shares, place, said = iter(retention), Yard(smooth(90)), []

    def judged(*_: object, lately: Lately, **__: object) -> Verdict:
        kept = np.full((ROWS, COLUMNS), next(shares), np.float32)
        lost = bool(lately.retention) and lost_lately(kept, lately.retention, Thresholds().lost_at_once).any()
        return Verdict({Condition.COVERED: Suspicion(0.5, 0.085)} if lost else {}, retention=kept)

    monkeypatch.setattr(point_eye, "judge", judged)
    for _ in retention:
        suspected = Condition.COVERED in place.look(place.ground)
        said.append((suspected, Condition.COVERED in place.eye.open_conditions))
    return said


def test_snow_that_goes_on_falling_does_not_confirm_the_suspicion_of_one_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quickly, slowly = [1 - 0.045 * look for look in range(7)], [0.73 - 0.02 * look for look in range(1, 30)]
    said = watched(monkeypatch, [1.0] * 6 + quickly + slowly)
    assert any(suspected for suspected, _ in said), "one minute of it must be suspicious for this to prove anything"
    assert not any(is_open for _, is_open in said)


def test_a_cover_is_one_for_as_long_as_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    said = watched(monkeypatch, [1.0] * 6 + [0.2] * 40)
    assert [is_open for _, is_open in said[10:]] == [True] * 36


def test_ground_that_loses_its_texture_and_keeps_its_brightness_is_not_covered() -> None:
    place = Yard(yard(np.random.default_rng(8)))
    for _ in range(10):
        place.look(place.ground)
    means = place.ground.reshape(ROWS, 40, COLUMNS, 40).mean(axis=(1, 3))
    plain = place.ground.copy()
    plain[120:] = np.kron(means, np.ones((40, 40), np.float32))[120:]
    assert place.look(plain) == set()
    plain[120:] += 40
    assert place.look(plain) == {Condition.COVERED}


def test_a_view_known_to_stand_is_not_searched_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Yard(yard(np.random.default_rng(2)))
    for _ in range(10):
        place.look(place.ground)
    searched = 0
    for name in ("correlate", "match"):
        search = getattr(texture, name)

        def counted(*views: object, search: object = search) -> object:
            nonlocal searched
            searched += 1
            assert callable(search)
            return search(*views)

        monkeypatch.setattr(texture, name, counted)
    hidden = place.ground.copy()
    hidden[120:, :] = 60
    for _ in range(5):
        assert place.look(hidden) == {Condition.COVERED}
    assert 1 <= searched <= 2, "once it is known to stand, what it still shows in its place is enough"
    searched = 0
    place.look(np.roll(hidden, 30, axis=1))
    assert searched >= 1, "turned now, it is searched for"
