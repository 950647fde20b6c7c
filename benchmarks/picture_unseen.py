"""Evaluation footage: eight hours of each view of benchmarks/picture_views.py; knows nothing of how it is judged.

A look is drawn from its number alone, so that the same moment can be drawn again with a fault where it happens: before
the lens, in the lens, on the sensor. Light from a sun that rises and sets, exposure by the camera itself, infra-red at
night, weather, people, vehicles, lamps, wind; coded as an H.264 keyframe with the camera's clock in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.picture_views import CANVAS, HEIGHT, MARGIN_X, MARGIN_Y, WIDTH, Bytes, Floats, View, build

LOOK_S: Final = 10
HOURS: Final = 8.0
LOOKS: Final = int(HOURS * 3600 / LOOK_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to the camera. All at once would be possible; each figure's nothing is the default."""

    shift_px: tuple[float, float] = (0.0, 0.0)
    roll_deg: float = 0.0
    blur_sigma_px: float = 0.0
    cover: Callable[[Floats, np.random.Generator], Floats] | None = None
    """Gives the light with something before the lens."""
    noise_sigma: float = 0.0
    black: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A decoded picture: brightness and the two colour planes."""

    number: int
    y: Bytes
    u: Bytes
    v: Bytes
    night: bool


@dataclass(frozen=True, slots=True)
class _Stay:
    # Something that stands in the view for a while.
    begins: int
    ends: int
    x: int
    y: int
    width: int
    height: int
    light: float
    u: float
    v: float


class Footage:
    """A view through eight hours: night, dawn, day, dusk, night."""

    def __init__(self, view: View, seed: int) -> None:
        self.view, self.seed = view, seed
        random = np.random.default_rng(seed)
        self._world = build(self.view, random)
        self._random_events(random)
        self._grains = [random.normal(0, 1, (HEIGHT + 64, WIDTH + 64)).astype(np.float32) for _ in range(4)]
        rows, columns = np.mgrid[0 : CANVAS[0], 0 : CANVAS[1]].astype(np.float32)
        self._rows, self._columns = rows, columns
        self._lamps = np.full(CANVAS, 0.012, np.float32)
        for _ in range(int(random.integers(2, 5))):
            x, y, wide = random.uniform(0, CANVAS[1]), random.uniform(120, CANVAS[0]), random.uniform(60, 140)
            self._lamps += 0.16 * np.exp(-((columns - x) ** 2 + 2 * (rows - y) ** 2) / wide**2)
        centre = ((columns - CANVAS[1] / 2) ** 2 + (rows - CANVAS[0] / 2) ** 2) / (CANVAS[1] / 2) ** 2
        self._flash = (0.3 * np.exp(-1.1 * centre) / (1 + (self._world.depth_m / 22) ** 2)).astype(np.float32)
        self._encoder, self._decoder = keyframe_encoder(self.view.quality), av.CodecContext.create("h264", "r")
        self._decoder.thread_count = 1

    def look(self, number: int, fault: Fault | None = None, fault_seed: int = 0) -> Look:
        """The look of that number, with a fault if there is one."""
        view, world = self.view, self._world
        fault = fault or Fault()
        random = np.random.default_rng((self.seed, number))
        day = self._day(number)
        infra_red = view.infra_red and day < 0.05
        light, u, v = world.light.copy(), world.u.copy(), world.v.copy()
        self._snow(light, u, v, number)
        self._wind(light, random, number)
        self._stand(light, u, v, number)
        self._people(light, u, v, random, number, day)
        lit = light * self._illumination(number, day, infra_red)
        if not view.indoor:
            lit = self._weather(lit, random, number, day)
        if random.random() < 0.004 and day < 0.3:  # head lamps sweep over the view
            across, down = random.uniform(0, CANVAS[1]), random.uniform(0.4, 0.8) * CANVAS[0]
            lit += 0.5 * np.exp(-((self._columns - across) ** 2 + (self._rows - down) ** 2) / 60**2).astype(np.float32)
        seen, u, v = self._through_lens(lit, u, v, fault, random, number)
        chance = np.random.default_rng(fault_seed)
        if fault.cover is not None:
            seen = fault.cover(seen, chance)
        if infra_red:
            u, v = np.zeros_like(u), np.zeros_like(v)
        elif view.sodium and day < 0.1:
            u, v = u - 14, v + 9
        y = self._on_sensor(seen, fault, random, chance)
        return self._coded(y, u, v, number, day < 0.1 and (not view.indoor or view.infra_red))

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def _random_events(self, random: np.random.Generator) -> None:
        view = self.view
        self._stays = []
        for _ in range(view.vehicles):
            begins = int(random.integers(0, LOOKS))
            kind = random.random()
            near = random.uniform(0.5, 1.0)
            width, height = (150, 52) if kind < 0.75 else (250, 110) if kind < 0.93 else (60, 50)
            y = self._world.horizon_px + int(30 + near * 150)
            self._stays.append(
                _Stay(
                    begins,
                    begins + int(random.choice([3, 12, 60, 200, 500])),
                    int(random.uniform(0, CANVAS[1] - 80)),
                    y,
                    int(width * near),
                    int(height * near),
                    *(float(random.uniform(low, high)) for low, high in ((0.03, 0.7), (-20, 25), (-20, 30))),
                )
            )
        self._crowds = [(int(at), int(at + random.integers(20, 110))) for at in random.integers(500, 2300, 4)]
        self._switches = sorted(int(at) for at in random.integers(0, LOOKS, 14))
        self._sun_out = np.clip(0.55 + 0.35 * np.cumsum(random.normal(0, 0.06, LOOKS)), 0, 1).astype(np.float32)
        for index in range(1, LOOKS):  # clouds come and go, and do not drift away for good
            self._sun_out[index] = np.clip(self._sun_out[index - 1] * 0.985 + 0.0075 + random.normal(0, 0.05), 0.0, 1.0)
        begins = int(random.integers(1100, 1800))
        self._wet = (begins, begins + int(random.integers(200, 500)))
        self._windy = (int(random.integers(300, 2400)), int(random.integers(100, 400)))
        self._flakes = _flake_map(random)

    def _day(self, number: int) -> float:
        hours = number * LOOK_S / 3600
        rise, fall = (hours - 1.3) / 0.9, (6.9 - hours) / 1.0
        return float(np.clip(min(rise, fall), 0.0, 1.0) ** 1.5)

    def _illumination(self, number: int, day: float, infra_red: bool) -> Floats:
        view, world = self.view, self._world
        on = sum(at <= number for at in self._switches) % 2 == 0
        if view.indoor:
            glow = 0.5 if on else 0.14
            glow = glow if 400 < number < 2600 or infra_red is False else 0.02
            return np.asarray(
                glow + world.windows * day * 1.6 + day * 0.12 + (self._flash if infra_red else 0), np.float32
            )
        sun = float(self._sun_out[number]) * day
        shade = np.ones(CANVAS, np.float32)
        if sun > 0.05:
            turn = (number / LOOKS - 0.5) * 900
            house = np.array([[380 + turn, 150], [520 + turn, 150], [640 + 1.6 * turn, 464], [420 + 1.6 * turn, 464]])
            cv2.fillPoly(shade, [house.astype(np.int32)], 0.25)
            shade = np.where(world.ground, shade, 1).astype(np.float32)
        lit: Any = (0.35 + 0.9 * shade * sun) * day
        lamps = self._lamps if day < 0.1 else np.zeros(1, np.float32)
        shining = world.windows * (0.5 if on and day < 0.3 else 0.0)
        return np.asarray(
            lit + lamps * (0.15 if infra_red else 1) + shining + (self._flash if infra_red else 0), np.float32
        )

    def _weather(self, lit: Floats, random: np.random.Generator, number: int, day: float) -> Floats:
        begins, ends = self._wet
        if self.view.fog:
            thick = 0.05 * float(np.clip(1 - abs(number - (begins + ends) / 2) / 350, 0, 1))
            kept = np.exp(-thick * self._world.depth_m)
            lit = lit * kept + (1 - kept) * np.float32(0.55 * day + 0.02)
        falling = (self.view.rain or self.view.snow) and begins <= number < ends
        if falling:
            veil = 0.06 * day + 0.004
            lit = lit * np.float32(0.9) + np.float32(veil)
            drops = np.zeros(CANVAS, np.float32)
            for _ in range(160 if self.view.rain else 260):
                x, y = int(random.integers(0, CANVAS[1])), int(random.integers(0, CANVAS[0]))
                if self.view.rain:
                    cv2.line(drops, (x, y), (x + 3, y + int(random.integers(8, 26))), 1.0, 1)
                else:
                    cv2.circle(drops, (x, y), int(random.integers(1, 3)), 1.0, -1)
            lit = lit + drops * np.float32(0.12 * day + 0.02)
        return np.asarray(lit, np.float32)

    def _snow(self, light: Floats, u: Floats, v: Floats, number: int) -> None:
        begins, ends = self._wet
        if not self.view.snow or number < begins:
            return
        lies = min(1.0, (number - begins) / (ends - begins)) * max(
            0.0, 1 - (number - ends) / 900 if number > ends else 1
        )
        white = (self._flakes < lies * 1.1 - 0.1) & self._world.ground
        light[white] = 0.82
        small = white[::2, ::2]
        u[small] = v[small] = 0

    def _wind(self, light: Floats, random: np.random.Generator, number: int) -> None:
        if not self._world.leaves.any():
            return
        begins, lasts = self._windy
        strength = 3.0 if begins <= number < begins + lasts else 0.7
        dx, dy = random.normal(0, strength), random.normal(0, strength * 0.5)
        matrix = np.array([[1, 0, dx], [0, 1, dy]])
        moved: Any = cv2.warpAffine(self._world.light, matrix, (CANVAS[1], CANVAS[0]), borderMode=cv2.BORDER_REPLICATE)
        light[self._world.leaves] = moved[self._world.leaves]

    def _stand(self, light: Floats, u: Floats, v: Floats, number: int) -> None:
        for one in self._stays:
            if not one.begins <= number < one.ends:
                continue
            x, y, w, h = one.x, one.y, one.width, one.height
            body = [
                (x, y),
                (x, y - h // 2),
                (x + w // 7, y - h),
                (x + w - w // 9, y - h),
                (x + w, y - h // 2),
                (x + w, y),
            ]
            _fill(light, u, v, body, one.light, one.u, one.v)
            for left, right in ((0.2, 0.42), (0.48, 0.72), (0.76, 0.9)):
                pane = [(x + int(w * left), y - h // 2), (x + int(w * left), y - int(h * 0.88)),
                        (x + int(w * right), y - int(h * 0.88)), (x + int(w * right), y - h // 2)]  # fmt: skip
                _fill(light, u, v, pane, 0.02, 0, 0)
            for share in (0.2, 0.8):
                cv2.circle(light, (x + int(w * share), y), max(3, h // 6), 0.008, -1)
            cv2.line(light, (x, y - h // 4), (x + w, y - h // 4), one.light * 0.5, 1)

    def _people(
        self, light: Floats, u: Floats, v: Floats, random: np.random.Generator, number: int, day: float
    ) -> None:
        view = self.view
        crowded = any(begins <= number < ends for begins, ends in self._crowds)
        awake = 350 < number < 2650
        most = view.crowd if crowded else view.people
        count = int(random.integers(0, most + 1)) if awake else int(random.random() < 0.05)
        if crowded:
            count = max(count, view.crowd // 2)
        for _ in range(count):
            near = float(random.beta(1.6, 2.2))
            feet = self._world.horizon_px + int(12 + near * (CANVAS[0] - self._world.horizon_px - 20))
            tall = int(24 + near * 150)
            x = int(random.uniform(0, CANVAS[1]))
            coat, legs = float(random.uniform(0.02, 0.6)), float(random.uniform(0.01, 0.15))
            tone = (float(random.uniform(-25, 25)), float(random.uniform(-25, 25)))
            hip, neck = feet - int(tall * 0.47), feet - int(tall * 0.83)
            half = max(2, tall // 8)
            stride = int(random.uniform(0, tall * 0.16))
            for foot in (x - stride, x + stride):
                cv2.line(light, (x, hip), (foot, feet), legs, max(2, tall // 11))
            _fill(
                light, u, v, [(x - half, neck), (x + half, neck), (x + half + 2, hip), (x - half - 2, hip)], coat, *tone
            )
            for arm in (-1, 1):
                hand = (x + arm * int(half * random.uniform(1, 2.2)), hip)
                cv2.line(light, (x + arm * half, neck), hand, coat * 0.8, max(2, tall // 16))
            cv2.circle(light, (x, feet - int(tall * 0.91)), max(2, tall // 14), 0.3, -1)
            if random.random() < 0.4:  # a school bag
                _fill(
                    light, u, v, [(x - half, neck + 3), (x, neck + 3), (x, hip - 3), (x - half, hip - 3)], 0.1, 15, -20
                )

    # ── the camera ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _through_lens(
        self, lit: Floats, u: Floats, v: Floats, fault: Fault, random: np.random.Generator, number: int
    ) -> tuple[Floats, Floats, Floats]:
        begins, lasts = self._windy
        sway = 0.0 if self.view.indoor else self.view.sway_px * (2.2 if begins <= number < begins + lasts else 1.0)
        dx, dy = random.normal(0, sway + 1e-6), random.normal(0, sway * 0.6 + 1e-6)
        if random.random() < 0.01:  # a lorry drives past
            dx, dy = dx + random.normal(0, 1.5), dy + random.normal(0, 1.5)
        middle = (CANVAS[1] / 2, CANVAS[0] / 2)
        matrix: Any = cv2.getRotationMatrix2D(middle, fault.roll_deg, 1.0)
        matrix[:, 2] += (dx + fault.shift_px[0] - MARGIN_X, dy + fault.shift_px[1] - MARGIN_Y)
        half = matrix.copy()
        half[:, 2] /= 2
        seen: Any = cv2.warpAffine(lit, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        small = (WIDTH // 2, HEIGHT // 2)
        colours: list[Any] = [cv2.warpAffine(one, half, small, borderMode=cv2.BORDER_REPLICATE) for one in (u, v)]
        if fault.blur_sigma_px:
            seen = cv2.GaussianBlur(seen, (0, 0), fault.blur_sigma_px)
            colours = [cv2.GaussianBlur(one, (0, 0), fault.blur_sigma_px / 2) for one in colours]
        return seen, colours[0], colours[1]

    def _on_sensor(
        self, seen: Floats, fault: Fault, random: np.random.Generator, chance: np.random.Generator
    ) -> Floats:
        if fault.black:
            seen = seen * np.float32(0)
        wanted = 0.17 / max(1e-4, float(seen[::4, ::4].mean()))
        gain = float(np.clip(wanted, 0.2, 9.0))
        exposed = np.clip(seen * np.float32(gain * 4095), 0, 4095).astype(np.uint16)
        y = np.take(_gamma(), exposed)
        sigma = 0.9 + 2.6 * np.log2(max(1.0, gain)) / 3.2
        grain = self._grains[int(random.integers(0, 4))]
        top, left = (int(value) for value in random.integers(0, 64, 2))
        y = y + grain[top : top + HEIGHT, left : left + WIDTH] * np.float32(sigma)
        if fault.noise_sigma:
            rough = np.random.default_rng((int(chance.integers(0, 2**31)), int(random.integers(0, 2**31))))
            y = y + rough.normal(0, fault.noise_sigma, y.shape).astype(np.float32)
        return np.asarray(y, np.float32)

    def _coded(self, y: Floats, u: Floats, v: Floats, number: int, night: bool) -> Look:
        plane = np.clip(y, 0, 255).astype(np.uint8)
        second = number * LOOK_S
        for text, at in (
            (f"2026-11-21 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}", (10, 22)),
            (self.view.name, (430, 348)),
        ):
            cv2.putText(plane, text, at, 0, 0.5, 20, 3, cv2.LINE_AA)
            cv2.putText(plane, text, at, 0, 0.5, 240, 1, cv2.LINE_AA)
        colours = [np.clip(one + 128, 0, 255).astype(np.uint8) for one in (u, v)]
        planar = np.concatenate([plane.reshape(-1), colours[0].reshape(-1), colours[1].reshape(-1)])
        frame = av.VideoFrame.from_ndarray(planar.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")
        frame.pts = None
        frame.pict_type = av.video.frame.PictureType.I
        packets = self._encoder.encode(frame)
        pictures = [picture for packet in packets for picture in self._decoder.decode(packet)]
        planes = pictures[-1].to_ndarray()
        chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        return Look(number, np.ascontiguousarray(planes[:HEIGHT]), chroma[0], chroma[1], night)


def _fill(
    light: Floats, u: Floats, v: Floats, corners: list[tuple[int, int]], value: float, tone_u: float, tone_v: float
) -> None:
    shape = np.array(corners, np.int32)
    cv2.fillPoly(light, [shape], value)
    for plane, tone in ((u, tone_u), (v, tone_v)):
        cv2.fillPoly(plane, [shape // 2], tone)


def _flake_map(random: np.random.Generator) -> Floats:
    coarse: Any = cv2.resize(random.random((30, 40)).astype(np.float32), (CANVAS[1], CANVAS[0]))
    return np.asarray(coarse * 0.7 + random.random(CANVAS).astype(np.float32) * 0.3, np.float32)


@cache
def _gamma() -> Floats:
    return np.asarray(255 * (np.arange(4096) / 4095) ** (1 / 2.2), np.float32)


def keyframe_encoder(quality: int) -> Any:
    """H.264, each picture by itself."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base, context.thread_count, context.gop_size = Fraction(1, 25), 1, 1
    context.options = {"preset": "ultrafast", "tune": "zerolatency", "crf": str(quality), "keyint": "1"}
    return context
