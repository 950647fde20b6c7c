"""A third set of evaluation footage: places built of boxes and seen by casting rays; knows nothing of how it is judged.

Written after the judgement was frozen for the third time (docs/decisions/0083), with other means than the sets before:
solid boxes with sun and shadow from where the sun stands, a barrel-shaped lens, people and vans standing on the
ground, insects at the infra-red lamp, a door that slams, shot noise, Motion JPEG. Three hours a view, so that dawn and
dusk are faster than they are outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np

from benchmarks.picture_unseen import LOOK_S, Fault, Look
from benchmarks.picture_views import HEIGHT, WIDTH, Bytes, Floats

HOURS: Final = 3.0
LOOKS: Final = int(HOURS * 3600 / LOOK_S)
_EDGE: Final = 60
_SIZE: Final = (HEIGHT + 2 * _EDGE, WIDTH + 2 * _EDGE)
_FOCAL_PX: Final = 470.0
_SUNS: Final = 9
_FAR_M: Final = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CastView:
    """A place, and what happens there."""

    name: str
    high_m: float
    """Of the camera above the ground."""
    tilt_deg: float
    boxes: int
    roughness: float
    """How much the surfaces' brightness varies."""
    slab_m: float
    """Between the joints of the ground."""
    roofed: bool = False
    infra_red: bool = True
    people: int = 3
    vans: int = 0
    weather: str = ""
    """rain, snow, fog or nothing."""
    sway_px: float = 0.5
    quality: int = 70
    """Of the JPEG."""


CAST_VIEWS: Final = (
    CastView(name="loading dock", high_m=4.5, tilt_deg=22, boxes=9, roughness=0.16, slab_m=2.5, vans=9, weather="rain"),
    CastView(name="roof court", high_m=6.0, tilt_deg=31, boxes=12, roughness=0.1, slab_m=0.6, people=7, weather="snow",
             sway_px=1.1, quality=62),
    CastView(name="plastered stairwell", high_m=2.8, tilt_deg=18, boxes=4, roughness=0.015, slab_m=9.0, roofed=True,
             infra_red=False, people=2, sway_px=0.1, quality=78),
    CastView(name="sports hall store", high_m=3.4, tilt_deg=14, boxes=11, roughness=0.07, slab_m=1.2, roofed=True,
             people=4, sway_px=0.2, quality=58),
    CastView(name="lane behind the dormitory", high_m=3.8, tilt_deg=15, boxes=7, roughness=0.2, slab_m=5.0, vans=5,
             people=4, weather="fog", sway_px=0.8, quality=66),
)  # fmt: skip


LATER_CAST_VIEWS: Final = (
    CastView(name="bicycle ramp", high_m=4.0, tilt_deg=19, boxes=8, roughness=0.14, slab_m=1.6, vans=3, people=5,
             weather="rain", sway_px=0.6, quality=64),
    CastView(name="north playground", high_m=5.2, tilt_deg=24, boxes=6, roughness=0.18, slab_m=4.0, people=6,
             weather="snow", sway_px=0.9, quality=72),
    CastView(name="limewashed passage", high_m=3.0, tilt_deg=16, boxes=2, roughness=0.012, slab_m=8.0, roofed=True,
             infra_red=False, people=2, sway_px=0.1, quality=75),
    CastView(name="service road", high_m=4.2, tilt_deg=17, boxes=10, roughness=0.17, slab_m=3.2, vans=7, people=3,
             weather="fog", sway_px=0.7, quality=60),
)  # fmt: skip
"""For the fourth set: written after the judgement was frozen for the fifth time (docs/decisions/0093)."""


