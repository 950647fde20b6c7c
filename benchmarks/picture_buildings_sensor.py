"""The camera of the eighth set: lens, exposure, gain, noise, sharpening, writing, codec."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
import cv2
import numpy as np

from benchmarks.picture_buildings_mesh import EDGE
from benchmarks.picture_buildings_views import Building
from benchmarks.picture_unseen import LOOK_S, Fault, Look
from benchmarks.picture_views import HEIGHT, WIDTH, Bytes, Floats

LONGEST: Final = 95.0
"""Exposure and gain together, at most."""
FINE: Final = 8191
STEPS: Final = 3.0


def _tone() -> Floats:
    linear = np.arange(FINE + 1) / FINE * STEPS
    bent = np.where(linear < 0.6, linear, 0.6 + 0.4 * (1 - np.exp(-(linear - 0.6) / 0.4)))
    return np.asarray(16 + 219 * np.clip(bent, 0, 1) ** (1 / 2.2), np.float32)


class Camera:
    """Makes a coded picture of light."""

    def __init__(self, view: Building, seed: int) -> None:
        self._view, random = view, np.random.default_rng((seed, 1))
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        across, down = columns - (WIDTH - 1) / 2, rows - (HEIGHT - 1) / 2
        far = (across**2 + down**2) / (WIDTH / 2) ** 2
        bulge = (1 + view.barrel * (far - 0.6) * 0.5).astype(np.float32)
        self._across, self._down = across * bulge, down * bulge
        self._vignette = (1 - 0.22 * far).astype(np.float32)
        self._middle = np.exp(-1.2 * far)[::8, ::8].astype(np.float32)
        self._middle /= self._middle.sum()
        self._tones = _tone()
        self._grains = [random.normal(0, 1, (HEIGHT + 120, WIDTH + 120)).astype(np.float32) for _ in range(3)]
        self._stripes = random.normal(0, 1, (1, WIDTH)).astype(np.float32)
        hot = random.integers(0, [[HEIGHT], [WIDTH]], (2, 14))
        self._hot = np.s_[hot[0], hot[1]]
        self._encoder, self._decoder = _codec(view)

    def maps(self, fault: Fault, shake: tuple[float, float, float]) -> tuple[Floats, Floats]:
        """Where each pixel looks in the canvas, with the camera turned."""
        turn = np.deg2rad(fault.roll_deg + shake[2])
        cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        right, down = WIDTH / 2 + EDGE - 0.5 + fault.shift_px[0], HEIGHT / 2 + EDGE - 0.5 + fault.shift_px[1]
        x = self._across * cosine - self._down * sine + np.float32(right + shake[0])
        y = self._across * sine + self._down * cosine + np.float32(down + shake[1])
        return x, y

    def coded(
        self,
        seen: Floats,
        blue: Floats,
        red: Floats,
        number: int,
        fault: Fault,
        fault_seed: int,
        random: np.random.Generator,
        slow: float,
        state: tuple[bool, bool, float, int],
    ) -> Look:
        """The decoded picture of light that has come through the lens; state: night, infra-red, warmth, second."""
        view, chance = self._view, np.random.default_rng(fault_seed)
        night, infra_red, warm, second = state
        if fault.blur_sigma_px:
            seen = np.asarray(cv2.GaussianBlur(seen, (0, 0), fault.blur_sigma_px), np.float32)
            blue, red = (
                np.asarray(cv2.GaussianBlur(one, (0, 0), fault.blur_sigma_px / 2), np.float32) for one in (blue, red)
            )
        seen = seen * self._vignette
        if fault.cover is not None:
            seen, blue, red = _covered(seen, blue, red, fault, fault_seed, chance)
        if fault.black:
            seen = np.zeros_like(seen)
        metered = float((np.sqrt(np.maximum(seen[::8, ::8], 0)) * self._middle).sum()) ** 2 * slow
        exposure = float(np.clip(0.155 / max(metered, 1e-6), 0.12, LONGEST))
        small: Any = cv2.resize(seen, (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
        halo: Any = cv2.GaussianBlur(np.maximum(small * exposure - 0.9, 0), (0, 0), 5)
        bright = seen * np.float32(exposure)
        bright += np.float32(0.06) * np.asarray(cv2.resize(halo, (WIDTH, HEIGHT)), np.float32) + np.float32(0.0012)
        np.clip(bright * np.float32(FINE / STEPS), 0, FINE, out=bright)
        y = self._tones[bright.astype(np.uint16)]
        gain = max(0.0, float(np.log2(max(1.0, exposure / 2.5))))
        sigma = view.grain * (0.8 + 0.95 * gain)
        top, left, which = (int(random.integers(0, limit)) for limit in (120, 120, 3))
        grain = self._grains[which][top : top + HEIGHT, left : left + WIDTH]
        y += grain * np.float32(sigma * 0.75)
        if gain > 2:
            second_grain = self._grains[(which + 1) % 3][left : left + HEIGHT // 2, top : top + WIDTH // 2]
            y += np.asarray(cv2.resize(second_grain, (WIDTH, HEIGHT)), np.float32) * np.float32(0.5 * sigma)
            y += self._stripes * np.float32(0.07 * sigma)
            y += random.normal(0, 0.12 * sigma, (HEIGHT, 1)).astype(np.float32)
            y[self._hot] += np.float32(6 * gain)
        if fault.noise_sigma:
            y += chance.normal(0, fault.noise_sigma, y.shape).astype(np.float32)
        y += (y - np.asarray(cv2.GaussianBlur(y, (0, 0), 1.1), np.float32)) * np.float32(view.sharpen * (1 - gain / 10))
        plane = np.clip(y, 4, 250).astype(np.uint8)
        if infra_red:
            colours = [np.full(blue.shape, 128, np.uint8)] * 2
        else:
            strength = (
                np.asarray(cv2.resize(y, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA), np.float32) - 16
            )
            strength *= np.float32(1 / (1 + 0.14 * gain))
            small_grain = grain[: HEIGHT // 2, : WIDTH // 2] * np.float32(0.25 * sigma)
            blotch: Any = cv2.resize(grain[-HEIGHT // 8 :, -WIDTH // 8 :], (WIDTH // 2, HEIGHT // 2))
            blotch = blotch * np.float32(0.25 * sigma)
            share = np.float32(warm / 100)
            colours = [
                np.clip(128 + strength * (tint + share * way) + noise, 1, 254).astype(np.uint8)
                for tint, way, noise in ((blue, -1, small_grain + blotch), (red, 0.7, small_grain - blotch))
            ]
        self._write(plane, second)
        return self._through_codec(plane, colours, number, night)

    def _write(self, plane: Bytes, second: int) -> None:
        text = f"2026-11-22 {second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
        for words, at in ((text, self._view.clock_at), (self._view.name, self._view.name_at)):
            for across, down in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
                moved = at[0] + across, at[1] + down
                cv2.putText(plane, words, moved, cv2.FONT_HERSHEY_DUPLEX, 0.52, 18, 1, cv2.LINE_AA)
            cv2.putText(plane, words, at, cv2.FONT_HERSHEY_DUPLEX, 0.52, 232, 1, cv2.LINE_AA)

    def _through_codec(self, plane: Bytes, colours: list[Bytes], number: int, night: bool) -> Look:
        planar = np.concatenate([plane.reshape(-1), colours[0].reshape(-1), colours[1].reshape(-1)])
        frame = av.VideoFrame.from_ndarray(planar.reshape(HEIGHT * 3 // 2, WIDTH), format="yuv420p")
        frame.pts, frame.pict_type = None, av.video.frame.PictureType.I
        packets = self._encoder.encode(frame)
        decoded = [picture for packet in packets for picture in self._decoder.decode(packet)]
        planes = decoded[-1].to_ndarray()
        chroma = planes[HEIGHT:].reshape(2, HEIGHT // 2, WIDTH // 2)
        return Look(number, np.ascontiguousarray(planes[:HEIGHT]), chroma[0].copy(), chroma[1].copy(), night)


def _covered(
    seen: Floats, blue: Floats, red: Floats, fault: Fault, fault_seed: int, chance: np.random.Generator
) -> tuple[Floats, Floats, Floats]:
    # What passes a cover shows by how much of a difference in light comes through; its own colour hides the rest.
    assert fault.cover is not None
    made = fault.cover(seen, np.random.default_rng(fault_seed))
    step = np.float32(max(1e-4, float(seen.mean())))
    checks = np.full_like(seen, step)
    checks[:, 1::2] = -step
    other = fault.cover(seen + checks, np.random.default_rng(fault_seed))
    passes = np.clip((other - made) / checks, 0, 1)[::2, ::2]
    skin = np.float32(chance.uniform(-0.16, 0.03)), np.float32(chance.uniform(-0.04, 0.22))
    return made, blue * passes + skin[0] * (1 - passes), red * passes + skin[1] * (1 - passes)


def _codec(view: Building) -> tuple[Any, Any]:
    # One quantiser for all, so that no picture depends on those before it.
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.thread_count, encoder.gop_size = Fraction(1, LOOK_S), 1, 1
    encoder.options = {"preset": view.preset, "tune": "zerolatency", "qp": str(view.quality), "keyint": "1"}
    decoder: Any = av.CodecContext.create("h264", "r")
    decoder.thread_count = 1
    return encoder, decoder
