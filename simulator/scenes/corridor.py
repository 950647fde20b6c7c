"""A corridor of a teaching block (教学楼走廊): classroom doors on the left, windows on the right, people walking."""

from __future__ import annotations

import numpy as np

from simulator.scenes.overlay import label, wording
from simulator.scenes.pinhole import Picture, Pinhole
from simulator.scenes.texture import grain, region_of
from simulator.scenes.walkers import Walker

CHINESE_NAME, LATIN_NAME = "教学楼一层走廊 02", "Corridor 1F 02"

_LEFT_M, _RIGHT_M, _CEILING_M, _END_M = -1.7, 1.7, 3.3, 32.0

_WALKERS = (
    Walker(
        starts_s=2,
        lasts_s=24,
        from_m=(-0.9, 30),
        to_m=(-0.5, 2.6),
        tall_m=1.66,
        coat=(170, 110, 60),
        trousers=(60, 52, 50),
        bag=None,
    ),
    Walker(
        starts_s=6,
        lasts_s=22,
        from_m=(0.7, 3.0),
        to_m=(0.9, 31),
        tall_m=1.38,
        coat=(212, 214, 220),
        trousers=(150, 76, 34),
        bag=(50, 60, 190),
    ),
    Walker(
        starts_s=18,
        lasts_s=22,
        from_m=(0.2, 3.0),
        to_m=(0.4, 29),
        tall_m=1.42,
        coat=(206, 210, 214),
        trousers=(150, 76, 34),
        bag=(60, 140, 60),
    ),
    Walker(
        starts_s=30,
        lasts_s=26,
        from_m=(-0.3, 31),
        to_m=(0.6, 2.6),
        tall_m=1.74,
        coat=(70, 70, 76),
        trousers=(50, 50, 54),
        bag=None,
    ),
    Walker(
        starts_s=38,
        lasts_s=7,
        from_m=(-1.6, 11.5),
        to_m=(1.3, 11.8),
        tall_m=1.4,
        coat=(210, 212, 218),
        trousers=(150, 76, 34),
        bag=None,
    ),
    Walker(
        starts_s=45,
        lasts_s=24,
        from_m=(-0.8, 2.8),
        to_m=(-1.0, 30),
        tall_m=1.6,
        coat=(120, 90, 180),
        trousers=(60, 60, 70),
        bag=(40, 40, 44),
    ),
)


