"""Meshes of quadrilaterals for the eighth set: a z-buffer, and the light of sun, sky and lamps on them.

Everything is drawn at twice the size with a margin and reduced once per view. x goes right, y up, z away, in metres.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_buildings_materials import TEXELS_PER_M, Material, cloud
from benchmarks.picture_views import HEIGHT, WIDTH, Floats

EDGE: Final = 60
"""Margin about the picture, in pixels, that a turned camera sees."""
WIDE, TALL = WIDTH + 2 * EDGE, HEIGHT + 2 * EDGE
SHADOW: Final = 1100


class Pinhole:
    """An eye with perspective; the third figure of what it projects is 1/depth, which is straight on the picture."""

    def __init__(
        self, at: tuple[float, float, float], yaw_deg: float, pitch_deg: float, focal_px: float, size: tuple[int, int]
    ) -> None:
        self.at, self.focal, self.size = np.array(at, np.float64), focal_px, size
        self._middle = np.array([size[0] / 2, size[1] / 2])
        yaw, pitch = np.deg2rad(yaw_deg), np.deg2rad(pitch_deg)
        away = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), np.cos(yaw) * np.cos(pitch)])
        right = np.cross([0, 1, 0], away) if abs(away[1]) < 0.999 else np.array([1.0, 0, 0])
        right /= np.linalg.norm(right)
        self.turn = np.stack([right, -np.cross(away, right), away])  # rows: right, down, away

    def project(self, points: Any) -> Any:
        """Pixels and 1/depth; what lies behind has a depth below zero."""
        made = (points - self.at.astype(points.dtype, copy=False)) @ self.turn.T.astype(points.dtype, copy=False)
        near = made[..., 2]
        near[np.abs(near) < 1e-3] = 1e-3
        made[..., 2] = 1 / near
        made[..., :2] *= made[..., 2:] * points.dtype.type(self.focal)
        made[..., :2] += self._middle.astype(points.dtype, copy=False)
        return made


class Parallel:
    """An eye at no end of distance, as the sun's; the third figure grows towards it, in metres."""

    def __init__(self, towards: Any, points: Any, beyond_m: float = 0.0) -> None:
        self.size = (SHADOW, SHADOW)
        side = np.cross([0.0, 1, 0.1], towards)
        side /= np.linalg.norm(side)
        self.turn = np.stack([side, np.cross(towards, side), towards])
        low, high = (np.quantile(points @ self.turn[:2].T, q, axis=0) for q in (0.002, 0.998))
        low, high = low - beyond_m, high + beyond_m
        self._low, self._scale = low, (SHADOW - 1) / np.maximum(1.0, high - low)

    def project(self, points: Any) -> Any:
        """Pixels and nearness."""
        made = points @ self.turn.T.astype(points.dtype)
        made[..., 0] = (made[..., 0] - self._low[0]) * self._scale[0]
        made[..., 1] = (made[..., 1] - self._low[1]) * self._scale[1]
        return made


@dataclass(frozen=True, slots=True)
class Lamp:
    """Something that shines: where, whereto, how strongly, with which bank it is switched."""

    at: tuple[float, float, float]
    aim: tuple[float, float, float] = (0.0, -1.0, 0.0)
    power: float = 1.0
    bank: int = 0
    """-1 is a window, which shines with the day."""
    reach: float = 1.0


