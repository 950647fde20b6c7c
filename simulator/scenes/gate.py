"""The school gate (校门): name board, guard house, folding gate and barrier, trees, people, one car."""

from __future__ import annotations

import cv2
import numpy as np

from simulator.scenes.overlay import label, wording
from simulator.scenes.pinhole import Picture, Pinhole, line
from simulator.scenes.texture import brick_wall, grain, region_of, tree
from simulator.scenes.walkers import LOOP_S, Walker, draw_car

CHINESE_NAME, LATIN_NAME = "学校正门 01", "Main gate 01"

_GATE_Z_M = 16.0
_BARRIER_FROM_S, _BARRIER_TO_S = 22.0, 34.0
_LIFT_S = 2.0

_WALKERS = (
    Walker(
        starts_s=1,
        lasts_s=17,
        from_m=(-13, 11.5),
        to_m=(13, 12.5),
        tall_m=1.7,
        coat=(150, 84, 40),
        trousers=(50, 46, 44),
        bag=None,
    ),
    Walker(
        starts_s=9,
        lasts_s=20,
        from_m=(-2.2, 9.0),
        to_m=(-3.4, 30),
        tall_m=1.35,
        coat=(214, 214, 220),
        trousers=(140, 70, 30),
        bag=(60, 60, 200),
    ),
    Walker(
        starts_s=11,
        lasts_s=21,
        from_m=(-1.3, 9.0),
        to_m=(-2.6, 31),
        tall_m=1.4,
        coat=(208, 212, 216),
        trousers=(140, 70, 30),
        bag=(170, 120, 30),
    ),
    Walker(
        starts_s=36,
        lasts_s=21,
        from_m=(-2.4, 32),
        to_m=(-0.8, 7.4),
        tall_m=1.68,
        coat=(60, 60, 160),
        trousers=(70, 62, 58),
        bag=None,
    ),
    Walker(
        starts_s=40,
        lasts_s=18,
        from_m=(12, 10.2),
        to_m=(-12, 9.6),
        tall_m=1.72,
        coat=(70, 110, 70),
        trousers=(80, 80, 84),
        bag=(30, 30, 34),
    ),
    Walker(
        starts_s=50,
        lasts_s=17,
        from_m=(-12, 12.6),
        to_m=(12, 11.6),
        tall_m=1.62,
        coat=(180, 140, 190),
        trousers=(60, 60, 66),
        bag=None,
    ),
    # the guard on his round before the gate house
    Walker(
        starts_s=20,
        lasts_s=14,
        from_m=(5.6, 13.6),
        to_m=(3.9, 13.4),
        tall_m=1.74,
        coat=(58, 40, 30),
        trousers=(40, 34, 30),
        bag=None,
    ),
    Walker(
        starts_s=34,
        lasts_s=14,
        from_m=(3.9, 13.4),
        to_m=(5.6, 13.6),
        tall_m=1.74,
        coat=(58, 40, 30),
        trousers=(40, 34, 30),
        bag=None,
    ),
)