LATEST_CAST_VIEWS: Final = (
    CastView(name="court behind the canteen", high_m=5.6, tilt_deg=27, boxes=10, roughness=0.12, slab_m=1.1, people=5,
             vans=2, weather="snow", sway_px=0.8, quality=68),
    CastView(name="sand pit", high_m=3.6, tilt_deg=20, boxes=7, roughness=0.22, slab_m=6.0, people=6, weather="rain",
             sway_px=0.4, quality=74),
    CastView(name="corridor of the canteen", high_m=2.7, tilt_deg=15, boxes=3, roughness=0.01, slab_m=7.0, roofed=True,
             infra_red=False, people=3, sway_px=0.1, quality=66),
)  # fmt: skip
"""For the fifth set: written after the fourth had been judged and the judgement frozen again."""


@dataclass(frozen=True, slots=True)
class _Stay:
    begins: int
    ends: int
    x_m: float
    z_m: float
    van: bool
    shade: float
    tone: tuple[float, float]


class CastFootage:
    """A view through three hours: night, dawn, day, dusk, night."""

    def __init__(self, view: CastView, seed: int) -> None:
        self.view, self.seed = view, seed
        random = np.random.default_rng(seed)
        self._cast(random)
        self._events(random)
        self._grain = random.normal(0, 1, (HEIGHT + 80, WIDTH + 80)).astype(np.float32)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        across, down = (columns - WIDTH / 2) / WIDTH, (rows - HEIGHT / 2) / WIDTH
        pull = 1 + 0.11 * (across**2 + down**2)
        self._at = (across * pull * WIDTH + WIDTH / 2 + _EDGE, down * pull * WIDTH + HEIGHT / 2 + _EDGE)

    def look(self, number: int, fault: Fault | None = None, fault_seed: int = 0) -> Look:
        """The look of that number, with a fault if there is one."""
        fault, view = fault or Fault(), self.view
        random, chance = np.random.default_rng((self.seed, number)), np.random.default_rng(fault_seed)
        day = self._day(number)
        infra_red = view.infra_red and day < 0.06
        albedo, u, v = self._albedo.copy(), self._u.copy(), self._v.copy()
        if view.weather == "snow":
            lies = np.clip((number - self._wet[0]) / 330, 0, 1) * np.clip((self._wet[1] + 330 - number) / 330, 0, 1)
            white = self._level & (self._patches < lies)
            albedo[white] = 0.78 + 0.03 * self._patches[white]
            u[white[::2, ::2]] = v[white[::2, ::2]] = 0
        for one in self._stays:
            if one.begins <= number < one.ends:
                self._stand(albedo, u, v, one)
        for _ in range(int(random.integers(0, view.people + 1)) if day > 0.05 or random.random() < 0.08 else 0):
            place = (float(random.uniform(-6, 6)), float(random.uniform(3.5, 18)))
            tone = (float(random.uniform(-18, 18)), float(random.uniform(-18, 22)))
            self._stand(albedo, u, v, _Stay(0, 0, *place, van=False, shade=float(random.uniform(0.03, 0.5)), tone=tone))
        lit = self._weathered(albedo * self._light(number, day, infra_red), random, number, day)
        if infra_red and random.random() < 0.12:  # an insect at the lamp
            at = (int(random.uniform(0, _SIZE[1])), int(random.uniform(0, _SIZE[0])))
            cv2.ellipse(lit, at, (int(random.integers(3, 18)), 3), float(random.uniform(0, 180)), 0, 360, 0.5, -1)
        seen, u, v = self._through_lens(lit, u, v, fault, random)
        if fault.cover is not None:
            seen = fault.cover(seen, chance)
        if infra_red:
            u, v = u * 0, v * 0
        return self._coded(self._sensed(seen, fault, random, chance), u, v, number, day < 0.1)

    # ── the place ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _cast(self, random: np.random.Generator) -> None:
        view = self.view
        rows, columns = np.mgrid[0 : _SIZE[0], 0 : _SIZE[1]].astype(np.float32)
        tilt = np.radians(view.tilt_deg)
        down = (rows - _SIZE[0] / 2) / _FOCAL_PX
        aside = (columns - _SIZE[1] / 2) / _FOCAL_PX
        rays = np.stack([aside, -np.sin(tilt) - down * np.cos(tilt), np.cos(tilt) - down * np.sin(tilt)])
        eye = np.array([0, view.high_m, 0], np.float32)
        self._boxes = [self._box(random) for _ in range(view.boxes)]
        if view.roofed:  # three walls
            self._boxes += [
                (np.array(low, np.float32), np.array(high, np.float32))
                for low, high in (((-9, 0, 17), (9, 7, 18)), ((-9, 0, -1), (-8, 7, 18)), ((8, 0, -1), (9, 7, 18)))
            ]
        with np.errstate(divide="ignore"):
            reach = np.where(rays[1] < 0, -view.high_m / np.minimum(rays[1], -1e-6), _FAR_M).astype(np.float32)
        side = np.where(rays[1] < 0, 1, 3).astype(np.int8)  # 1 level, 0 and 2 upright, 3 sky
        thing = np.zeros(_SIZE, np.int16)
        for number, box in enumerate(self._boxes, 1):
            near, axis = _hit(eye, rays, box)
            closer = near < reach
            reach[closer], side[closer], thing[closer] = near[closer], axis[closer], number
        reach = np.minimum(reach, _FAR_M)
        side[reach >= _FAR_M] = 3
        where = eye[:, None, None] + rays * reach
        self._level, self._depth = side == 1, reach
        shades = random.uniform(0.1, 0.6, view.boxes + 4)
        shades[0] = random.uniform(0.15, 0.35)
        albedo = shades[thing].astype(np.float32)
        flat = np.where(side == 1, where[0], np.where(side == 0, where[2], where[0]))
        tall = np.where(side == 1, where[2], where[1])
        rough = sum(_noise(random, flat * scale, tall * scale) / 2**0.5**n for n, scale in enumerate((3.0, 11.0, 37.0)))
        albedo *= np.clip(1 + view.roughness * np.asarray(rough, np.float32) * np.clip(14 / reach, 0.1, 1), 0.2, 2)
        joints = (np.mod(where[0], view.slab_m) < 0.04) | (np.mod(where[2], view.slab_m) < 0.04)
        albedo[joints & (thing == 0) & (reach < 22)] *= 0.6
        ribs = np.mod(flat, 0.9) < 0.12  # doors, shutters and shelves
        albedo[ribs & (thing % 3 == 1) & (side != 1)] *= 0.55
        albedo[side == 3] = 0.75
        self._albedo = np.asarray(cv2.GaussianBlur(albedo, (0, 0), 0.55), np.float32)
        tones = random.uniform(-20, 20, (2, view.boxes + 4)).astype(np.float32)
        self._u, self._v = (cv2.resize(one[thing], (_SIZE[1] // 2, _SIZE[0] // 2)) for one in tones)
        patches = 0.5 + 0.2 * _noise(random, flat * 1.7, tall * 1.7) + 0.1 * _noise(random, flat * 30, tall * 30)
        self._patches = np.clip(patches, 0.02, 0.99)
        normal = np.select([side == 0, side == 1], [0.35, 0.8], 0.55).astype(np.float32)
        self._suns = [self._sunlit(where, step, normal) for step in range(_SUNS)]
        self._pools = np.full(_SIZE, 0.01, np.float32)
        for _ in range(3):
            x, z = random.uniform(-8, 8), random.uniform(4, 22)
            self._pools += (0.2 / (1 + 0.12 * ((where[0] - x) ** 2 + (where[2] - z) ** 2))).astype(np.float32)
        self._flash = (1.2 / (1 + (reach / 7) ** 2)).astype(np.float32)

    def _box(self, random: np.random.Generator) -> tuple[Floats, Floats]:
        x, z = random.uniform(-11, 11), random.uniform(7, 30)
        wide, deep, high = random.uniform(0.6, 5), random.uniform(0.6, 4), random.uniform(0.5, 5)
        return np.array([x, 0, z], np.float32), np.array([x + wide, high, z + deep], np.float32)

    def _sunlit(self, where: Any, step: int, normal: Floats) -> Floats:
        if self.view.roofed:
            return np.zeros(_SIZE, np.float32)
        turn = np.pi * (step + 1) / (_SUNS + 1)
        sun = np.array([np.cos(turn), 0.25 + 0.7 * np.sin(turn), -0.35], np.float32)
        free = np.ones(_SIZE, bool)
        from_here = where + sun[:, None, None] * 0.05
        for box in self._boxes:
            near, _ = _hit(from_here, np.broadcast_to(sun[:, None, None], where.shape), box)
            free &= near >= _FAR_M
        return np.asarray(cv2.GaussianBlur((free * normal).astype(np.float32), (0, 0), 0.8), np.float32)

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def _events(self, random: np.random.Generator) -> None:
        self._stays = []
        for number in range(self.view.vans + 3):
            begins = int(random.integers(0, LOOKS))
            lasts = int(random.choice([4, 20, 90, 260]))
            tone = (float(random.uniform(-15, 15)), float(random.uniform(-15, 20)))
            self._stays.append(
                _Stay(begins, begins + lasts, float(random.uniform(-6, 5)), float(random.uniform(6, 16)),
                      number < self.view.vans, float(random.uniform(0.04, 0.6)), tone)
            )  # fmt: skip
        self._wet = (int(random.integers(380, 480)), int(random.integers(600, 760)))
        self._switches = sorted(int(at) for at in random.integers(0, LOOKS, 6))
        cloud, clouds = 0.6, []
        for _ in range(LOOKS):
            cloud = float(np.clip(cloud + 0.02 * (0.55 - cloud) + random.normal(0, 0.06), 0, 1))
            clouds.append(cloud)
        self._clear = clouds

    def _day(self, number: int) -> float:
        hours = number * LOOK_S / 3600
        return float(np.clip(min((hours - 0.6) / 0.5, (2.6 - hours) / 0.5), 0, 1) ** 2)

    def _light(self, number: int, day: float, infra_red: bool) -> Floats:
        on = sum(at <= number for at in self._switches) % 2 == 0
        flash = self._flash * np.float32(0.6 if infra_red else 0)
        if self.view.roofed:
            return np.asarray((0.45 if on else 0.05) + 0.25 * day + flash, np.float32)
        at = number / LOOKS * (_SUNS - 1)
        left = min(int(at), _SUNS - 2)
        sun = self._suns[left] * np.float32(left + 1 - at) + self._suns[left + 1] * np.float32(at - left)
        lamps = self._pools * np.float32((0.3 if infra_red else 1.0) if day < 0.12 else 0.0)
        return np.asarray(day * (0.3 + self._clear[number] * sun) + lamps + flash, np.float32)

    def _weathered(self, lit: Floats, random: np.random.Generator, number: int, day: float) -> Floats:
        begins, ends = self._wet
        if self.view.weather == "fog":
            thick = 0.07 * float(np.clip(1 - abs(number - (begins + ends) / 2) / 220, 0, 1))
            left = np.exp(-thick * self._depth)
            return np.asarray(lit * left + (1 - left) * np.float32(0.4 * day + 0.015), np.float32)
        if self.view.weather in ("rain", "snow") and begins <= number < ends:
            drops = np.zeros(_SIZE, np.float32)
            for x, y, far in random.random((220, 3)):
                at = (int(x * _SIZE[1]), int(y * _SIZE[0]))
                if self.view.weather == "rain":
                    cv2.line(drops, at, (at[0] - 2, at[1] + int(5 + 22 * far)), 1.0, 1, cv2.LINE_AA)
                else:
                    cv2.circle(drops, at, 1 + int(2.4 * far**3), 1.0, -1, cv2.LINE_AA)
            return np.asarray(lit * np.float32(0.93) + (0.03 + 0.14 * drops) * np.float32(day + 0.03), np.float32)
        return lit

    def _stand(self, albedo: Floats, u: Floats, v: Floats, one: _Stay) -> None:
        foot_x, foot_y, px_per_m = self._on_screen(one.x_m, one.z_m)
        wide, tall = (4.6, 2.1) if one.van else (0.5, 1.68)
        half, top = int(wide * px_per_m / 2), foot_y - int(tall * px_per_m)
        if half < 2 or top >= foot_y:
            return
        if one.van:
            corners = [(-half, 0), (-half, -0.55), (-0.8 * half, -1), (0.93 * half, -1), (half, -0.1), (half, 0)]
            shape = [(foot_x + int(x), foot_y + int(y * (foot_y - top))) for x, y in corners]
            _paint(albedo, u, v, shape, one.shade, one.tone)
            for x in (-0.62, -0.05):
                pane = (foot_x + int(x * half), top + (foot_y - top) // 8)
                cv2.rectangle(albedo, pane, (pane[0] + half // 2, pane[1] + (foot_y - top) // 3), 0.03, -1)
            for x in (-0.6, 0.65):
                cv2.circle(albedo, (foot_x + int(x * half), foot_y), max(2, int(0.35 * px_per_m)), 0.02, -1)
            cv2.line(albedo, (foot_x + half // 2, top), (foot_x + half // 2, foot_y), one.shade * 0.6, 1, cv2.LINE_AA)
            return
        for share, width, shade in ((0.25, 0.7, 0.5), (0.62, 1.0, 1.0)):  # legs, coat
            middle = (foot_x, foot_y - int(share * (foot_y - top)))
            axes = (max(1, int(half * width)), max(2, int(0.26 * (foot_y - top))))
            cv2.ellipse(albedo, middle, axes, 0, 0, 360, one.shade * shade, -1, cv2.LINE_AA)
            for plane, tone in ((u, one.tone[0]), (v, one.tone[1])):
                cv2.ellipse(plane, (middle[0] // 2, middle[1] // 2), (axes[0] // 2, axes[1] // 2), 0, 0, 360, tone, -1)
        cv2.circle(albedo, (foot_x, top + int(0.1 * px_per_m)), max(1, int(0.12 * px_per_m)), 0.28, -1, cv2.LINE_AA)

    def _on_screen(self, x_m: float, z_m: float) -> tuple[int, int, float]:
        tilt = np.radians(self.view.tilt_deg)
        ahead = z_m * np.cos(tilt) + self.view.high_m * np.sin(tilt)
        below = self.view.high_m * np.cos(tilt) - z_m * np.sin(tilt)
        scale = _FOCAL_PX / ahead
        return int(_SIZE[1] / 2 + x_m * scale), int(_SIZE[0] / 2 + below * scale), float(scale)

    # ── the camera ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _through_lens(
        self, lit: Floats, u: Floats, v: Floats, fault: Fault, random: np.random.Generator
    ) -> tuple[Floats, Floats, Floats]:
        dx, dy = (float(one) for one in random.normal(0, self.view.sway_px, 2))
        if random.random() < 0.006:  # a door slams
            dx, dy = dx + random.normal(0, 3), dy + random.normal(0, 5)
        roll = np.radians(fault.roll_deg)
        across, down = self._at[0] - _SIZE[1] / 2, self._at[1] - _SIZE[0] / 2
        x = across * np.cos(roll) - down * np.sin(roll) + _SIZE[1] / 2 - fault.shift_px[0] + dx
        y = across * np.sin(roll) + down * np.cos(roll) + _SIZE[0] / 2 - fault.shift_px[1] + dy
        x, y = x.astype(np.float32), y.astype(np.float32)
        seen: Any = cv2.remap(lit, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        half = (x[::2, ::2] / 2, y[::2, ::2] / 2)
        tones: list[Any] = [cv2.remap(one, *half, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for one in (u, v)]
        if fault.blur_sigma_px:
            seen = cv2.GaussianBlur(seen, (0, 0), fault.blur_sigma_px)
        return seen, tones[0], tones[1]

    def _sensed(self, seen: Floats, fault: Fault, random: np.random.Generator, chance: np.random.Generator) -> Floats:
        if fault.black:
            seen = seen * np.float32(0)
        gain = float(np.clip(0.2 / max(1e-4, float(np.median(seen[::5, ::5]))), 0.3, 8.0))
        exposed = np.clip(seen * np.float32(gain), 0, 1.15)
        top, left = (int(at) for at in random.integers(0, 80, 2))
        grain = self._grain[top : top + HEIGHT, left : left + WIDTH]
        exposed = exposed + grain * np.sqrt(exposed * 0.00006 * gain + 0.000004 * gain**2).astype(np.float32)
        y = 255 * np.log1p(9 * np.clip(exposed, 0, 1)) / np.log(10)
        if fault.noise_sigma:
            rough = np.random.default_rng((int(chance.integers(0, 2**31)), int(random.integers(0, 2**31))))
            y = y + rough.normal(0, fault.noise_sigma, y.shape)
        return np.asarray(y, np.float32)

    def _coded(self, y: Floats, u: Floats, v: Floats, number: int, night: bool) -> Look:
        plane = np.clip(y, 0, 255).astype(np.uint8)
        second = number * LOOK_S
        written = f"{self.view.name}  {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        cv2.rectangle(plane, (0, 342), (10 + 9 * len(written), HEIGHT), 0, -1)
        cv2.putText(plane, written, (6, 355), cv2.FONT_HERSHEY_PLAIN, 1.0, 230, 1, cv2.LINE_AA)
        whole = [cv2.resize(np.clip(one + 128, 0, 255).astype(np.uint8), (WIDTH, HEIGHT)) for one in (u, v)]
        bgr: Any = cv2.cvtColor(np.dstack([plane, *whole]), cv2.COLOR_YUV2BGR)
        _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, self.view.quality])
        decoded: Any = cv2.imdecode(coded, cv2.IMREAD_COLOR)
        planes: Any = cv2.cvtColor(decoded, cv2.COLOR_BGR2YUV)
        colours: list[Bytes] = [np.ascontiguousarray(planes[::2, ::2, index]) for index in (1, 2)]
        return Look(number, np.ascontiguousarray(planes[:, :, 0]), colours[0], colours[1], night)


def _paint(
    albedo: Floats, u: Floats, v: Floats, corners: list[tuple[int, int]], shade: float, tone: tuple[float, float]
) -> None:
    shape = np.array(corners, np.int32)
    cv2.fillPoly(albedo, [shape], shade, cv2.LINE_AA)
    for plane, value in ((u, tone[0]), (v, tone[1])):
        cv2.fillPoly(plane, [shape // 2], value)


def _hit(origin: Any, rays: Any, box: tuple[Floats, Floats]) -> tuple[Floats, Any]:
    """How far along each ray the box begins, and through which pair of sides; `_FAR_M` where it is missed."""
    if origin.ndim == 1:
        origin = origin[:, None, None]
    along = np.where(np.abs(rays) < 1e-6, 1e-6, rays)
    first = (box[0][:, None, None] - origin) / along
    second = (box[1][:, None, None] - origin) / along
    enters, leaves = np.minimum(first, second), np.maximum(first, second)
    near, far = enters.max(axis=0), leaves.min(axis=0)
    reach = np.where((near < far) & (near > 0.02), near, _FAR_M).astype(np.float32)
    return reach, enters.argmax(axis=0).astype(np.int8)


def _noise(random: np.random.Generator, x: Any, y: Any) -> Floats:
    """Smooth noise on a lattice of 128 x 128, mean 0 and deviation about 1."""
    lattice = random.normal(0, 1, (128, 128)).astype(np.float32)
    size = x.shape
    at = (np.mod(x, 127).astype(np.float32).reshape(size), np.mod(y, 127).astype(np.float32).reshape(size))
    return np.asarray(cv2.remap(lattice, *at, cv2.INTER_LINEAR) * 1.5, np.float32)