class Mesh:
    """The quadrilaterals of a place."""

    def __init__(self) -> None:
        self.corners: list[Any] = []
        self.coats: list[str] = []

    def quad(self, a: Any, b: Any, c: Any, d: Any, coat: str) -> None:
        """One with those corners in turn."""
        self.corners.append(np.array([a, b, c, d], np.float64))
        self.coats.append(coat)

    def flat(self, x: tuple[float, float], z: tuple[float, float], y: float, coat: str) -> None:
        """One that lies."""
        self.quad((x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1]), coat)

    def upright(self, a: tuple[float, float], b: tuple[float, float], y: tuple[float, float], coat: str) -> None:
        """One that stands from a to b (x, z)."""
        self.quad((a[0], y[0], a[1]), (b[0], y[0], b[1]), (b[0], y[1], b[1]), (a[0], y[1], a[1]), coat)

    def box(self, x: tuple[float, float], y: tuple[float, float], z: tuple[float, float], coat: str) -> None:
        """A solid along the axes."""
        corners = [(x[0], z[0]), (x[1], z[0]), (x[1], z[1]), (x[0], z[1])]
        for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
            self.upright(a, b, y, coat)
        self.flat(x, z, y[1], coat)
        self.flat(x, z, y[0], coat)

    def post(self, x: float, z: float, y: tuple[float, float], radius: float, coat: str, sides: int = 6) -> None:
        """A round one, roughly."""
        turns = np.arange(sides + 1) / sides * 2 * np.pi
        ring = [(x + radius * float(np.cos(t)), z + radius * float(np.sin(t))) for t in turns]
        for a, b in pairwise(ring):
            self.upright(a, b, y, coat)

    def wall(
        self,
        a: tuple[float, float],
        b: tuple[float, float],
        y: tuple[float, float],
        coat: str,
        openings: Sequence[tuple[float, float, float, float, str]] = (),
    ) -> None:
        """A wall from a to b (x, z) with openings (from, to, low, high, what closes it or nothing), in turn."""
        long = float(np.hypot(b[0] - a[0], b[1] - a[1]))

        def at(s: float) -> tuple[float, float]:
            return a[0] + (b[0] - a[0]) * s / long, a[1] + (b[1] - a[1]) * s / long

        done = 0.0
        for begin, end, low, high, closed in openings:
            self.upright(at(done), at(begin), y, coat)
            if low > y[0]:
                self.upright(at(begin), at(end), (y[0], low), coat)
            self.upright(at(begin), at(end), (high, y[1]), coat)
            if closed:
                self.upright(at(begin), at(end), (low, high), closed)
            done = end
        self.upright(at(done), b, y, coat)

    def tree(self, random: np.random.Generator, x: float, z: float, tall: float, leaves: int = 260) -> None:
        """A stem and a crown of leaves in clusters."""
        self.post(x, z, (0, tall * 0.6), 0.05 + 0.014 * tall, "bark")
        for _ in range(leaves):
            out = random.normal(0, 1, 3)
            out *= float(random.uniform(0.4, 1)) ** 0.5 / np.linalg.norm(out)
            at = np.array([x, tall * 0.68, z]) + out * np.array([0.3, 0.33, 0.3]) * tall
            one, other = random.normal(0, 0.045 * tall, (2, 3))
            self.quad(at - one, at - other, at + one, at + other, "leaf")


