"""The still part of a view of benchmarks/picture_grounds.py: marched along each ray, with light and shadow, once."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_grounds_coats import coat, on_ground
from benchmarks.picture_grounds_places import Ground
from benchmarks.picture_views import HEIGHT, WIDTH, Floats

EDGE: Final = 60
TALL, WIDE = SIZE = (HEIGHT + 2 * EDGE, WIDTH + 2 * EDGE)
"""Of the canvas: what may be turned into the view, too."""
_FAR_M: Final = 120.0


class MarchedPlace:
    """What stands there, how far it is and how each lamp and the sun light it."""

    def __init__(self, view: Ground, random: np.random.Generator) -> None:
        self.view = view
        turn, tilt = np.radians(view.turn_deg), np.radians(view.tilt_deg)
        self._right = np.array([np.cos(turn), 0, -np.sin(turn)])
        self._ahead = np.array([np.sin(turn) * np.cos(tilt), -np.sin(tilt), np.cos(turn) * np.cos(tilt)])
        self._down = np.array([-np.sin(turn) * np.sin(tilt), -np.cos(tilt), -np.cos(turn) * np.sin(tilt)])
        self._eye = np.array([0, view.high_m, 0])
        self._march(random)

    def _march(self, random: np.random.Generator) -> None:
        view = self.view
        rows, columns = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)
        aside, below = (columns - WIDE / 2) / view.focal_px, (rows - TALL / 2) / view.focal_px
        rays = sum(
            part[:, None, None] * by
            for part, by in zip((self._ahead, self._right, self._down), (1, aside, below), strict=True)
        )
        rays = np.asarray(rays, np.float32).reshape(3, -1)
        stretch = np.sqrt((rays**2).sum(axis=0))
        rays /= stretch
        eye = self._eye.astype(np.float32)[:, None]
        limit = (
            np.where(rays[1] < -1e-4, -view.high_m / np.minimum(rays[1], -1e-4), _FAR_M)
            .clip(0, _FAR_M)
            .astype(np.float32)
        )
        reach, going = np.full(limit.shape, 0.1, np.float32), np.arange(limit.size)
        for _ in range(90):
            gap = self._gap(eye + rays[:, going] * reach[going])
            reach[going] += gap
            going = going[(gap > 0.0012 * reach[going]) & (reach[going] < limit[going])]
        on_level = reach >= limit - 0.002
        reach = np.minimum(reach, limit)
        sky = reach >= _FAR_M * 0.999
        where = eye + rays * reach
        thing = np.zeros(limit.size, np.int16)
        nearest = np.full(limit.size, 1e9, np.float32)
        for number, solid in enumerate(view.solids, 1):
            gap = solid.gap(where)
            closer = (gap < nearest) & ~on_level
            nearest[closer], thing[closer] = gap[closer], number
        normal = np.zeros_like(where)
        normal[1] = 1
        hit = np.flatnonzero(~on_level & ~sky)
        for axis in range(3):
            step = np.zeros((3, 1), np.float32)
            step[axis] = 0.01
            normal[axis, hit] = self._gap(where[:, hit] + step) - self._gap(where[:, hit] - step)
        normal /= np.sqrt((normal**2).sum(axis=0)) + 1e-6
        albedo, u, v = on_ground(view, where[0], where[2], view.focal_px / reach, random)
        glow = np.zeros(limit.size, np.float32)
        leaves = np.zeros(limit.size, np.float32)
        for number, solid in enumerate(view.solids, 1):
            of = np.flatnonzero(thing == number)
            upright = np.abs(normal[1, of]) < 0.6
            along = np.where(upright & (np.abs(normal[0, of]) > np.abs(normal[2, of])), where[2, of], where[0, of])
            tall = np.where(upright, where[1, of], where[2, of])
            by, lamp = coat(solid, along, tall, view.focal_px / reach[of], upright, random)
            albedo[of], u[of], v[of], glow[of] = solid.shade * by, *solid.tone, lamp
            leaves[of] = solid.shape == "leaves"
        albedo[sky], u[sky], v[sky] = 0.62 + 0.3 * (1 - rays[1, sky]), 7, -4

        def shape(one: Any) -> Floats:
            return np.asarray(one.reshape(SIZE), np.float32)

        self._albedo = np.asarray(cv2.GaussianBlur(shape(np.clip(albedo, 0.02, 0.95)), (0, 0), 0.5), np.float32)
        half = (WIDE // 2, TALL // 2)
        self._u, self._v = (
            np.asarray(cv2.resize(shape(one), half, interpolation=cv2.INTER_AREA), np.float32) for one in (u, v)
        )
        self._glow, self._depth = shape(glow) * np.float32(0.04), shape(reach / stretch)
        self._leaves = np.asarray(cv2.GaussianBlur(shape(leaves), (0, 0), 2.0), np.float32)
        self._level, self._sky = shape(on_level) > 0, shape(sky)
        self._lighting(where, normal, shape, sky)

    def _gap(self, where: Any) -> Any:
        near = np.full(where.shape[1], 30.0, np.float32)
        for solid in self.view.solids:
            np.minimum(near, solid.gap(where), out=near)
        return near

    def _lighting(self, where: Any, normal: Any, shape: Any, sky: Any) -> None:
        view = self.view
        coarse = np.zeros(SIZE, bool)
        coarse[::2, ::2] = True
        picked = np.flatnonzero(coarse.reshape(-1))
        at, out = where[:, picked] + normal[:, picked] * 0.02, normal[:, picked]

        def whole(values: Any) -> Floats:
            small = np.where(sky[picked], 0, values).astype(np.float32).reshape(TALL // 2, WIDE // 2)
            beyond = sky[picked].reshape(small.shape)
            small[beyond] = cv2.dilate(small, np.ones((7, 7), np.uint8))[beyond]  # the edges of the sky stay even
            return np.asarray(cv2.resize(small, (WIDE, TALL), interpolation=cv2.INTER_LINEAR), np.float32)

        def lit(towards: Any, far: Any) -> Any:
            free, gone = np.ones(picked.size, np.float32), np.full(picked.size, 0.06, np.float32)
            for _ in range(26):
                gap = self._gap(at + towards * gone)
                free = np.where(gone < far, np.minimum(free, np.clip(12 * gap / gone, 0, 1)), free)
                gone = gone + np.clip(gap, 0.06, 4.0)
            return free

        open_to = sum(np.clip(self._gap(at + out * step) / step, 0, 1) for step in (0.15, 0.5, 1.4)) / 3
        self._shine = np.where(self._sky > 0, 1, whole((0.45 + 0.55 * open_to) * (0.7 + 0.3 * out[1]))).astype(
            np.float32
        )
        self._suns = []
        for step in range(4 if view.outdoor else 0):
            turn = np.pi * (step + 0.8) / 5
            sun = np.array([np.cos(turn), 0.45 + 0.4 * np.sin(turn), -0.5])
            sun = (sun / np.linalg.norm(sun)).astype(np.float32)[:, None]
            self._suns.append(
                np.where(self._sky > 0, 0.6, whole(lit(sun, 60.0) * np.clip((sun * out).sum(axis=0), 0, 1)))
            )
        self._banks: dict[str, Floats] = {}
        for lamp in view.lamps:
            towards = np.array(lamp.at, np.float32)[:, None] - at
            far = np.sqrt((towards**2).sum(axis=0)) + 0.05
            towards = towards / far
            facing = np.clip((towards * out).sum(axis=0), 0, 1) * 0.9 + 0.1
            light = lamp.power * (lit(towards, far - 0.25) * facing / (0.4 + far**2) + 0.004)
            self._banks[lamp.bank] = self._banks.get(lamp.bank, np.float32(0)) + np.where(
                self._sky > 0, np.float32(0), whole(light)
            )
        self._flash = np.asarray(
            view.infra_red * np.exp(-((self._across_canvas()) ** 2)) / (1 + (self._depth / 6) ** 2), np.float32
        )

    def _across_canvas(self) -> Any:
        rows, columns = np.mgrid[0:TALL, 0:WIDE].astype(np.float32)
        return np.hypot(columns - WIDE / 2, rows - TALL / 2) / (0.75 * WIDTH)

    def _on_screen(self, where: Any) -> tuple[Any, Any]:
        """Of points (n, 3) in metres: where they are on the canvas and how far ahead."""
        seen = np.asarray(where, float).reshape(-1, 3) - self._eye
        ahead = np.maximum(seen @ self._ahead, 0.2)
        scale = self.view.focal_px / ahead
        return np.stack([WIDE / 2 + seen @ self._right * scale, TALL / 2 + seen @ self._down * scale], axis=1), ahead

    def _light_at(self, light: Floats, x: float, z: float, y: float = 0.8) -> float:
        ((column, row),) = self._on_screen([x, y, z])[0]
        row, column = int(np.clip(row, 8, TALL - 9)), int(np.clip(column, 8, WIDE - 9))
        return float(light[row - 8 : row + 9 : 4, column - 8 : column + 9 : 4].mean())
