"""Bare and dim places: what is noise there, how a cover over bare walls and a turn are told, what would pass unseen."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from camera.picture.cover import beyond_light, grown
from camera.picture.measure import BLOCKS, Light, measure
from camera.picture.picture import HEIGHT_PX, WIDTH_PX, Picture, Plane
from camera.picture.point_eye import Look, PointEye
from camera.picture.reference import Reference, regained_by
from camera.picture.registration import Motion, correlate
from camera.picture.verdict import Condition
from foundation.clock import NS_PER_S

ROWS, COLUMNS = BLOCKS[1], BLOCKS[0]
COLOUR = np.tile(np.array([122, 134], np.uint8), (180, 160))
"""Of a day, so that dimness alone does not make it night."""
Scene = npt.NDArray[np.float32]


def corridor() -> Scene:
    """A light wall with ribs above a darker floor with two joints; nothing else."""
    scene = np.full((HEIGHT_PX, WIDTH_PX), 70, np.float32)
    scene[:140] = 130
    scene[136:140] = 40
    for column in range(60, 600, 58):
        scene[40:136, column : column + 4] = 60
    scene[240:243] = 40
    scene[140:, 318:322] = 40
    return scene


def plane(scene: Scene, seed: int, sigma: float = 1.0, dark_sigma: float | None = None) -> Plane:
    """As a sensor gives it, with another noise where less light falls."""
    noise = np.random.default_rng(seed).normal(0, 1, scene.shape)
    spread = np.full(scene.shape, sigma)
    spread[140:] = sigma if dark_sigma is None else dark_sigma
    seen: Plane = np.clip(scene + noise * spread, 0, 255).astype(np.uint8)
    return seen


class Place:
    """A place looked at every 10 s."""

    def __init__(self, scene: Scene, sigma: float = 1.0, dark_sigma: float | None = None) -> None:
        self.scene, self.noise, self.eye, self.number = scene, (sigma, dark_sigma), PointEye(), 0
        for _ in range(10):
            self.look(scene)

    def look(self, scene: Scene) -> Look:
        self.number += 1
        taken = self.number * 10 * NS_PER_S
        return self.eye.look(Picture(plane(scene, self.number, *self.noise), COLOUR, COLOUR, taken))

    def suspected(self, scene: Scene) -> set[Condition]:
        return set(self.look(scene).verdict.suspicions)

    @property
    def reference(self) -> Reference:
        return self.eye.references[Light.DAY]


def test_noise_is_that_of_blocks_as_bright() -> None:
    reference = Place(corridor(), sigma=1.0, dark_sigma=4.0).reference
    floor, wall = reference.noise_detail[7, 2], reference.noise_detail[0, 2]
    assert floor > 8 * wall
    assert reference.clear[2].any(), "the ribs of the light wall exceed its noise"
    assert not reference.clear[5:].any(), "the joints of the dark floor do not exceed the noise there"


def grating() -> Scene:
    """A light bare wall above a darker floor with bars across it."""
    scene = np.full((HEIGHT_PX, WIDTH_PX), 130, np.float32)
    scene[140:] = 70
    for column in range(20, 620, 58):
        scene[140:, column : column + 4] = 30
    return scene


@pytest.mark.parametrize(("dark_sigma", "unseen"), [(1.0, False), (9.0, True)], ids=["lit", "dim"])
def test_where_noise_drowns_the_edges_a_lens_out_of_focus_would_pass_unseen(dark_sigma: float, unseen: bool) -> None:
    place = Place(grating(), 1.0, dark_sigma)
    seen = place.look(grating()).verdict
    assert (Condition.BLURRED in seen.unseen) is unseen
    assert seen.unjudged == ""
    blurred = np.asarray(cv2.GaussianBlur(grating(), (0, 0), 3), np.float32)
    assert (Condition.BLURRED in place.suspected(blurred)) is not unseen


def courtyard() -> Scene:
    """Bright frames on darker ground, everywhere."""
    scene = np.full((HEIGHT_PX, WIDTH_PX), 70, np.float32)
    for row in range(20, HEIGHT_PX - 40, 60):
        for column in range(20, WIDTH_PX - 40, 60):
            scene[row : row + 34, column : column + 34] = 150
    return scene


def test_a_place_full_of_edges_is_judged_by_night_though_noise_drowns_their_fine_detail() -> None:
    place = Place(courtyard(), sigma=6.0)
    assert place.reference.clear_share < 0.15, "noise must drown it for this to prove it"
    seen = place.look(courtyard()).verdict
    assert (seen.unjudged, seen.unseen, seen.suspicions) == ("", frozenset(), {})
    soft = np.asarray(cv2.GaussianBlur(courtyard(), (0, 0), 3), np.float32)
    assert Condition.BLURRED in set.union(*(place.suspected(soft) for _ in range(3))), "asked at each third look"
    assert place.suspected(moved(courtyard(), 25, 0, 0)) == {Condition.MOVED}
    covered = courtyard()
    covered[:, :300] = 40
    assert place.suspected(covered) == {Condition.COVERED}


def test_noise_that_blur_leaves_is_no_detail_of_the_place() -> None:
    place = Place(corridor(), sigma=2.0)
    blurred = np.asarray(cv2.GaussianBlur(corridor(), (0, 0), 3), np.float32)
    measures = measure(Picture(plane(blurred, 99, 2.0), COLOUR, COLOUR))
    clear = place.reference.clear
    assert np.median(place.reference.detail_left(measures)[clear]) < 0.1
    assert np.median((measures.detail / place.reference.detail)[clear]) > 0.2, "noise must count for this to prove it"


def moved(scene: Scene, right: float, down: float, turned_deg: float) -> Scene:
    matrix: Any = cv2.getRotationMatrix2D((WIDTH_PX / 2, HEIGHT_PX / 2), -turned_deg, 1)
    matrix[:, 2] += (right, down)
    return np.asarray(cv2.warpAffine(scene, matrix, (WIDTH_PX, HEIGHT_PX), borderMode=cv2.BORDER_REPLICATE), np.float32)


@pytest.mark.parametrize("motion", [(0, 22, 0), (25, -20, 0), (0, 0, 3.5), (0, 0, -5.5), (0, 0, 0)])
def test_a_bare_noisy_view_is_laid_on_itself_by_its_slopes(motion: tuple[float, float, float]) -> None:
    reference = Place(corridor(), sigma=6.0).reference
    seen = measure(Picture(plane(moved(corridor(), *motion), 77, 6.0), COLOUR, COLOUR))
    found = correlate(reference.view.turned(reference.direction), seen.slope)
    assert found.shift_px == pytest.approx(np.hypot(*motion[:2]), abs=2.5)
    assert found.roll_deg == pytest.approx(motion[2], abs=0.6)


def test_a_turn_of_a_bare_view_is_movement() -> None:
    place = Place(corridor(), sigma=1.5)
    assert place.suspected(moved(corridor(), 24, 21, 0)) == {Condition.MOVED}
    assert place.suspected(moved(corridor(), 0, 0, 4)) == {Condition.MOVED}
    assert place.suspected(corridor()) == set()


def test_a_look_that_shows_the_place_renews_what_is_known_of_where_it_stands() -> None:
    place, hidden = Place(corridor(), sigma=1.5), corridor()
    hidden[:110] = hidden[:110].mean()  # what is left is around the middle and stays there when the view turns
    for _ in range(2):
        place.suspected(hidden)
    stood = place.look(corridor()).verdict.stood
    assert stood is not None
    assert (stood & place.reference.textured).sum() >= 0.9 * place.reference.textured.sum()
    assert place.suspected(moved(corridor(), 0, 0, 3.5)) == {Condition.MOVED}


def test_moving_back_a_view_that_stands_regains_nothing() -> None:
    place = Place(corridor())
    slope = measure(Picture(plane(corridor(), 50), COLOUR, COLOUR)).slope
    aside = Motion(np.array([[1, 0, 20.0], [0, 1, 14.0]]))
    assert regained_by(place.reference, slope, aside).of_all < 0


def covered(scene: Scene, shade: float) -> Scene:
    """A sheet over the left 45 %."""
    hidden = scene.copy()
    hidden[:, : int(WIDTH_PX * 0.45)] = shade
    return hidden


def test_a_sheet_over_a_bare_wall_is_one_piece_with_the_edges_it_hides() -> None:
    place = Place(corridor())
    assert place.suspected(covered(corridor(), 95)) == {Condition.COVERED}


def blocks(rows: slice, columns: slice) -> npt.NDArray[np.bool_]:
    chosen = np.zeros((ROWS, COLUMNS), np.bool_)
    chosen[rows, columns] = True
    return chosen


def test_bare_blocks_are_hidden_only_with_edges_that_are_lost() -> None:
    change = np.where(blocks(slice(0, 9), slice(0, 8)), 30, 0).astype(np.float32)
    lost, seen = blocks(slice(4, 5), slice(0, 6)), blocks(slice(4, 5), slice(8, 16))
    assert grown(lost, seen, change, 3.0, few=3).mean() > 0.4
    assert not grown(lost & blocks(slice(4, 5), slice(0, 2)), seen, change, 3.0, few=3).any(), "a passer-by"
    lit = (
        blocks(slice(4, 5), slice(0, 8)) & ~lost | blocks(slice(2, 3), slice(0, 8)) | ~blocks(slice(0, 9), slice(0, 8))
    )
    assert not grown(lost, lit, change, 3.0, few=3).any(), "lamplight: most edges in it are seen"
    restless = change + np.where(seen, 20, 0).astype(np.float32)
    assert grown(lost, seen, restless, 3.0, few=3).sum() == lost.sum(), "light explains as little where all is seen"


def test_what_light_does_to_dark_and_bright_together_is_explained() -> None:
    scene = np.kron(np.random.default_rng(4).uniform(40, 120, (ROWS, COLUMNS)), np.ones((40, 40))).astype(np.float32)
    everywhere = np.ones((ROWS, COLUMNS), np.bool_)
    lit = plane(scene * 1.5 + 20, 1)
    assert np.abs(beyond_light(plane(scene, 2), lit, everywhere)).max() < 1.5
    lit[:80, :80] -= 40
    assert beyond_light(plane(scene, 2), lit, ~blocks(slice(0, 2), slice(0, 2)))[0, 0] == pytest.approx(-40, abs=2)


def half_bare() -> Scene:
    """Ribs on the left half, nothing on the right."""
    scene = corridor()
    scene[:, 320:] = 120
    scene[:, :320:40] = 30
    return scene


def test_a_part_without_edges_is_said_to_hide_a_cover_and_one_over_the_other_part_is_found() -> None:
    place = Place(half_bare())
    assert Condition.COVERED in place.look(half_bare()).verdict.unseen
    assert place.suspected(covered(half_bare(), 95)) == {Condition.COVERED}
    assert Condition.COVERED not in Place(corridor()).look(corridor()).verdict.unseen


def test_a_dark_sheet_in_a_dim_place_is_no_nightfall_and_lamps_going_out_are_no_sheet() -> None:
    dim = corridor() * np.float32(0.6)
    place = Place(dim)
    for _ in range(6):
        place.look(covered(dim, 4))
    assert place.eye.open_conditions == {Condition.COVERED}
    assert Light.NIGHT not in place.eye.references
    dark = Place(dim)
    assert dark.suspected(dim * np.float32(0.6)) == set()