class Seen:
    """A mesh as an eye sees it, at twice the size: brightness, colour, depth, and where and how each point lies."""

    def __init__(self, mesh: Mesh, eye: Pinhole, coats: dict[str, Material], seed: int) -> None:
        wide, tall = eye.size
        self._eye, self._mesh = eye, mesh
        self.near = np.zeros((tall, wide), np.float32)
        self.albedo = np.zeros((tall, wide), np.float32)
        self.which = np.full((tall, wide), -1, np.int32)
        for number, corners in enumerate(mesh.corners):
            long = (np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0]))
            uv = np.array([[0, 0], [long[0], 0], [long[0], long[1]], [0, long[1]]])
            self._lay(number, corners, uv, coats[mesh.coats[number]], 0)
        names = sorted(set(mesh.coats))
        index = np.array([names.index(name) for name in mesh.coats] + [len(names)])
        self.sky = self.which < 0
        table = np.array([(coats[n].blue, coats[n].red, coats[n].infra_red) for n in names] + [(0.06, -0.02, 1.0)])
        tints = table.astype(np.float32)[index[self.which]]
        self.blue, self.red, self.infra_red = tints[..., 0], tints[..., 1], tints[..., 2]
        self.coat = index[self.which].astype(np.int16)
        self.names = names
        normals = np.array([_normal(corners) for corners in mesh.corners], np.float32)
        self.normal = normals[self.which]
        rows, columns = np.mgrid[0:tall, 0:wide].astype(np.float32)
        ray = np.stack(
            [(columns + 0.5 - wide / 2) / eye.focal, (rows + 0.5 - tall / 2) / eye.focal, np.ones_like(rows)], axis=-1
        )
        self.ray = (ray @ eye.turn.astype(np.float32)).astype(np.float32)
        self.depth = np.where(self.sky, 400, 1 / np.maximum(self.near, 1 / 400)).astype(np.float32)
        self.points = (eye.at.astype(np.float32) + self.ray * self.depth[..., None]).astype(np.float32)
        away = np.einsum("...i,...i", self.normal, self.ray) > 0
        self.normal[away] *= -1
        dirt = cloud(np.random.default_rng(seed), 1024, 16, 64, 128)
        x, y, z = (self.points[..., axis] for axis in range(3))
        worn: Any = cv2.remap(dirt, (x * 37 + y * 23) % 1023, (z * 37 + y * 31) % 1023, cv2.INTER_LINEAR)
        self.albedo *= np.clip(1 + 0.045 * worn, 0.7, 1.3)
        self._all = np.stack(mesh.corners)

    def _lay(self, number: int, corners: Any, uv: Any, coat: Material, deep: int) -> None:
        # Draws what lies before the eye, cut in two until it is small or hardly slanted.
        eye = self._eye
        depths = (corners - eye.at) @ eye.turn[2]
        if depths.max() < 0.15:
            return
        sides = (np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[3] - corners[0]))
        if deep < 12 and (depths.min() < 0.15 or depths.max() / depths.min() > 1.7) and max(sides) > 0.12:
            along = 0 if sides[0] > sides[1] else 1
            for cut, mapped in zip(_halves(corners, along), _halves(uv, along), strict=True):
                self._lay(number, cut, mapped, coat, deep + 1)
            return
        if depths.min() < 0.15:
            return
        at = eye.project(corners)
        wide, tall = eye.size
        left, right = max(0, int(at[:, 0].min())), min(wide, int(at[:, 0].max()) + 2)
        top, bottom = max(0, int(at[:, 1].min())), min(tall, int(at[:, 1].max()) + 2)
        if left >= right or top >= bottom:
            return
        mask, near = _covered(at, left, right, top, bottom)
        box = np.s_[top:bottom, left:right]
        mask &= near > self.near[box] * 1.00001
        if not mask.any():
            return
        moved = (at[:, :2] - (left, top)).astype(np.float32)
        area = cv2.contourArea(moved) / max(1e-6, cv2.contourArea(uv.astype(np.float32)))
        level = int(np.clip(np.log2(TEXELS_PER_M / max(0.5, area**0.5)), 0, len(coat.levels) - 1))
        tile, scale = coat.levels[level], TEXELS_PER_M / 2**level
        begin = np.floor(uv.min(axis=0) * scale).astype(int)
        span = np.minimum(np.ceil(uv.max(axis=0) * scale).astype(int) - begin + 2, 2048)
        patch = tile[np.arange(begin[1], begin[1] + span[1]) % len(tile)][
            :, np.arange(begin[0], begin[0] + span[0]) % len(tile)
        ]
        source = (uv * scale - begin).astype(np.float32)
        matrix = cv2.getPerspectiveTransform(source, moved)
        if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
            drawn: Any = np.full(mask.shape, float(patch.mean()), np.float32)
        else:
            drawn = cv2.warpPerspective(
                patch, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
        self.albedo[box][mask] = drawn[mask]
        self.near[box][mask] = near[mask]
        self.which[box][mask] = number

    def sunlight(self, towards: Any, room: Any = None, beyond_m: float = 0.0) -> Floats:
        """What each point gets from that direction, shadows and all; 1 straight on.

        In a room its points count, and shadows are known so far beyond them.
        """
        cosine = self.normal @ towards.astype(np.float32)
        known = ~self.sky & (cosine > 0.01)
        counted = self.points[~self.sky if room is None else room][::997].astype(np.float64)
        eye = Parallel(towards, counted, beyond_m)
        shadow = _depths(self._all, eye)
        at = eye.project(self.points)
        nearest: Any = cv2.remap(shadow, at[..., 0], at[..., 1], cv2.INTER_NEAREST, borderValue=-1e6)
        got = np.where(known & (at[..., 2] > nearest - (0.1 if room is None else 0.05)), cosine, 0).astype(np.float32)
        soft: Any = got if room is None else cv2.GaussianBlur(got, (0, 0), 1.6)
        return np.asarray(soft, np.float32)

    def lamplight(self, lamp: Lamp) -> Floats:
        """What each point gets from a lamp, with shadows."""
        aim = np.array(lamp.aim) / np.linalg.norm(lamp.aim)
        yaw, pitch = np.rad2deg(np.arctan2(aim[0], aim[2])), np.rad2deg(np.arcsin(-aim[1]))
        eye = Pinhole(lamp.at, float(yaw), float(min(pitch, 89.99)), SHADOW / 2 / 4.0, (SHADOW, SHADOW))
        shadow = _depths(self._all, eye)
        at = eye.project(self.points)
        nearest: Any = cv2.remap(shadow, at[..., 0], at[..., 1], cv2.INTER_NEAREST, borderValue=0)
        to = np.array(lamp.at, np.float32) - self.points
        far = np.einsum("...i,...i", to, to)
        root = np.sqrt(np.maximum(far, 1e-4))
        cosine = np.maximum(0, np.einsum("...i,...i", to, self.normal)) / root
        outward = np.maximum(0, -(to @ aim.astype(np.float32))) / root
        free = (at[..., 2] <= 0) | (at[..., 2] > nearest * 0.96 - 0.002)
        got = lamp.power * cosine * (0.12 + 0.88 * outward**lamp.reach) / np.maximum(0.35, far) * free
        soft: Any = cv2.GaussianBlur(got.astype(np.float32), (0, 0), 2.5)
        return np.asarray(np.where(self.sky, 0, soft), np.float32)

    def from_the_lens(self, power: float, narrow: float) -> Floats:
        """What each point gets from the camera's own infra-red."""
        far2 = np.einsum("...i,...i", self.ray, self.ray) * self.depth**2
        cosine = np.abs(np.einsum("...i,...i", self.normal, self.ray)) / np.sqrt(
            np.einsum("...i,...i", self.ray, self.ray)
        )
        middle = self._eye.turn[2].astype(np.float32)
        off = 1 - (self.ray @ middle) / np.sqrt(np.einsum("...i,...i", self.ray, self.ray))
        got = power * (0.25 + 0.75 * cosine) / (far2 + 12) * np.exp(-off * narrow)
        return np.asarray(np.where(self.sky, 0, got), np.float32)


def _normal(corners: Any) -> Any:
    across = np.cross(corners[2] - corners[0], corners[3] - corners[1])
    return across / max(1e-9, float(np.linalg.norm(across)))


def _halves(corners: Any, along: int) -> tuple[Any, Any]:
    a, b, c, d = corners
    if along == 0:
        low, high = (a + b) / 2, (c + d) / 2
        return np.array([a, low, high, d]), np.array([low, b, c, high])
    left, right = (a + d) / 2, (b + c) / 2
    return np.array([a, b, right, left]), np.array([left, right, c, d])


def _covered(at: Any, left: int, right: int, top: int, bottom: int) -> tuple[Any, Any]:
    # Which pixels of a box a projected quadrilateral covers, and how near it is there.
    mask = np.zeros((bottom - top, right - left), np.uint8)
    fixed = np.clip((at[:, :2] - (left, top)) * 16, -(2**19), 2**19).astype(np.int32)
    cv2.fillConvexPoly(mask, fixed, 1, cv2.LINE_8, 4)
    plane = np.linalg.lstsq(np.column_stack([at[:, :2], np.ones(4)]), at[:, 2], rcond=None)[0]
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    near = (plane[0] * columns)[None, :] + (plane[1] * rows + plane[2])[:, None]
    return mask.astype(bool), near.astype(np.float32)


def _depths(quads: Any, eye: Pinhole | Parallel) -> Floats:
    # The nearest of everything by pixel.
    wide, tall = eye.size
    is_pinhole = isinstance(eye, Pinhole)
    made = np.full((tall, wide), 0.0 if is_pinhole else -1e6, np.float32)
    projected = eye.project(quads)
    for at in projected:
        if is_pinhole and (at[:, 2].min() <= 0 or at[:, 2].max() > 8):
            continue
        left, right = max(0, int(at[:, 0].min())), min(wide, int(at[:, 0].max()) + 2)
        top, bottom = max(0, int(at[:, 1].min())), min(tall, int(at[:, 1].max()) + 2)
        if left >= right or top >= bottom:
            continue
        mask, near = _covered(at, left, right, top, bottom)
        box = made[top:bottom, left:right]
        np.copyto(box, near, where=mask & (near > box))
    return made
