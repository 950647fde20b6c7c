"""A seventh set of evaluation footage: a school's key places as signed distances; knows nothing of how it is judged.

Written after the judgement was frozen in d9de324 (docs/decisions/0103). Solids are marched along each ray by how far
the nearest one is, which also gives soft shadows of sun and lamps and the dusk of corners; their coats (bricks, tiles,
plaster, asphalt, lanes) are computed where they are hit. People walk as jointed capsules and vehicles are solids
painted far faces first, both behind what stands nearer. The camera meters the middle, turns its gain up, lowers its
noise, sharpens, and codes H.264 or H.265. A day is 2.4 hours: day, dusk, night, dawn, day; each view begins elsewhere.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.picture_grounds_figures import PeopledPlace, Stay
from benchmarks.picture_grounds_march import EDGE, SIZE, TALL, WIDE
from benchmarks.picture_grounds_places import PLACES, Ground
from benchmarks.picture_unseen import LOOK_S, Fault, Look
from benchmarks.picture_views import HEIGHT, WIDTH, Bytes, Floats

GROUNDS: Final = PLACES
DAY_H: Final = 2.4
GROUND_LOOKS: Final = int(DAY_H * 3600 / LOOK_S)


class GroundFootage(PeopledPlace):
    """A view through one short day."""

    def __init__(self, view: Ground, seed: int) -> None:
        self.seed, random = seed, np.random.default_rng(seed)
        super().__init__(view, random)
        self._happenings(random)
        self._grain = random.normal(0, 1, (HEIGHT + 90, WIDTH + 90)).astype(np.float32)
        self._columns = random.normal(0, 1, (1, WIDTH)).astype(np.float32)
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        across, down = columns - WIDTH / 2, rows - HEIGHT / 2
        far = (across**2 + down**2) / WIDTH**2
        self._across, self._below = across * (1 + view.barrel * far), down * (1 + view.barrel * far)
        self._vignette = (1 - 0.45 * far).astype(np.float32)
        self._in_wind = self._leaves[EDGE : EDGE + HEIGHT, EDGE : EDGE + WIDTH]
        self._encoder, self._decoder = _codec(view)

    def look(self, number: int, fault: Fault | None = None, fault_seed: int = 0) -> Look:
        """The look of that number, with a fault if there is one."""
        fault, view = fault or Fault(), self.view
        random, chance = np.random.default_rng((self.seed, number)), np.random.default_rng(fault_seed)
        hour = (number * LOOK_S / 3600 + view.begins_h) % DAY_H
        day = float(np.clip((1.25 - hour) / 0.27, 0, 1) if hour < 1.6 else np.clip((hour - 2.02) / 0.27, 0, 1)) ** 3
        walkers = self._walkers(random, number, hour)
        light, infra_red = self._light(number, hour, day, bool(walkers))
        wet = self._wetness[number]
        lit = self._albedo * light
        if wet > 0.02:
            lit[self._level] *= np.float32(1 - 0.4 * wet)
        if view.glowing and hour > 1.1 and hour < 1.65:
            lit += self._glow
        u, v = self._u.copy(), self._v.copy()
        for one in sorted((one for one in self._stays if one.begins <= number < one.ends), key=lambda one: -one.z_m):
            self._vehicle(lit, u, v, light, one)
        if view.road_z_m and random.random() < (0.35 if day > 0.05 else 0.1):
            shade, tone = (
                float(random.uniform(0.04, 0.7)),
                (float(random.uniform(-20, 20)), float(random.uniform(-16, 26))),
            )
            lane, x = view.road_z_m + float(random.choice([0.0, 3.4])), float(random.uniform(-13, 13))
            self._vehicle(lit, u, v, light, Stay(0, 0, x, lane, 0.0, bool(random.random() < 0.25), shade, tone))
            if day < 0.05:
                self._beam(lit, x + 4, lane)
        if view.barrier_z_m:
            self._barrier(lit, light, self._shut[number])
        for walker in walkers:
            self._walk(lit, u, v, light, random, walker)
        if view.flag:
            self._flag(lit, u, v, light, random, self._gust[number])
        lit = self._weather(lit, random, number, hour, day)
        seen, u, v = self._through_lens(lit, u, v, fault, random, number)
        if fault.cover is not None:
            before, seen = seen, fault.cover(seen, chance)
            hidden = (np.abs(seen - before) > 0.03 * before.mean())[::2, ::2]
            u[hidden], v[hidden] = chance.uniform(-10, 8), chance.uniform(-8, 14)
        if infra_red or fault.black:
            u, v = u * 0, v * 0
        else:
            warm = np.float32(view.warm * (1 - day))
            u, v = u * np.float32(0.35 + 0.65 * min(1, day + 0.5)) - warm, v * np.float32(0.7) + warm * np.float32(0.6)
        y, gain = self._sensed(seen, fault, random, chance)
        if not infra_red and gain > 6:
            top = int(random.integers(0, 90))
            grain = self._grain[top : top + HEIGHT // 2, : WIDTH // 2] * np.float32(0.08 * gain)
            u, v = u + grain, v - grain[::-1]
        return self._coded(y, u, v, number, day < 0.1)

    # ── what happens ────────────────────────────────────────────────────────────────────────────────────────────────

    def _happenings(self, random: np.random.Generator) -> None:
        view, count = self.view, GROUND_LOOKS
        low_x, high_x, low_z, high_z = view.walk
        self._stays: list[Stay] = []
        for number in range(view.parks):
            begins, lasts = int(random.integers(-60, count)), int(random.choice([8, 30, 120, 300]))
            x, z = view.bays[number % len(view.bays)]
            taken = self._stays[number % len(view.bays) :: len(view.bays)]
            if any(one.begins < begins + lasts and begins < one.ends for one in taken):
                lasts = 0
            colour = 1.0 if view.outdoor else 0.3
            self._stays.append(
                Stay(
                    begins,
                    begins + lasts,
                    x + float(random.normal(0, 0.25)),
                    z + float(random.normal(0, 0.2)),
                    float(random.choice([0.1, 1.5]) + random.normal(0, 0.08)),
                    bool(random.random() < 0.3),
                    float(random.uniform(0.05, 0.75)),
                    (colour * float(random.uniform(-14, 14)), colour * float(random.uniform(-10, 18))),
                )
            )
        self._switched = sorted(int(at) for at in random.integers(0, count, 8))
        self._breaks = [int(at) for at in random.integers(0, count, 7)]
        clear, gust, clouds, gusts = 0.7, 0.3, [], []
        for _ in range(count):
            clear = float(np.clip(clear + 0.03 * (0.75 - clear) + random.normal(0, 0.07), 0, 1))
            gust = float(np.clip(gust + 0.1 * (0.35 - gust) + random.normal(0, 0.12), 0, 1.5))
            clouds.append(clear)
            gusts.append(gust)
        self._clear, self._gust = clouds, gusts
        numbers = np.arange(count)
        begins = int(random.integers(60, count - 200))
        self._raining = (begins, begins + 170)
        self._wetness = (
            np.clip((numbers - begins) / 30, 0, 1)
            * np.clip((begins + 330 - numbers) / 130, 0, 1)
            * (view.weather == "rain")
        )
        hours = (numbers * LOOK_S / 3600 + view.begins_h) % DAY_H
        opened = np.zeros(count, np.float32)
        for at in random.integers(0, count - 40, 14):
            opened[at : at + int(random.integers(2, 30))] = float(random.uniform(0.4, 1.0))
        self._shut = np.where((hours > 1.4) & (hours < 2.2), 1.0, 1 - opened)
        self._walk_in = (low_x, high_x, low_z, high_z)

    def _walkers(self, random: np.random.Generator, number: int, hour: float) -> list[tuple[float, float, float]]:
        view = self.view
        crowded = any(at <= number < at + 24 for at in self._breaks)
        most = view.people * (3 if crowded else 1)
        late = 1.4 < hour < 2.15
        count = int(random.integers(0, most + 1)) if not late else int(random.random() < 0.06)
        low_x, high_x, low_z, high_z = self._walk_in
        places = [(float(random.uniform(low_x, high_x)), float(random.uniform(low_z, high_z))) for _ in range(count)]
        return sorted(((x, z, float(random.choice([0.8, 0.9, 1.0]))) for x, z in places), key=lambda one: -one[1])

    def _light(self, number: int, hour: float, day: float, someone: bool) -> tuple[Floats, bool]:
        view = self.view
        light = np.asarray(
            self._shine * np.float32((0.3 if view.outdoor else 0.0) * day + 0.0008), np.float32
        ) + self._sky * np.float32(0.004)
        if self._suns and day > 0:
            at = (hour + 0.4) % DAY_H / 1.7 * (len(self._suns) - 1)
            left = int(np.clip(at, 0, len(self._suns) - 2))
            part = float(np.clip(at - left, 0, 1))
            sun = self._suns[left] * np.float32(1 - part) + self._suns[left + 1] * np.float32(part)
            light += sun * np.float32(1.7 * day * self._clear[number] ** 1.5)
        toggled = sum(at <= number for at in self._switched) % 2 == 1
        asleep = 1.62 < hour < 2.05
        burning = {
            "window": day * (0.5 + 0.5 * self._clear[number]),
            "always": 1.0,
            "street": float(day < 0.04),
            "flood": float(day < 0.04 and hour < 1.62),
            "first": float(not asleep),
            "second": float(not asleep and (not toggled or day < 0.1)),
            "third": float(not asleep and toggled),
            "sound": float(someone and day < 0.3),
        }
        for bank, lit in self._banks.items():
            if burning[bank]:
                light += lit * np.float32(burning[bank])
        infra_red = bool(view.infra_red) and float(light[::8, ::8].mean()) < 0.02
        if infra_red:
            light += self._flash
        return light, infra_red

    def _weather(self, lit: Floats, random: np.random.Generator, number: int, hour: float, day: float) -> Floats:
        view = self.view
        if view.weather == "mist":
            thick = 0.03 * float(np.exp(-(((hour - 2.2 + 1.2) % DAY_H - 1.2) ** 2) / 0.02))
            left = np.exp(np.float32(-thick) * self._depth)
            return np.asarray(lit * left + (1 - left) * np.float32(0.45 * day + 0.006), np.float32)
        if view.weather == "steam" and (hour < 1.2 or hour > 2.1):
            thick = 0.5 + 0.5 * np.sin(number / 31.0)
            puffs: Any = cv2.resize(
                random.normal(0, 1, (9, 14)).astype(np.float32), (WIDE, TALL), interpolation=cv2.INTER_CUBIC
            )
            veil = np.clip(puffs - 0.6, 0, 1.2) * self._steam() * np.float32(0.35 * thick)
            return np.asarray(lit + veil * (np.float32(lit[::8, ::8].mean() * 1.6) - lit), np.float32)
        if view.weather == "rain" and self._raining[0] <= number < self._raining[1]:
            drops = np.zeros(SIZE, np.float32)
            for a, b, far in random.random((260, 3)):
                at = (int(a * WIDE), int(b * TALL))
                cv2.line(drops, at, (at[0] + 3, at[1] + int(6 + 20 * far)), 0.4 + 0.6 * far, 1, cv2.LINE_AA)
            level = float(lit[::8, ::8].mean())
            return np.asarray(lit * np.float32(0.94) + np.float32(level) * (0.06 + 0.5 * drops), np.float32)
        return lit

    def _steam(self) -> Floats:
        x, y = self._on_screen(self.view.pots)[0].mean(axis=0)
        rows, columns = np.ogrid[0:TALL, 0:WIDE]
        return np.asarray(np.exp(-(((columns - x) / 170) ** 2) - ((rows - y + 60) / 90) ** 2), np.float32)

    # ── the camera ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _through_lens(
        self, lit: Floats, u: Floats, v: Floats, fault: Fault, random: np.random.Generator, number: int
    ) -> tuple[Floats, Floats, Floats]:
        view, gust = self.view, self._gust[number]
        dx, dy = (float(one) * (0.3 + gust) for one in random.normal(0, view.sway_px, 2))
        if random.random() < 0.008:  # a lorry passes, a door slams
            dx, dy = dx + float(random.normal(0, 2.5)), dy + float(random.normal(0, 4))
        turned = np.radians(fault.roll_deg)
        cos, sin = np.float32(np.cos(turned)), np.float32(np.sin(turned))
        x = self._across * cos - self._below * sin + np.float32(WIDE / 2 - fault.shift_px[0] + dx)
        y = self._across * sin + self._below * cos + np.float32(TALL / 2 - fault.shift_px[1] + dy)
        if view.outdoor:
            sway: Any = cv2.resize(
                random.normal(0, 1, (24, 40)).astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
            )
            sway *= self._in_wind * np.float32(2.2 * gust)
            x, y = x + sway, y + 0.6 * sway
        seen: Any = cv2.remap(lit, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        small = (np.ascontiguousarray(x[::2, ::2]) / 2, np.ascontiguousarray(y[::2, ::2]) / 2)
        tones: list[Any] = [cv2.remap(one, *small, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for one in (u, v)]
        seen = seen * self._vignette
        if fault.blur_sigma_px:
            seen = cv2.GaussianBlur(seen, (0, 0), fault.blur_sigma_px)
            tones = [cv2.GaussianBlur(one, (0, 0), fault.blur_sigma_px / 2) for one in tones]
        return seen, tones[0], tones[1]

    def _sensed(
        self, seen: Floats, fault: Fault, random: np.random.Generator, chance: np.random.Generator
    ) -> tuple[Floats, float]:
        if fault.black:
            seen = seen * np.float32(0)
        metered = 0.5 * float(seen[::6, ::6].mean()) + 0.5 * float(seen[90:270:6, 160:480:6].mean())
        gain = float(np.clip(0.17 / max(1e-6, metered), 0.2, self.view.most_gain))
        exposed = np.minimum(seen * np.float32(gain), 1.3)
        top, left = (int(at) for at in random.integers(0, 90, 2))
        grain = self._grain[top : top + HEIGHT, left : left + WIDTH]
        grain = grain[:: int(random.choice([-1, 1])), :: int(random.choice([-1, 1]))]
        exposed = exposed + grain * np.sqrt(exposed * np.float32(5e-5 * gain) + np.float32((0.0007 * gain) ** 2))
        exposed = exposed + self._columns * np.float32(0.0001 * gain)
        smooth: Any = cv2.GaussianBlur(exposed, (3, 3), 0.8)
        calmed = float(np.clip((gain - 2) / 16, 0, 0.75))  # noise reduction grows with the gain
        exposed = np.clip(exposed + np.float32(calmed) * (smooth - exposed), 0, 1)
        y = 255 * np.where(exposed < 0.018, 4.5 * exposed, 1.099 * np.power(exposed, np.float32(0.45)) - 0.099)
        y = y + np.float32(self.view.sharpened * (1 - calmed)) * (y - cv2.GaussianBlur(y, (0, 0), 1.1))
        if fault.noise_sigma:
            rough = np.random.default_rng((int(chance.integers(0, 2**31)), int(random.integers(0, 2**31))))
            y = y + rough.normal(0, fault.noise_sigma, y.shape)
        return np.asarray(y, np.float32), gain

    def _coded(self, y: Floats, u: Floats, v: Floats, number: int, night: bool) -> Look:
        plane = np.clip(y, 0, 255).astype(np.uint8)
        second = int(self.view.begins_h * 3600) + number * LOOK_S
        stamp = f"2026-03-{2 + second // 86400:02d} {second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        for text, (x, y0) in ((stamp, (14, 26)), (self.view.name.upper(), (430, 344))):
            for dx, dy, colour in ((-1, 0, 20), (1, 0, 20), (0, -1, 20), (0, 1, 20), (0, 0, 245)):
                cv2.putText(plane, text, (x + dx, y0 + dy), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, 1, cv2.LINE_AA)
        tones: list[Bytes] = [np.clip(one + 128, 0, 255).astype(np.uint8).reshape(-1) for one in (u, v)]
        planar = np.concatenate([plane.reshape(-1), *tones]).reshape(HEIGHT * 3 // 2, WIDTH)
        frame = av.VideoFrame.from_ndarray(planar, format="yuv420p")
        frame.pts, frame.pict_type = None, av.video.frame.PictureType.I
        planes = [one for packet in self._encoder.encode(frame) for one in self._decoder.decode(packet)][
            -1
        ].to_ndarray()
        chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        return Look(number, np.ascontiguousarray(planes[:HEIGHT]), chroma[0].copy(), chroma[1].copy(), night)


def _codec(view: Ground) -> tuple[Any, Any]:
    """Each picture by itself, as keyframes are."""
    encoder: Any = av.CodecContext.create("libx265" if view.h265 else "libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.thread_count, encoder.gop_size = Fraction(1, 25), 1, 1
    encoder.options = (
        {"preset": "ultrafast", "tune": "zerolatency"} if view.h265 else {"preset": "superfast", "tune": "zerolatency"}
    )
    quality = f"crf={view.quality}:keyint=1:log-level=none:pools=1:frame-threads=1"
    encoder.options |= {"x265-params": quality} if view.h265 else {"crf": str(view.quality), "keyint": "1"}
    decoder: Any = av.CodecContext.create("hevc" if view.h265 else "h264", "r")
    decoder.thread_count = 1
    return encoder, decoder