class GateScene:
    """Draws the gate for one picture size; the parts that never move are drawn once."""

    def __init__(self, width: int, height: int) -> None:
        self._view = Pinhole(width=width, height=height, height_m=4.6, field_of_view_deg=66, horizon=0.27)
        self._far = self._draw_far(width, height)
        before = self._far.copy()
        self._draw_gate(before)
        self._near = before
        changed = np.any(before != self._far, axis=2).astype(np.uint8) * 255
        self._near_mask = changed

    def frame(self, second: float) -> Picture:
        picture = self._far.copy()
        car = _car_place(second)
        beyond = [walker for walker in _WALKERS if (p := walker.place(second)) and p[1] > _GATE_Z_M]
        before = [walker for walker in _WALKERS if (p := walker.place(second)) and p[1] <= _GATE_Z_M]
        if car and car[1] > _GATE_Z_M:
            draw_car(picture, self._view, *car)
        for walker in sorted(beyond, key=lambda who: -(who.place(second) or (0, 0))[1]):
            walker.draw(picture, self._view, second)
        self._flag(picture, second)
        cv2.copyTo(self._near, self._near_mask, picture)
        if car and car[1] > 13.5:
            draw_car(picture, self._view, *car)
        self._barrier(picture, second)
        for walker in sorted(before, key=lambda who: -(who.place(second) or (0, 0))[1]):
            walker.draw(picture, self._view, second)
        if car and car[1] <= 13.5:
            draw_car(picture, self._view, *car)
        return picture

    def _draw_far(self, width: int, height: int) -> Picture:
        view, picture = self._view, np.zeros((height, width, 3), np.uint8)
        horizon = round(height * view.horizon)
        shades = np.linspace(0, 1, max(1, horizon))[:, None, None]
        picture[:horizon] = (np.array((232, 205, 172)) * (1 - shades) + np.array((240, 232, 222)) * shades).astype(
            np.uint8
        )
        picture[horizon:] = (116, 120, 118)
        self._building(picture)
        for index, x in enumerate((*np.arange(-44, -25, 3.4), *np.arange(28, 46, 3.4))):
            tree(picture, view, float(x), 47, 9 + index % 3, seed=60 + index)
        for index, (across, away, tall) in enumerate(
            ((-17, 38, 8), (-11, 34, 7.5), (12.5, 36, 8.5), (19, 40, 9), (-7.6, 26, 6.2), (8.4, 27, 6.6))
        ):
            tree(picture, view, across, away, tall, seed=20 + index)
        # the drive into the school, with kerbs, and the road along the wall
        ground = region_of(picture, view, [(-40, 0, 3.2), (40, 0, 3.2), (60, 0, 44), (-60, 0, 44)])
        drive = [(-5.4, 0.0, 12.0), (5.4, 0.0, 12.0), (5.4, 0.0, 43.0), (-5.4, 0.0, 43.0)]
        view.fill(picture, drive, (104, 106, 106))
        for side in (-5.4, 5.4):
            view.line(picture, (side, 0, 16), (side, 0, 43), (176, 182, 182), 0.18)
        view.fill(picture, [(-40, 0, 3.2), (40, 0, 3.2), (40, 0, 9.2), (-40, 0, 9.2)], (88, 88, 88))
        view.fill(picture, [(-40, 0, 9.2), (40, 0, 9.2), (40, 0, 9.5), (-40, 0, 9.5)], (182, 186, 186))
        for start in np.arange(-30, 30, 3.0):
            view.fill(
                picture,
                [(start, 0, 6.9), (start + 1.6, 0, 6.9), (start + 1.6, 0, 7.05), (start, 0, 7.05)],
                (222, 226, 226),
            )
        for z in np.arange(9.8, 14.8, 0.8):
            view.line(picture, (-40, 0, z), (40, 0, z), (104, 110, 110), 0.03)
        for joint in np.arange(-24.0, 24.0, 0.8):
            if abs(joint) > 5.4:
                view.line(picture, (joint, 0, 9.6), (joint, 0, 14.8), (106, 112, 112), 0.03)
        for x in np.arange(-5.0, 5.0, 1.0):  # zebra in front of the gate: 礼让行人
            view.fill(picture, [(x, 0, 10), (x + 0.5, 0, 10), (x + 0.5, 0, 12.2), (x, 0, 12.2)], (206, 210, 210))
        view.line(picture, (0, 0, 16.5), (0, 0, 43), (60, 190, 220), 0.14)
        grain(picture, ground, 5.0, seed=3)
        return picture

    def _building(self, picture: Picture) -> None:
        """The teaching block behind: four storeys of windows, a clock, a roof line."""
        view, z = self._view, 46.0
        left, right, storeys, storey = -26.0, 26.0, 4, 3.3
        view.fill(
            picture,
            [(left, 0, z), (right, 0, z), (right, storeys * storey + 0.9, z), (left, storeys * storey + 0.9, z)],
            (176, 196, 214),
        )
        wall = region_of(picture, view, [(left, 0, z), (right, 0, z), (right, 14.1, z), (left, 14.1, z)])
        grain(picture, wall, 3.0, seed=5, coarse_px=5)
        random = np.random.default_rng(11)
        for floor in range(storeys):
            low = floor * storey + 0.9
            view.fill(
                picture,
                [(left, low - 0.75, z), (right, low - 0.75, z), (right, low - 0.45, z), (left, low - 0.45, z)],
                (120, 130, 190),
            )
            for x in np.arange(left + 1.0, right - 2.0, 2.6):
                light = int(random.integers(0, 46))
                view.fill(
                    picture,
                    [(x, low, z), (x + 1.8, low, z), (x + 1.8, low + 1.7, z), (x, low + 1.7, z)],
                    (112 + light, 96 + light, 78 + light),
                )
                view.line(picture, (x + 0.9, low, z), (x + 0.9, low + 1.7, z), (224, 226, 226), 0.09)
                view.line(picture, (x, low + 1.1, z), (x + 1.8, low + 1.1, z), (224, 226, 226), 0.09)

    def _draw_gate(self, picture: Picture) -> None:
        """Everything in the plane of the gate: wall, posts, name board, guard house, folding gate."""
        view, z = self._view, _GATE_Z_M
        for left, right, seed in ((-24.0, -6.6, 31), (10.6, 24.0, 32)):
            brick_wall(picture, view, left, right, 1.1, z, (72, 92, 148), seed)
            for x in np.arange(left, right, 0.32):
                view.line(picture, (x, 1.1, z), (x, 2.3, z), (66, 66, 62), 0.05)
            view.line(picture, (left, 2.2, z), (right, 2.2, z), (66, 66, 62), 0.07)
            view.fill(picture, [(left, 1.08, z), (right, 1.08, z), (right, 1.2, z), (left, 1.2, z)], (176, 182, 186))
        for left in (-6.7, 5.3):
            brick_wall(picture, view, left, left + 1.3, 3.6, z - 0.2, (70, 84, 140), 40 + int(left))
            view.fill(
                picture,
                [
                    (left - 0.15, 3.6, z - 0.2),
                    (left + 1.45, 3.6, z - 0.2),
                    (left + 1.45, 3.9, z - 0.2),
                    (left - 0.15, 3.9, z - 0.2),
                ],
                (190, 198, 204),
            )
        self._guard_house(picture)
        # the name board, upright on the left post as such boards are
        view.fill(
            picture,
            [(-6.4, 0.7, z - 0.25), (-5.7, 0.7, z - 0.25), (-5.7, 3.45, z - 0.25), (-6.4, 3.45, z - 0.25)],
            (236, 240, 242),
        )
        name, size = wording("阳光实验小学", "SCHOOL"), max(6, round(0.38 * view.px_per_m(z)))
        for index, character in enumerate(name):
            label(picture, character, view.point(-6.05, 3.2 - index * 2.5 / len(name), z - 0.25), size, (30, 28, 26))
        # folding gate (电动伸缩门), drawn back to the left half
        for x in np.arange(-5.3, -3.9, 0.28):
            view.line(picture, (x, 0.1, z), (x + 0.28, 1.35, z), (206, 208, 208), 0.05)
            view.line(picture, (x + 0.28, 0.1, z), (x, 1.35, z), (172, 176, 178), 0.05)
            view.line(picture, (x, 0.05, z), (x, 1.45, z), (214, 216, 216), 0.06)
        view.fill(picture, [(-4.0, 0.05, z), (-3.4, 0.05, z), (-3.4, 1.6, z), (-4.0, 1.6, z)], (196, 200, 202))
        view.fill(picture, [(-3.95, 1.1, z), (-3.45, 1.1, z), (-3.45, 1.4, z), (-3.95, 1.4, z)], (40, 40, 190))
        # barrier's post, and an island between the lanes
        view.fill(
            picture, [(0.2, 0, z - 0.6), (0.7, 0, z - 0.6), (0.7, 1.15, z - 0.6), (0.2, 1.15, z - 0.6)], (36, 168, 226)
        )
        view.fill(
            picture,
            [(0.2, 0.75, z - 0.61), (0.7, 0.75, z - 0.61), (0.7, 0.9, z - 0.61), (0.2, 0.9, z - 0.61)],
            (40, 40, 40),
        )

    def _guard_house(self, picture: Picture) -> None:
        view, front, back = self._view, 14.6, 18.0
        left, right, top = 6.7, 10.8, 3.0
        view.fill(picture, [(left, 0, front), (left, 0, back), (left, top, back), (left, top, front)], (150, 164, 172))
        view.fill(
            picture, [(left, 0, front), (right, 0, front), (right, top, front), (left, top, front)], (196, 212, 222)
        )
        walls = region_of(picture, view, [(left, 0, front), (right, 0, front), (right, top, front), (left, top, front)])
        grain(picture, walls, 3.5, seed=8)
        view.fill(
            picture,
            [
                (left - 0.3, top, front - 0.3),
                (right + 0.3, top, front - 0.3),
                (right + 0.3, top + 0.3, front - 0.3),
                (left - 0.3, top + 0.3, front - 0.3),
            ],
            (120, 70, 40),
        )
        view.fill(
            picture,
            [
                (left + 0.3, 1.05, front),
                (left + 2.5, 1.05, front),
                (left + 2.5, 2.25, front),
                (left + 0.3, 2.25, front),
            ],
            (120, 104, 82),
        )
        view.fill(
            picture,
            [(left + 0.5, 1.1, front), (left + 1.1, 1.1, front), (left + 0.9, 2.2, front), (left + 0.4, 2.2, front)],
            (170, 156, 136),
        )
        view.line(picture, (left + 1.4, 1.05, front), (left + 1.4, 2.25, front), (230, 232, 232), 0.07)
        view.fill(
            picture,
            [(left + 3.0, 0, front), (left + 3.8, 0, front), (left + 3.8, 2.1, front), (left + 3.0, 2.1, front)],
            (90, 96, 120),
        )
        view.fill(
            picture,
            [(left + 0.6, 2.4, front), (left + 2.6, 2.4, front), (left + 2.6, 2.9, front), (left + 0.6, 2.9, front)],
            (150, 70, 20),
        )
        label(
            picture,
            wording("门卫室", "GUARD"),
            view.point(left + 1.6, 2.66, front),
            max(6, round(0.4 * view.px_per_m(front))),
            (240, 240, 240),
        )

    def _barrier(self, picture: Picture, second: float) -> None:
        """The barrier's arm, red and white, lifted while the car passes."""
        up = np.clip((second - _BARRIER_FROM_S) / _LIFT_S, 0, 1) * np.clip((_BARRIER_TO_S - second) / _LIFT_S, 0, 1)
        angle = float(up) * np.pi / 2 * 0.94
        z, foot, reach, pieces = _GATE_Z_M - 0.6, (0.45, 1.0), 4.6, 10
        for piece in range(pieces):
            near, far = reach * piece / pieces, reach * (piece + 1) / pieces
            colour = (50, 44, 206) if piece % 2 else (238, 240, 240)
            start = self._view.point(foot[0] + near * np.cos(angle), foot[1] + near * np.sin(angle), z)
            end = self._view.point(foot[0] + far * np.cos(angle), foot[1] + far * np.sin(angle), z)
            line(picture, start, end, colour, max(2, round(0.12 * self._view.px_per_m(z))))

    def _flag(self, picture: Picture, second: float) -> None:
        """The flag in front of the teaching block; six gusts a minute, so that the loop closes."""
        view, x, z, top = self._view, -3.0, 38.0, 10.6
        view.line(picture, (x, 0, z), (x, top, z), (206, 208, 208), 0.16)
        upper: list[tuple[float, float, float]] = []
        lower: list[tuple[float, float, float]] = []
        for step in range(9):
            wave = 0.18 * float(np.sin(2 * np.pi * (second * 36 / LOOP_S - step / 5))) * step / 8
            upper.append((x + 0.35 * step, top - 0.2 + wave, z))
            lower.append((x + 0.35 * step, top - 2.1 + wave, z))
        view.fill(picture, upper + lower[::-1], (40, 32, 208))


def _car_place(second: float) -> tuple[float, float, bool] | None:
    """(x, z, braking) of the car: it rolls up, waits for the barrier, drives in."""
    arrives, waits_until, gone = 14.0, _BARRIER_FROM_S + _LIFT_S, 42.0
    if second < arrives or second > gone:
        return None
    stop_z, start_z, end_z = 11.4, 3.6, 44.0
    if second < arrives + 6:
        share = (second - arrives) / 6
        return 2.6, start_z + (stop_z - start_z) * (1 - (1 - share) ** 2), share > 0.5
    if second < waits_until:
        return 2.6, stop_z, True
    share = (second - waits_until) / (gone - waits_until)
    return 2.6 + 0.3 * share, stop_z + (end_z - stop_z) * share**1.4, False
