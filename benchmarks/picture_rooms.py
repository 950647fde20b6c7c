"""A sixth set of evaluation footage: rooms with lamps of their own; knows nothing of how it is judged.

Written after the judgement was frozen in be7efdd (docs/decisions/0100). Walls, floor and ceiling are painted in metres
(doors, boards, tiles, skirting), light falls off from each lamp with the square of its distance, lamps are switched one
by one, the sun's patch wanders over the floor, the sensor has shot, read and row noise behind a gamma curve, and the
picture is an H.264 keyframe. Three hours a view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.picture_cast import LOOKS, CastFootage, CastView
from benchmarks.picture_unseen import LOOK_S, Fault, Look, keyframe_encoder
from benchmarks.picture_views import HEIGHT, WIDTH, Floats

_EDGE: Final = 60
_SIZE: Final = (HEIGHT + 2 * _EDGE, WIDTH + 2 * _EDGE)
_FOCAL_PX: Final = 430.0
_WALL, _FLOOR, _CEILING, _BACK, _THING = range(5)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView(CastView):
    """A room, what stands in it and how it is lit."""

    wide_m: float
    deep_m: float
    tall_m: float
    doors: int
    boards: int
    pillars: int = 0
    tables: int = 0
    racks: bool = False
    lamps: int = 4
    lamp_power: float = 1.0
    windows: bool = False
    lime: float = 0.6
    """How light the walls are."""
    roofed: bool = True


ROOMS: Final = (
    RoomView(name="basement bicycle store", high_m=2.5, tilt_deg=16, boxes=0, roughness=0.05, slab_m=3.0, wide_m=9,
             deep_m=22, tall_m=2.9, doors=1, boards=0, pillars=6, racks=True, lamps=3, lamp_power=0.09, lime=0.35,
             infra_red=False, people=2, sway_px=0.15, quality=30),
    RoomView(name="lobby of the new wing", high_m=3.1, tilt_deg=19, boxes=0, roughness=0.006, slab_m=6.0, wide_m=10,
             deep_m=11, tall_m=3.6, doors=1, boards=1, lamps=2, lamp_power=0.8, lime=0.75, infra_red=False, people=3,
             sway_px=0.1, quality=27),
    RoomView(name="reading room", high_m=3.2, tilt_deg=20, boxes=0, roughness=0.08, slab_m=0.8, wide_m=11, deep_m=16,
             tall_m=3.5, doors=2, boards=4, tables=9, lamps=6, windows=True, people=6, sway_px=0.2, quality=29),
)  # fmt: skip
YARDS: Final = (
    CastView(name="greenhouse yard", high_m=4.8, tilt_deg=21, boxes=9, roughness=0.15, slab_m=2.1, vans=2, people=4,
             weather="rain", sway_px=0.6, quality=71),
)  # fmt: skip


class RoomFootage(CastFootage):
    """A room through three hours: night, dawn, day, dusk, night."""

    view: RoomView

    def __init__(self, view: RoomView, seed: int) -> None:
        super().__init__(view, seed)
        self._encoder, self._decoder = keyframe_encoder(view.quality), av.CodecContext.create("h264", "r")
        self._decoder.thread_count = 1

    def _cast(self, random: np.random.Generator) -> None:
        view = self.view
        rows, columns = np.mgrid[0 : _SIZE[0], 0 : _SIZE[1]].astype(np.float32)
        tilt = np.radians(view.tilt_deg)
        down, aside = (rows - _SIZE[0] / 2) / _FOCAL_PX, (columns - _SIZE[1] / 2) / _FOCAL_PX
        rays = np.stack([aside, -np.sin(tilt) - down * np.cos(tilt), np.cos(tilt) - down * np.sin(tilt)])
        rays = np.where(np.abs(rays) < 1e-6, 1e-6, rays).astype(np.float32)
        eye = np.array([0, view.high_m, 0], np.float32)[:, None, None]
        sides = np.where(rays[0] > 0, view.wide_m / 2, -view.wide_m / 2) / rays[0]
        level = (np.where(rays[1] > 0, view.tall_m, 0) - view.high_m) / rays[1]
        back = np.where(rays[2] > 0, view.deep_m / rays[2], 1e3)
        reach = np.minimum(np.minimum(sides, level), back)
        surface = np.select([reach == back, reach == sides, rays[1] < 0], [_BACK, _WALL, _FLOOR], _CEILING)
        shade = np.zeros(_SIZE, np.float32)
        for low, high, tone in self._things(random):
            first, second = ((one[:, None, None] - eye) / rays for one in (low, high))
            near, far = np.minimum(first, second).max(axis=0), np.maximum(first, second).min(axis=0)
            there = (near < far) & (near > 0.1) & (near < reach)
            reach, surface, shade = (
                np.where(there, near, reach),
                np.where(there, _THING, surface),
                np.where(there, tone, shade),
            )
        where = eye + rays * reach
        self._where, self._surface, self._depth, self._level = where, surface, reach, surface == _FLOOR
        self._albedo = self._painted(where, surface, shade.astype(np.float32), random)
        half = (_SIZE[1] // 2, _SIZE[0] // 2)
        tint = np.select([surface == _FLOOR, surface == _THING, surface == _CEILING], [-6.0, 9.0, 0.0], 3.0)
        self._u = np.asarray(cv2.resize(-tint.astype(np.float32), half), np.float32)
        self._v = np.asarray(cv2.resize(tint.astype(np.float32), half), np.float32)
        self._patches = np.ones(_SIZE, np.float32)
        self._lit_by = [self._lamp(at, where, surface) for at in self._lamp_places()]

    def _things(self, random: np.random.Generator) -> list[tuple[Floats, Floats, float]]:
        view, things = self.view, []

        def box(x: float, y: float, z: float, wide: float, high: float, deep: float, tone: float) -> None:
            low = np.array([x - wide / 2, y, z - deep / 2], np.float32)
            things.append((low, low + np.array([wide, high, deep], np.float32), tone))

        for number in range(view.pillars):
            box((-1) ** number * view.wide_m / 4, 0, 6 + 6 * (number // 2), 0.5, view.tall_m, 0.5, 0.45)
        for number in range(view.tables):
            x, z = (number % 3 - 1) * view.wide_m / 3.4, 4.5 + 3.4 * (number // 3)
            box(x, 0.68, z, 1.9, 0.07, 0.9, float(random.uniform(0.25, 0.5)))
            for chair in (-0.5, 0.5):
                box(x + chair, 0, z + 0.8, 0.42, 0.9, 0.42, float(random.uniform(0.06, 0.2)))
        for number in range(14 if view.racks else 0):
            box(-view.wide_m / 2 + 1.0, 0, 3.5 + number * 1.1, 1.5, 0.9, 0.12, float(random.uniform(0.1, 0.3)))
        return things

    def _painted(self, where: Any, surface: Any, shade: Floats, random: np.random.Generator) -> Floats:
        view = self.view
        albedo = np.select([surface == _FLOOR, surface == _CEILING, surface == _THING], [0.3, 0.7, shade], view.lime)
        along = np.where(surface == _BACK, where[0], where[2])
        upright = (surface == _WALL) | (surface == _BACK)
        joint = (np.mod(where[0], view.slab_m) < 0.02) | (np.mod(where[2], view.slab_m) < 0.02)
        albedo = np.where((surface == _FLOOR) & joint, albedo * 0.65, albedo)
        albedo = np.where(upright & (where[1] < 0.12), 0.2, albedo)
        for number in range(view.doors):
            middle = -view.wide_m / 5 + number * view.wide_m / 2.2
            aside = np.abs(along - middle)
            at_back = (surface == _BACK) & (where[1] < 2.15)
            albedo = np.where(at_back & (aside < 0.6), 0.15, albedo)
            albedo = np.where(at_back & (aside < 0.5) & (where[1] < 2.05), 0.28, albedo)
        papers = random.uniform(0.2, 0.85, (40, 40))
        for number in range(view.boards):
            begins = 3.0 + 2.6 * number
            board = (surface == _WALL) & (where[0] > 0) & (along > begins) & (along < begins + 1.8)
            board &= (where[1] > 1.1) & (where[1] < 2.2)
            cell = papers[(along / 0.32).astype(int) % 40, (where[1] / 0.26).astype(int) % 40]
            gap = (np.mod(along, 0.32) < 0.05) | (np.mod(where[1], 0.26) < 0.05)
            albedo = np.where(board, np.where(gap, 0.12, cell), albedo)
        rough: Any = cv2.GaussianBlur(random.normal(0, 1, _SIZE).astype(np.float32), (0, 0), 1.4) * 3.0
        albedo = albedo * np.clip(1 + view.roughness * rough, 0.3, 1.7)
        return np.asarray(cv2.GaussianBlur(albedo.astype(np.float32), (0, 0), 0.6), np.float32)

    def _lamp_places(self) -> list[tuple[float, float, float]]:
        view = self.view
        rows = max(1, view.lamps // 2)
        return [
            (
                (number % 2 - 0.5) * view.wide_m / 2.5,
                view.tall_m - 0.15,
                view.deep_m * (number // 2 + 0.6) / (rows + 0.3),
            )
            for number in range(view.lamps)
        ]

    def _lamp(self, at: tuple[float, float, float], where: Any, surface: Any) -> Floats:
        towards = np.array(at, np.float32)[:, None, None] - where
        distance = np.sqrt((towards**2).sum(axis=0)) + 0.3
        facing = np.select(
            [surface == _FLOOR, surface == _CEILING, surface == _WALL, surface == _BACK],
            [towards[1], 0.1 * distance, np.abs(towards[0]), np.abs(towards[2])],
            0.7 * distance,
        )
        light = self.view.lamp_power * (np.maximum(facing, 0) / distance**3 + 0.012)
        return np.asarray(cv2.GaussianBlur(light.astype(np.float32), (0, 0), 1.0), np.float32)

    def _events(self, random: np.random.Generator) -> None:
        super()._events(random)
        self._by_lamp = [sorted(int(at) for at in random.integers(0, LOOKS, 4)) for _ in self._lit_by]

    def _light(self, number: int, day: float, infra_red: bool) -> Floats:
        light = np.full(_SIZE, 0.002, np.float32)
        for lamp, (switches, lit) in enumerate(zip(self._by_lamp, self._lit_by, strict=True)):
            on = sum(at <= number for at in switches) % 2 == 0
            if lamp == 0 or on:  # one burns all night
                light += lit
        if self.view.windows and day > 0:
            where, side = self._where, self.view.wide_m / 2
            light += np.asarray(day * 0.35 / (1 + 0.5 * (side - where[0])), np.float32)
            moved = number / LOOKS * 6 - 3
            patch = (self._surface == _FLOOR) & (np.abs(where[0] - side / 3 - moved / 3) < 1.2)
            patch &= np.mod(where[2] + moved, 3.5) < 1.6
            light += np.asarray(patch * day * self._clear[number] * 0.9, np.float32)
        if infra_red:
            light += np.asarray(0.5 / (1 + (self._depth / 6) ** 2), np.float32)
        return light

    def _sensed(self, seen: Floats, fault: Fault, random: np.random.Generator, chance: np.random.Generator) -> Floats:
        if fault.black:
            seen = seen * np.float32(0)
        gain = float(np.clip(0.2 / max(1e-5, float(seen[::4, ::4].mean())), 0.3, 24.0))
        exposed = np.clip(seen * np.float32(gain), 0, 1.2)
        top, left = (int(at) for at in random.integers(0, 80, 2))
        grain = self._grain[top : top + HEIGHT, left : left + WIDTH]
        row = random.normal(0, 0.0003 * gain, (HEIGHT, 1)).astype(np.float32)
        exposed = exposed + grain * np.sqrt(exposed * 0.00005 * gain + (0.0006 * gain) ** 2).astype(np.float32) + row
        y = 255 * np.clip(exposed, 0, 1) ** np.float32(1 / 2.2)
        if fault.noise_sigma:
            rough = np.random.default_rng((int(chance.integers(0, 2**31)), int(random.integers(0, 2**31))))
            y = y + rough.normal(0, fault.noise_sigma, y.shape)
        return np.asarray(y, np.float32)

    def _coded(self, y: Floats, u: Floats, v: Floats, number: int, night: bool) -> Look:
        plane = np.clip(y, 0, 255).astype(np.uint8)
        second = number * LOOK_S
        written = f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d} {self.view.name}"
        for colour, thick in ((0, 3), (235, 1)):
            cv2.putText(plane, written, (300, 24), cv2.FONT_HERSHEY_DUPLEX, 0.5, colour, thick, cv2.LINE_AA)
        tones = [np.clip(one + 128, 0, 255).astype(np.uint8).reshape(-1) for one in (u, v)]
        planar = np.concatenate([plane.reshape(-1), *tones]).reshape(HEIGHT * 3 // 2, WIDTH)
        frame = av.VideoFrame.from_ndarray(planar, format="yuv420p")
        frame.pts, frame.pict_type = None, av.video.frame.PictureType.I
        decoded = [one for packet in self._encoder.encode(frame) for one in self._decoder.decode(packet)]
        planes = decoded[-1].to_ndarray()
        chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        return Look(number, np.ascontiguousarray(planes[:HEIGHT]), chroma[0], chroma[1], night)
