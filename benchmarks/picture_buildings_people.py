"""People, vehicles, bicycles, doors, boom and flag of the eighth set: polygons painted far to near."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_buildings_mesh import TALL, WIDE, Pinhole
from benchmarks.picture_views import Floats

FINER: Final = 2

Tint = tuple[float, float, float]
"""Brightness, blue and red."""
Shape = tuple[Any, Tint, float]
"""Corners in pixels, its tint, and the width of its line in metres, or 0 if it is filled."""

UNIFORMS: Final[tuple[tuple[Tint, Tint], ...]] = (
    ((0.16, 0.3, -0.1), (0.13, 0.3, -0.1)),
    ((0.6, 0.02, 0.0), (0.12, 0.28, -0.1)),
    ((0.55, 0.02, 0.0), (0.06, 0.02, 0.0)),
    ((0.2, -0.04, 0.4), (0.07, 0.0, 0.0)),
    ((0.07, 0.0, 0.0), (0.14, 0.1, -0.03)),
    ((0.3, -0.1, 0.02), (0.2, -0.1, 0.06)),
    ((0.4, -0.25, 0.1), (0.05, 0, 0)),
)
SKIN: Final[Tint] = (0.34, -0.13, 0.17)
HAIR: Final[Tint] = (0.03, 0.0, 0.02)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at a place: feet in metres, height, where they go, how they are dressed."""

    feet: tuple[float, float, float]
    tall: float
    heading: float
    """0 is away from the camera, in radians."""
    stride: float
    dress: int
    bag: bool = False
    sits: bool = False
    umbrella: bool = False


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A car or van where it stands."""

    x: float
    z: float
    heading_deg: float
    van: bool
    tint: Tint
    lights: bool = False
    parked: bool = False


class Stage:
    """The lit picture of one look, to paint into."""

    def __init__(
        self,
        eye: Pinhole,
        depth: Floats,
        lit: Floats,
        falls: Floats,
        blue: Floats,
        red: Floats,
        painted: dict[object, tuple[Any, Floats]],
    ) -> None:
        self._eye, self._depth, self._painted = eye, depth, painted
        self.lit, self.falls, self.blue, self.red = lit, falls, blue, red
        self.lens_light = 0.0
        """Power of the camera's own light."""
        self.sun: Any = None
        """Where the sun is, and None without shadows."""
        self.sun_share: Floats | None = None

    def at(self, *points: tuple[float, float, float]) -> Any:
        """Pixels of points in metres."""
        return self._eye.project(np.array(points, np.float64))

    def depth_of(self, point: tuple[float, float, float]) -> float:
        """How far before the camera a point lies."""
        return float((np.array(point) - self._eye.at) @ self._eye.turn[2])

    def light_at(self, point: tuple[float, float, float]) -> float:
        """What falls there."""
        x, y, near = self.at(point)[0]
        column, row = int(np.clip(x, 2, WIDE - 3)), int(np.clip(y, 2, TALL - 3))
        got = float(np.median(self.falls[row - 2 : row + 3, column - 2 : column + 3]))
        if self.lens_light:
            got = max(got, 0.8 * self.lens_light / (1 / max(near, 1e-3) ** 2 + 12))
        return got

    def paint(
        self, shapes: list[Shape], depth_m: float, light: float, behind_m: float = 0.2, known: object = None
    ) -> None:
        """Shapes in turn, behind what stands nearer; kept under what they are known as, if they don't move."""
        points = np.concatenate([shape[0][:, :2] for shape in shapes])
        if depth_m < 0.4 or not np.isfinite(points).all():
            return
        left, top = (max(0, int(one) - 2) for one in points.min(axis=0))
        right, bottom = int(points[:, 0].max()) + 3, int(points[:, 1].max()) + 3
        right, bottom = min(WIDE, right), min(TALL, bottom)
        if right - left < 2 or bottom - top < 2:
            return
        patch = np.zeros(((bottom - top) * FINER, (right - left) * FINER, 4), np.float32)
        for corners, (bright, blue, red), wide_m in shapes:
            fixed = np.clip((corners[:, :2] - (left, top)) * (FINER * 16), -(2**18), 2**18).astype(np.int32)
            colour = (bright, blue, red, 1.0)
            if wide_m:
                thick = max(1, round(wide_m * self._eye.focal / depth_m * FINER))
                cv2.polylines(patch, [fixed], False, colour, thick, cv2.LINE_8, 4)
            else:
                cv2.fillPoly(patch, [fixed], colour, cv2.LINE_8, 4)
        small: Any = cv2.resize(patch, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        box = np.s_[top:bottom, left:right]
        small *= (self._depth[box] > depth_m - behind_m)[..., None]
        if known is not None:
            self._painted[known] = box, small
        self._put(box, small, light)

    def _again(self, known: object, light: float) -> bool:
        # Puts what was painted before, if it was.
        if known in self._painted:
            self._put(*self._painted[known], light)
        return known in self._painted

    def _put(self, box: Any, small: Any, light: float) -> None:
        kept = 1 - small[..., 3]
        self.lit[box] = self.lit[box] * kept + small[..., 0] * np.float32(light)
        self.blue[box] = self.blue[box] * kept + small[..., 1]
        self.red[box] = self.red[box] * kept + small[..., 2]

    def shade(self, corners: Any, share: float, depth_m: float) -> None:
        """A shadow on the ground."""
        left, top = (max(0, int(one) - 3) for one in corners[:, :2].min(axis=0))
        right, bottom = (int(one) + 4 for one in corners[:, :2].max(axis=0))
        right, bottom = min(WIDE, right), min(TALL, bottom)
        if right - left < 2 or bottom - top < 2 or share < 0.02 or (corners[:, 2] <= 0).any():
            return
        mask = np.zeros((bottom - top, right - left), np.float32)
        hull = cv2.convexHull(np.clip((corners[:, :2] - (left, top)) * 16, -(2**18), 2**18).astype(np.int32))
        cv2.fillConvexPoly(mask, hull, 1.0, cv2.LINE_8, 4)
        mask = np.asarray(cv2.blur(mask, (3, 3)), np.float32)
        box = np.s_[top:bottom, left:right]
        mask *= self._depth[box] > depth_m - 1.2
        self.lit[box] *= 1 - np.float32(share) * mask

    # ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def person(self, one: Person) -> None:
        """Somebody, with shadow."""
        x, y, z = one.feet
        depth = self.depth_of((x, y + 0.5, z))
        if depth < 0.8:
            return
        feet, head = self.at((x, y, z), (x, y + one.tall, z))
        if not (-80 < feet[0] < WIDE + 80 and head[1] < TALL and feet[1] > 0):
            return
        light = self.light_at(one.feet)
        if not one.sits:
            self._shadow(one.feet, one.tall, 0.22, depth)
        up = (head - feet)[:2]
        side = np.array([-up[1], up[0]]) / max(1e-3, float(np.hypot(*up))) * self._eye.focal / depth

        def put(*corners: tuple[float, float]) -> Any:
            return feet[:2] + np.array(corners) @ np.array([side, up])

        jacket, trousers = UNIFORMS[one.dress % len(UNIFORMS)]
        sideways = abs(float(np.sin(one.heading)))
        sign = 1.0 if np.sin(one.heading) > 0 else -1.0
        broad = 0.21 - 0.07 * sideways
        step = one.stride * (0.06 + 0.26 * sideways) * sign
        apart = 0.09 * (1 - 0.7 * sideways)
        dark = (trousers[0] * 0.8, trousers[1], trousers[2])
        shapes: list[Shape] = []
        if one.sits:  # head and back above the table
            up = up * 0.74
            shapes.append((put((-0.17, 0), (0.17, 0), (0.19, 0.4), (-0.19, 0.4)), trousers, 0))
        else:
            for way, tint in ((-1, dark), (1, trousers)):
                hip, foot = way * apart, way * (apart + step)
                lift = 0.03 if way * one.stride > 0.5 else 0.0
                shapes.append(
                    (
                        put(
                            (hip - 0.09, 0.5),
                            (hip + 0.09, 0.5),
                            (foot + 0.055, 0.03 + lift),
                            (foot - 0.055, 0.03 + lift),
                        ),
                        tint,
                        0,
                    )
                )
                shapes.append(
                    (
                        put(
                            (foot - 0.06, 0.04 + lift),
                            (foot + 0.06 + 0.06 * sideways * sign, 0.04 + lift),
                            (foot + 0.07, lift),
                            (foot - 0.07, lift),
                        ),
                        (0.1, 0.0, 0.0),
                        0,
                    )
                )
        swing = 0.16 * one.stride * sideways
        far_arm = (jacket[0] * 0.75, jacket[1], jacket[2])
        shapes.append(
            (
                put((-broad, 0.8), (-broad + 0.09, 0.81), (-broad + 0.05 - swing, 0.46), (-broad - 0.05 - swing, 0.46)),
                far_arm,
                0,
            )
        )
        shapes.append(
            (
                put(
                    (-broad, 0.8),
                    (-0.07, 0.845),
                    (0.07, 0.845),
                    (broad, 0.8),
                    (broad * 0.88, 0.47),
                    (-broad * 0.88, 0.47),
                ),
                jacket,
                0,
            )
        )
        if one.bag:
            shift = -sign * 0.16 * sideways
            shapes.append(
                (
                    put((shift - 0.13, 0.8), (shift + 0.13, 0.8), (shift + 0.14, 0.55), (shift - 0.14, 0.55)),
                    UNIFORMS[(one.dress * 3 + 2) % len(UNIFORMS)][0],
                    0,
                )
            )
        shapes.append(
            (
                put((broad, 0.8), (broad - 0.09, 0.81), (broad - 0.04 + swing, 0.46), (broad + 0.05 + swing, 0.46)),
                (jacket[0] * 0.9, jacket[1], jacket[2]),
                0,
            )
        )
        turns = np.linspace(0, 2 * np.pi, 13)
        ring = [(0.085 * float(np.cos(t)), 0.925 + 0.075 * float(np.sin(t))) for t in turns]
        away = np.cos(one.heading) > 0.3
        shapes.append((put((-0.045, 0.83), (0.045, 0.83), (0.045, 0.88), (-0.045, 0.88)), SKIN, 0))
        shapes.append((put(*ring), HAIR if away else SKIN, 0))
        if not away:
            shapes.append((put(*[(s * 1.05, t + 0.008) for s, t in ring[:7]], (-0.07, 0.95), (0.06, 0.955)), HAIR, 0))
        if one.umbrella:
            dome = [(0.55 * float(np.cos(t)), 1.08 + 0.14 * float(np.sin(t))) for t in np.linspace(0, np.pi, 9)]
            shapes.append((put(*dome), UNIFORMS[(one.dress * 5 + 3) % len(UNIFORMS)][0], 0))
        self.paint(shapes, depth, light, 0.05 if one.sits else 0.2)

    def _shadow(self, feet: tuple[float, float, float], tall: float, reach: float, depth: float) -> None:
        x, y, z = feet
        turns = np.linspace(0, 2 * np.pi, 9)[:-1]
        ring = [(x + reach * float(np.cos(t)), y + 0.01, z + reach * float(np.sin(t))) for t in turns]
        self.shade(self.at(*ring), 0.35, depth)
        if self.sun is not None and self.sun_share is not None and self.sun[1] > 0.08:
            column, row = self.at(feet)[0][:2]
            inside = 0 <= column < WIDE and 0 <= row < TALL
            share = float(self.sun_share[int(row), int(column)]) if inside else 0.0
            far = min(6.0, tall / float(self.sun[1])) * np.array([-self.sun[0], 0, -self.sun[2]])
            cast = [(one[0] + far[0], one[1], one[2] + far[2]) for one in ring]
            self.shade(self.at(*ring, *cast), share, depth)

    # ── things ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def vehicle(self, one: Vehicle) -> None:
        """A car or van."""
        depth = self.depth_of((one.x, 0.7, one.z))
        if depth < 2.5:
            return
        turn = np.deg2rad(one.heading_deg)
        along, across = np.array([np.cos(turn), 0, np.sin(turn)]), np.array([-np.sin(turn), 0, np.cos(turn)])
        half = 0.92

        def put(s: float, y: float, side: float) -> Any:
            return np.array([one.x, 0, one.z]) + along * s + across * (side * half) + np.array([0, y, 0])

        light = self.light_at((one.x, 0.0, one.z - 1.2))
        foot = [put(s, 0.02, side) for s in (-2.3, 2.3) for side in (-1, 1)]
        corners = self.at(*foot)
        if (corners[:, 2] <= 0).any():
            return
        self.shade(corners, 0.75, depth + 1)
        self._shadow((one.x, 0, one.z), 1.3, 1.2, depth)
        if one.parked and self._again(one, light):
            if one.lights:
                self._beam(one, put, depth, bool(float((self._eye.at - put(2.3, 0.7, 0)) @ along) > 0))
            return
        roof = 1.95 if one.van else 1.45
        hull = [(-2.25, 0.3), (-2.25, 0.9), (-1.3, 1.0), (1.0, 0.97), (2.2, 0.78), (2.28, 0.3)]
        cabin = (
            [(-2.2, 0.98), (-2.1, roof), (1.3, roof), (2.0, 0.9)]
            if one.van
            else [(-1.75, 0.96), (-1.1, roof), (0.35, roof), (1.15, 0.95)]
        )
        glass: Tint = (0.06, 0.02, -0.01)
        faces: list[tuple[float, Shape]] = []
        camera = self._eye.at
        for profile, inner in ((hull, 1.0), (cabin, 0.86)):
            for side in (-1.0, 1.0):
                outline = [put(s, y, side * inner) for s, y in profile]
                if float((camera - outline[0]) @ (across * side)) > 0:
                    lit = 0.75 + 0.2 * abs(float(across[2]))
                    faces.append(self._face(outline, one.tint, lit, 0))
                    if inner < 1:
                        low, high = profile[0][1] + 0.04, roof - 0.1
                        edges = ((0, 0.35, low), (1, 0.12, high), (2, -0.1, high), (3, -0.35, low))
                        pane = [put(profile[n][0] + inset, y, side * 0.87) for n, inset, y in edges]
                        faces.append(self._face(pane, glass, 1, -2.2))
                    else:
                        for s in (-1.4, 1.4):
                            wheel = [
                                put(s + 0.33 * float(np.cos(t)), 0.33 + 0.33 * float(np.sin(t)), side * 1.01)
                                for t in np.linspace(0, 2 * np.pi, 11)
                            ]
                            faces.append(self._face(wheel, (0.035, 0, 0), 1, -2.6))
            for (s0, y0), (s1, y1) in pairwise(profile):
                strip = [put(s0, y0, -inner), put(s1, y1, -inner), put(s1, y1, inner), put(s0, y0, inner)]
                steep = abs(y1 - y0) / float(np.hypot(s1 - s0, y1 - y0))
                outward = along * (y0 - y1) + np.array([0, s1 - s0, 0])
                if float((camera - strip[0]) @ outward) > 0:
                    glazed = inner < 1 and steep > 0.35
                    faces.append(
                        self._face(strip, glass if glazed else one.tint, 1.15 - 0.4 * steep, -0.02 if glazed else 0)
                    )
        for s, tint in ((2.29, (0.6, -0.03, 0.02)), (-2.26, (0.15, -0.05, 0.5))):
            if float((camera - put(s, 0.7, 0)) @ (along * s)) > 0:
                for side in (-0.75, 0.75):
                    lens = [put(s, y, side + d) for y, d in ((0.6, -0.14), (0.6, 0.14), (0.75, 0.14), (0.75, -0.14))]
                    faces.append(self._face(lens, tint, 1, -0.3))
        faces.sort(key=lambda face: -face[0])
        self.paint([face[1] for face in faces], depth, light, known=one if one.parked else None)
        if one.lights:
            self._beam(one, put, depth, bool(float((camera - put(2.3, 0.7, 0)) @ along) > 0))

    def _face(self, corners: list[Any], tint: Tint, lit: float, nearer: float) -> tuple[float, Shape]:
        middle = np.mean(corners, axis=0)
        depth = float((middle - self._eye.at) @ self._eye.turn[2]) + nearer
        return depth, (self._eye.project(np.array(corners)), (tint[0] * lit, tint[1], tint[2]), 0.0)

    def _beam(self, one: Vehicle, put: Any, depth: float, towards: bool) -> None:
        for s, reach, power in ((6.0, 2.4, 0.05), (4.0, 1.5, 0.08)):
            at = self.at(put(s, 0.02, 0))[0]
            if at[2] <= 0:
                continue
            wide = max(6.0, self._eye.focal * reach * at[2])
            rows, columns = (
                slice(max(0, int(c - 3 * r)), max(0, int(c + 3 * r))) for c, r in ((at[1], wide * 0.45), (at[0], wide))
            )
            y, x = np.ogrid[rows.start : min(TALL, rows.stop), columns.start : min(WIDE, columns.stop)]
            if y.size and x.size:
                spot = np.exp(-(((x - at[0]) / wide) ** 2) - ((y - at[1]) / (wide * 0.45)) ** 2).astype(np.float32)
                self.lit[y[0, 0] : y[-1, 0] + 1, x[0, 0] : x[0, -1] + 1] += spot * np.float32(power * 0.08)
        if towards:
            for side in (-0.7, 0.7):
                at = self.at(put(2.35, 0.68, side))[0]
                size = max(1.5, self._eye.focal * 0.1 * at[2])
                ring = np.array([(at[0] + size * np.cos(t), at[1] + size * np.sin(t)) for t in np.linspace(0, 6.3, 12)])
                self.paint([(ring, (1.0, 0.0, 0.0), 0)], depth - 0.5, 1.5)

    def bicycle(self, x: float, z: float, lean: float, electric: bool, tint: Tint) -> None:
        """One that stands across the view, seen from its end more or less."""
        depth = self.depth_of((x, 0.5, z))
        light = self.light_at((x, 0.1, z - 0.4))
        if self._again((x, lean, electric, tint), light):
            return
        turn = 1.35 + lean
        along = np.array([np.cos(turn), 0, np.sin(turn)])
        base = np.array([x, 0.1, z])

        def put(*points: tuple[float, float]) -> Any:
            return self._eye.project(np.array([base + along * s + np.array([0, y, 0]) for s, y in points]))

        turns = np.linspace(0, 2 * np.pi, 14)
        radius = 0.24 if electric else 0.32
        wheels: list[Shape] = [
            (
                put(*[(s + radius * float(np.cos(t)), radius + radius * float(np.sin(t))) for t in turns]),
                (0.04, 0, 0),
                0.09 if electric else 0.04,
            )
            for s in (-0.52, 0.52)
        ]
        bar = base + along * 0.42 + np.array([0, 1.0, 0])
        side = np.array([-along[2], 0, along[0]]) * 0.28
        handle = self._eye.project(np.array([bar - side, bar + side]))
        if electric:
            body = put(
                (-0.6, 0.5),
                (-0.55, 0.75),
                (0.05, 0.75),
                (0.15, 0.4),
                (0.35, 0.4),
                (0.4, 0.95),
                (0.5, 0.95),
                (0.5, 0.3),
                (-0.4, 0.25),
            )
            shapes = [*wheels, (body, tint, 0.0), (handle, (0.05, 0, 0), 0.05)]
        else:
            frame = put((-0.52, 0.32), (-0.1, 0.3), (0.36, 0.75), (-0.15, 0.75), (-0.1, 0.3), (-0.15, 0.92))
            shapes = [
                *wheels,
                (frame, tint, 0.05),
                (put((0.52, 0.32), (0.4, 0.98)), tint, 0.04),
                (handle, (0.3, 0, 0), 0.03),
                (put((-0.28, 0.93), (-0.05, 0.93)), (0.04, 0, 0), 0.07),
            ]
        self.paint(shapes, depth, light, known=(x, lean, electric, tint))

    def door(self, hinge: tuple[float, float], heading_deg: float, wide: float, floor: float = 0.0) -> None:
        """A door leaf that stands open; its floor's light falls on it."""
        turn = np.deg2rad(heading_deg)
        x, z = hinge
        far = (x - wide * float(np.sin(turn)), z + wide * float(np.cos(turn)))
        leaf = [(x, floor, z), (*_flat(far, floor),), (*_flat(far, floor + 2.05),), (x, floor + 2.05, z)]
        depth = self.depth_of(((x + far[0]) / 2, floor + 1, (z + far[1]) / 2))
        light = min(self.light_at((x - 0.5, floor, z - 0.3)), 2 * float(np.median(self.falls[::9, ::9]))) * 0.8
        if depth > 1.2:
            self.paint([(self.at(*leaf), (0.25, -0.13, 0.11), 0)], depth, light)

    def boom(self, x: float, z: float, long: float, raised: float) -> None:
        """A gate's boom with red and white, raised by so much of a right angle."""
        turn = raised * 1.45
        light = self.light_at((x - 1.5, 0.0, z - 0.3))
        depth = self.depth_of((x, 1, z))
        post = self.at((x - 0.18, 0, z), (x + 0.18, 0, z), (x + 0.18, 1.15, z), (x - 0.18, 1.15, z))
        shapes: list[Shape] = [(post, (0.5, -0.3, 0.1), 0.0)]
        pieces = 10
        for n in range(pieces):
            a, b = n / pieces * long, (n + 1) / pieces * long
            ends = [(x - s * float(np.cos(turn)), 1.0 + s * float(np.sin(turn)), z) for s in (a, b)]
            shapes.append((self.at(*ends), (0.7, 0, 0) if n % 2 else (0.2, -0.04, 0.5), 0.1))
        self.paint(shapes, depth, light)

    def flag(self, x: float, y: float, z: float, phase: float, wind: float) -> None:
        """国旗: red, in waves, hanging when there is no wind."""
        light = max(float(np.median(self.falls[TALL // 2 :: 9, ::9])), 1e-4)
        across = np.linspace(0, 1, 9)
        reach = 2.4 * (0.35 + 0.65 * wind)
        drop = (1 - wind) * 1.5 * across**1.2 + 0.12 * np.sin(across * 8 + phase) * across
        xs = x + across * reach
        for n in range(8):
            strip = [
                (xs[n], y - drop[n], z),
                (xs[n + 1], y - drop[n + 1], z),
                (xs[n + 1], y - 1.6 - drop[n + 1], z),
                (xs[n], y - 1.6 - drop[n], z),
            ]
            tone = 0.17 + 0.05 * float(np.cos(across[n] * 8 + phase))
            self.paint([(self.at(*strip), (tone, -0.08, 0.6), 0.0)], self.depth_of((x, y, z)), light)


def _flat(at: tuple[float, float], y: float) -> tuple[float, float, float]:
    return at[0], y, at[1]
