"""What a camera writes into its own picture (OSD): its name, and a clock whose seconds are true.

A loop is cut to the wall minute, so hour and minute cannot be in it; they are shown as dashes. ``read_seconds`` reads
the clock back from a decoded picture, so that anyone can check when a frame was really taken.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from simulator.scenes.pinhole import Picture

_CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
)
"""Where Debian's fonts-noto-cjk and fonts-wqy-microhei put them; the first that exists is used."""

_Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def chinese_font() -> Path | None:
    """A font with Chinese characters, or None where none is installed."""
    return next((Path(name) for name in _CHINESE_FONTS if Path(name).is_file()), None)


def wording(chinese: str, latin: str) -> str:
    """The Chinese wording if it can be drawn here, else the Latin one."""
    return chinese if chinese_font() else latin


def clock_text(second: float) -> str:
    """What the clock shows at a second of the minute. A tenth begins when it is reached, as on a stop watch."""
    tenths = int(second * 10 + 1e-6) % 600
    return f"--:--:{tenths // 10:02d}.{tenths % 10}"


class Overlay:
    """The name and the clock for one picture size."""

    def __init__(self, width: int, height: int, name: str) -> None:
        self._size = max(14, round(height / 22))
        self._margin = max(4, height // 40)
        self._name = _stamp(name, self._size)
        self._place = (width, height)

    def draw(self, picture: Picture, second: float) -> None:
        _blend(picture, _stamp(clock_text(second), self._size), self._margin, self._margin)
        name = self._name
        width, height = self._place
        _blend(picture, name, width - name.shape[1] - self._margin, height - name.shape[0] - self._margin)


def read_seconds(picture: Picture) -> float | None:
    """Reads the clock of a decoded picture (BGR or grey) to a tenth of a second; None if none can be read in it."""
    grey = picture if picture.ndim == 2 else np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
    height = grey.shape[0]
    size, margin = max(14, round(height / 22)), max(4, height // 40)
    best: tuple[float, int] = (0.0, -1)
    # seconds first (tenths all alike at .0 differ little), then tenths: 70 comparisons rather than 600
    for second in range(60):
        best = max(best, (_likeness(grey, clock_text(second), size, margin, slice(None, -1)), second))
    if best[0] < 0.6:
        return None
    tenths = max((_likeness(grey, clock_text(best[1] + t / 10), size, margin, slice(None)), t) for t in range(10))
    return best[1] + tenths[1] / 10


def _likeness(grey: NDArray[np.uint8], text: str, size: int, margin: int, characters: slice) -> float:
    stamp = _stamp(text, size)
    width = stamp.shape[1] * len(text[characters]) // len(text)
    found = grey[margin : margin + stamp.shape[0], margin : margin + width]
    if found.shape != (stamp.shape[0], width):
        return 0.0
    # what lies behind the letters must not count, only letters and their rim
    written = stamp[:, :width, 1] > 127
    wanted, seen = stamp[:, :width, 0][written].astype(np.float32), found[written].astype(np.float32)
    if float(seen.std()) < 1 or float(wanted.std()) < 1:
        return 0.0
    return float(np.corrcoef(wanted, seen)[0, 1])


_CLOCK_CHARACTERS = "0123456789-:."


@lru_cache(maxsize=2048)
def _stamp(text: str, size: int) -> NDArray[np.uint8]:
    """White letters with a black rim: channel 0 is brightness, channel 1 opacity."""
    if set(text) <= set(_CLOCK_CHARACTERS):
        # figures of some fonts differ in width; a clock whose letters move about could not be read back
        return np.concatenate([_clock_cell(character, size) for character in text], axis=1)
    return _letters(text, size, 0.0, round(_font(size).getlength(text)) + 2 * _rim(size))


@lru_cache(maxsize=256)
def _clock_cell(character: str, size: int) -> NDArray[np.uint8]:
    font = _font(size)
    width = max(font.getlength(figure) for figure in "0123456789")
    return _letters(character, size, (width - font.getlength(character)) / 2, round(width) + _rim(size))


def _letters(text: str, size: int, inset: float, width: int) -> NDArray[np.uint8]:
    image, rim = Image.new("LA", (width, round(size * 1.35)), (0, 0)), _rim(size)
    place = (rim / 2 + inset, -size * 0.15)
    ImageDraw.Draw(image).text(place, text, font=_font(size), fill=(255, 255), stroke_width=rim, stroke_fill=(0, 255))
    return np.asarray(image)


def _rim(size: int) -> int:
    return max(1, size // 14)


@lru_cache(maxsize=16)
def _font(size: int) -> _Font:
    path = chinese_font()
    return ImageFont.truetype(str(path), size) if path else ImageFont.load_default(size)


def label(picture: Picture, text: str, centre: tuple[float, float], size: int, colour: tuple[int, int, int]) -> None:
    """Writes a sign into a scene, centred on a pixel."""
    font = _font(size)
    stamp = Image.new("L", (round(font.getlength(text)) + 2, round(size * 1.4)), 0)
    ImageDraw.Draw(stamp).text((1, -size * 0.1), text, font=font, fill=255)
    alpha = np.asarray(stamp)
    left, top = round(centre[0] - alpha.shape[1] / 2), round(centre[1] - alpha.shape[0] / 2)
    brush = np.empty((*alpha.shape, 3), np.uint8)
    brush[:] = colour
    _mix(picture, brush, alpha, left, top)


def _blend(picture: Picture, stamp: NDArray[np.uint8], left: int, top: int) -> None:
    _mix(picture, np.repeat(stamp[..., :1], 3, axis=2), stamp[..., 1], left, top)


def _mix(picture: Picture, brush: Picture, alpha: NDArray[np.uint8], left: int, top: int) -> None:
    top, left = max(0, top), max(0, left)
    target = picture[top : top + alpha.shape[0], left : left + alpha.shape[1]]
    rows, columns = target.shape[:2]
    share = alpha[:rows, :columns, None].astype(np.uint16)
    mixed = (brush[:rows, :columns] * share + target * (255 - share)) // 255
    target[:] = mixed.astype(np.uint8)