class CorridorScene:
    """Draws the corridor for one picture size; the empty corridor is drawn once."""

    def __init__(self, width: int, height: int) -> None:
        self._view = Pinhole(width=width, height=height, height_m=2.75, field_of_view_deg=74, horizon=0.31)
        self._empty = self._draw_empty(width, height)

    def frame(self, second: float) -> Picture:
        picture = self._empty.copy()
        present = [(place[1], walker) for walker in _WALKERS if (place := walker.place(second))]
        for _, walker in sorted(present, key=lambda pair: -pair[0]):
            walker.draw(picture, self._view, second)
        return picture

    def _draw_empty(self, width: int, height: int) -> Picture:
        view, near = self._view, 1.6
        picture = np.zeros((height, width, 3), np.uint8)
        left, right, top, end = _LEFT_M, _RIGHT_M, _CEILING_M, _END_M
        floor = [(left, 0.0, near), (right, 0.0, near), (right, 0.0, end), (left, 0.0, end)]
        ceiling = [(left, top, near), (right, top, near), (right, top, end), (left, top, end)]
        left_wall = [(left, 0.0, near), (left, 0.0, end), (left, top, end), (left, top, near)]
        right_wall = [(right, 0.0, near), (right, 0.0, end), (right, top, end), (right, top, near)]
        view.fill(picture, ceiling, (214, 218, 218))
        self._floor(picture)
        view.fill(picture, left_wall, (196, 210, 216))
        view.fill(picture, right_wall, (184, 198, 206))
        for wall_x in (left, right):  # green dado, as in most schools
            view.fill(
                picture, [(wall_x, 0, near), (wall_x, 0, end), (wall_x, 1.2, end), (wall_x, 1.2, near)], (134, 166, 128)
            )
            view.fill(
                picture, [(wall_x, 0, near), (wall_x, 0, end), (wall_x, 0.14, end), (wall_x, 0.14, near)], (72, 84, 92)
            )
        for seed, corners, strength in ((1, floor, 4.0), (2, left_wall, 2.6), (3, right_wall, 2.6), (4, ceiling, 2.0)):
            grain(picture, region_of(picture, view, corners), strength, seed)
        self._end_wall(picture)
        self._doors(picture)
        self._windows(picture)
        self._lights(picture)
        return picture

    def _floor(self, picture: Picture) -> None:
        """Terrazzo tiles of 80 cm, two shades, as they wear."""
        view, random = self._view, np.random.default_rng(6)
        width = (_RIGHT_M - _LEFT_M) / 4
        for row, z in enumerate(np.arange(1.6, _END_M, 0.8)):
            for column in range(4):
                x = _LEFT_M + column * width
                shade = 168 + (row + column) % 2 * 14 + int(random.normal(0, 4))
                corners = [(x, 0.0, z), (x + width, 0.0, z), (x + width, 0.0, z + 0.8), (x, 0.0, z + 0.8)]
                view.fill(picture, corners, (shade - 8, shade, shade + 2))
            view.line(picture, (_LEFT_M, 0, z), (_RIGHT_M, 0, z), (140, 146, 148), 0.015)
        for x in np.arange(_LEFT_M, _RIGHT_M, width):
            view.line(picture, (x, 0, 1.6), (x, 0, _END_M), (146, 152, 154), 0.01)

    def _end_wall(self, picture: Picture) -> None:
        view, z = self._view, _END_M
        view.fill(
            picture,
            [(_LEFT_M, 0, z), (_RIGHT_M, 0, z), (_RIGHT_M, _CEILING_M, z), (_LEFT_M, _CEILING_M, z)],
            (206, 214, 216),
        )
        view.fill(picture, [(-0.9, 0.0, z), (0.9, 0.0, z), (0.9, 2.2, z), (-0.9, 2.2, z)], (236, 228, 214))
        view.line(picture, (0, 0, z), (0, 2.2, z), (120, 124, 128), 0.08)
        view.fill(picture, [(-0.5, 2.4, z), (0.5, 2.4, z), (0.5, 2.8, z), (-0.5, 2.8, z)], (70, 160, 40))

    def _doors(self, picture: Picture) -> None:
        view, x = self._view, _LEFT_M
        for index, z in enumerate((3.4, 7.0, 11.0, 15.0, 19.0, 23.0, 27.0)):
            view.fill(picture, [(x, 0, z), (x, 0, z + 1.15), (x, 2.25, z + 1.15), (x, 2.25, z)], (92, 118, 140))
            view.fill(
                picture, [(x, 0, z + 0.08), (x, 0, z + 1.07), (x, 2.15, z + 1.07), (x, 2.15, z + 0.08)], (60, 92, 138)
            )
            view.fill(
                picture,
                [(x, 1.3, z + 0.3), (x, 1.3, z + 0.85), (x, 1.95, z + 0.85), (x, 1.95, z + 0.3)],
                (208, 200, 186),
            )
            # the class sign stands out from the wall
            view.fill(
                picture,
                [(x, 2.35, z + 0.6), (x + 0.5, 2.35, z + 0.6), (x + 0.5, 2.65, z + 0.6), (x, 2.65, z + 0.6)],
                (150, 76, 26),
            )
            if view.px_per_m(z) > 60:
                size = max(6, round(0.135 * view.px_per_m(z + 0.6)))
                text = wording(f"一({index + 1})班", f"1-{index + 1}")
                label(picture, text, view.point(x + 0.25, 2.51, z + 0.6), size, (240, 240, 240))
        for z in (5.4, 9.0, 13.0, 17.0, 21.0):  # notice boards between the doors
            view.fill(picture, [(x, 1.4, z), (x, 1.4, z + 1.2), (x, 2.1, z + 1.2), (x, 2.1, z)], (50, 60, 170))
            for step in range(3):
                start = z + 0.12 + step * 0.36
                shade = 190 + step * 18
                view.fill(
                    picture,
                    [(x, 1.5, start), (x, 1.5, start + 0.28), (x, 2.0, start + 0.28), (x, 2.0, start)],
                    (shade, 226, 236),
                )

    def _windows(self, picture: Picture) -> None:
        view, x = self._view, _RIGHT_M
        for z in np.arange(2.6, _END_M - 2.5, 3.4):
            view.fill(picture, [(x, 1.05, z), (x, 1.05, z + 2.3), (x, 2.7, z + 2.3), (x, 2.7, z)], (236, 238, 238))
            view.fill(
                picture, [(x, 1.15, z + 0.1), (x, 1.15, z + 2.2), (x, 2.6, z + 2.2), (x, 2.6, z + 0.1)], (244, 232, 214)
            )
            view.fill(
                picture, [(x, 1.15, z + 0.1), (x, 1.15, z + 2.2), (x, 1.7, z + 2.2), (x, 1.5, z + 0.1)], (120, 172, 138)
            )
            view.line(picture, (x, 1.15, z + 1.15), (x, 2.6, z + 1.15), (150, 154, 156), 0.05)
            # light on the floor below the window
            patch = region_of(
                picture,
                view,
                [(x - 1.5, 0, z + 0.3), (x - 0.4, 0, z + 0.1), (x - 0.4, 0, z + 1.9), (x - 1.5, 0, z + 2.1)],
            )
            lit = np.minimum(picture[patch > 0].astype(np.int16) + 26, 255)
            picture[patch > 0] = lit.astype(np.uint8)

    def _lights(self, picture: Picture) -> None:
        view, y = self._view, _CEILING_M
        for z in np.arange(3.5, _END_M, 4.0):
            view.fill(picture, [(-0.5, y, z), (0.5, y, z), (0.5, y, z + 0.5), (-0.5, y, z + 0.5)], (252, 254, 254))
            glow = region_of(picture, view, [(-0.7, 0, z), (0.7, 0, z), (0.7, 0, z + 0.7), (-0.7, 0, z + 0.7)])
            lit = np.minimum(picture[glow > 0].astype(np.int16) + 16, 255)
            picture[glow > 0] = lit.astype(np.uint8)
