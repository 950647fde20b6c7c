"""The exact area in sight."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import coverage_peer
from benchmarks.peer_environment import PeerUnavailable
from camera.coverage.visibility import NotEnclosedError, visibility_polygon
from config.ring import contains, signed_area_m2
from tests.support.programs import unavailable

YARD = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]


def walls(*rings: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    starts = [corner for ring in rings for corner in ring]
    ends = [corner for ring in rings for corner in (*ring[1:], ring[0])]
    return np.array(starts), np.array(ends)


def area(eye: tuple[float, float], *rings: list[tuple[float, float]]) -> float:
    polygon = visibility_polygon(eye, *walls(*rings))
    return signed_area_m2(tuple(map(tuple, polygon.tolist())))


def test_an_empty_yard_is_seen_whole() -> None:
    assert area((3.0, 4.0), YARD) == pytest.approx(100)


def test_a_block_hides_itself_and_what_lies_behind_it() -> None:
    block = [(4.0, 4.0), (4.0, 6.0), (6.0, 6.0), (6.0, 4.0)]
    # From (2, 5) the block's near side spans ±1 at 2 m: behind it, up to 8 m away, a trapezoid of (2 + 8)/2·6.
    assert area((2.0, 5.0), YARD, block) == pytest.approx(100 - 30)


def test_walls_that_cross_hide_no_more_than_what_is_behind_either() -> None:
    cross = np.array([[4.0, 4.0], [4.0, 6.0]]), np.array([[6.0, 6.0], [6.0, 4.0]])
    starts, ends = walls(YARD)
    polygon = visibility_polygon((2.0, 5.0), np.concatenate([starts, cross[0]]), np.concatenate([ends, cross[1]]))
    crossing = np.array([[4.6, 5.0], [5.4, 5.0]])
    inside = contains(tuple(map(tuple, polygon.tolist())), crossing)
    assert inside.tolist() == [True, False]


@pytest.mark.parametrize("wall", [((3.0, 4.0), (7.0, 6.0)), ((1.0, 4.0), (7.0, 4.0)), ((3.0, 4.0), (3.0, 4.0))])
def test_a_wall_that_the_eye_lies_on_hides_nothing(wall: tuple[tuple[float, float], tuple[float, float]]) -> None:
    starts, ends = walls(YARD)
    polygon = visibility_polygon((3.0, 4.0), np.vstack([starts, wall[0]]), np.vstack([ends, wall[1]]))
    assert signed_area_m2(tuple(map(tuple, polygon.tolist()))) == pytest.approx(100)


def test_an_eye_that_looks_out_into_the_open_is_refused() -> None:
    with pytest.raises(NotEnclosedError):
        visibility_polygon((20.0, 5.0), *walls(YARD))


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_a_place_is_in_the_polygon_if_the_line_to_it_meets_no_wall(seed: int) -> None:
    (scene,) = coverage_peer.random_scenes(1, seed)
    starts, ends = walls(*[list(ring) for ring in scene.rings])
    polygon = visibility_polygon(scene.eye, starts, ends)
    eye = np.array(scene.eye)
    places = np.random.default_rng(seed).uniform(0, coverage_peer.SIDE_M, (200, 2))
    inside = contains(tuple(map(tuple, polygon.tolist())), places)
    for place, seen in zip(places, inside, strict=True):
        along, wall, to = place - eye, ends - starts, starts - eye
        turn = along[0] * wall[:, 1] - along[1] * wall[:, 0]
        here = (to[:, 0] * wall[:, 1] - to[:, 1] * wall[:, 0]) / turn
        there = (to[:, 0] * along[1] - to[:, 1] * along[0]) / turn
        assert seen == (not ((here > 0) & (here < 1) & (there > 0) & (there < 1)).any())


@pytest.mark.process
def test_visilibity_finds_the_same_areas() -> None:
    try:
        peer = coverage_peer.compare(coverage_peer.random_scenes(200, seed=11))
    except PeerUnavailable as error:
        unavailable(str(error))
    assert peer.scenes == 200
    assert peer.worst_relative_error < 1e-6
