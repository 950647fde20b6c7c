"""Parameter sets of H.264 and H.265: picture size and identity, read from their first bits."""

from __future__ import annotations

from typing import Final

from camera.stream import Codec, StreamUnsupported, VideoFormat

H264_SPS, H264_PPS = 7, 8
H265_VPS, H265_SPS, H265_PPS = 32, 33, 34
_MOST_PIXELS: Final = 16_384
_LONGEST_READ: Final = 512  # what we look for stands at the front; a hostile set must not cost time
_HIGH_PROFILES: Final = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


class BitReader:
    """Reads a raw byte sequence payload bit by bit; emulation prevention bytes are taken out first."""

    def __init__(self, unit: bytes) -> None:
        payload = without_emulation(unit[:_LONGEST_READ])
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def bits(self, count: int) -> int:
        """An unsigned number of so many bits. Raises StreamUnsupported past the end."""
        self._left -= count
        if self._left < 0:
            raise StreamUnsupported("a parameter set of the video is cut short")
        return (self._value >> self._left) & ((1 << count) - 1)

    def ue(self) -> int:
        """An unsigned Exp-Golomb number."""
        zeros = 0
        while self.bits(1) == 0:
            zeros += 1
            if zeros > 32:
                raise StreamUnsupported("a parameter set of the video is damaged")
        return (1 << zeros) - 1 + self.bits(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        number = self.ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)


def unit_type(codec: Codec, first_byte: int) -> int:
    """The NAL unit type from a unit's first byte."""
    return first_byte & 0x1F if codec is Codec.H264 else (first_byte >> 1) & 0x3F


def set_key(codec: Codec, unit: bytes) -> tuple[int, int]:
    """Type and id of a parameter set: a later set with the same key replaces it. Raises StreamUnsupported."""
    if len(unit) < 4:
        raise StreamUnsupported("a parameter set of the video is cut short")
    kind = unit_type(codec, unit[0])
    if codec is Codec.H264:
        return (kind, BitReader(unit[4 if kind == H264_SPS else 1 :]).ue())
    if kind == H265_VPS:
        return (kind, unit[2] >> 4)
    if kind == H265_PPS:
        return (kind, BitReader(unit[2:]).ue())
    reader = BitReader(unit[2:])
    _skip_h265_profile(reader)
    return (kind, reader.ue())


def video_format(codec: Codec, sets: dict[tuple[int, int], bytes]) -> VideoFormat | None:
    """The format that the sets describe, or None while one is missing. Raises StreamUnsupported."""
    kinds = {kind for kind, _ in sets}
    needed = {H264_SPS, H264_PPS} if codec is Codec.H264 else {H265_VPS, H265_SPS, H265_PPS}
    if not needed <= kinds:
        return None
    ordered = tuple(sets[key] for key in sorted(sets))
    sps = next(sets[key] for key in sorted(sets) if key[0] in (H264_SPS, H265_SPS))
    width, height = _h264_size(sps) if codec is Codec.H264 else _h265_size(sps)
    if not (0 < width <= _MOST_PIXELS and 0 < height <= _MOST_PIXELS):
        raise StreamUnsupported(f"the video claims to be {width} x {height} pixels")
    return VideoFormat(codec, ordered, width, height)


def _h264_size(sps: bytes) -> tuple[int, int]:
    reader = BitReader(sps[1:])
    profile = reader.bits(8)
    reader.bits(16)
    reader.ue()
    chroma, planes_apart = 1, 0
    if profile in _HIGH_PROFILES:
        chroma = reader.ue()
        if chroma == 3:
            planes_apart = reader.bits(1)
        reader.ue()
        reader.ue()
        reader.bits(1)
        if reader.bits(1):
            for index in range(8 if chroma != 3 else 12):
                if reader.bits(1):
                    _skip_scaling_list(reader, 16 if index < 6 else 64)
    reader.ue()
    order_type = reader.ue()
    if order_type == 0:
        reader.ue()
    elif order_type == 1:
        reader.bits(1)
        reader.se()
        reader.se()
        for _ in range(min(reader.ue(), 255)):
            reader.se()
    reader.ue()
    reader.bits(1)
    width = (reader.ue() + 1) * 16
    map_units = reader.ue() + 1
    frames_only = reader.bits(1)
    height = map_units * 16 * (2 - frames_only)
    if not frames_only:
        reader.bits(1)
    reader.bits(1)
    if reader.bits(1):
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        kind = 0 if planes_apart else chroma
        unit_x = 2 if kind in (1, 2) else 1
        unit_y = (2 if kind == 1 else 1) * (2 - frames_only)
        width -= (left + right) * unit_x
        height -= (top + bottom) * unit_y
    return width, height


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.se()) % 256
        last = following or last


def _skip_h265_profile(reader: BitReader) -> None:
    reader.bits(4)
    layers = reader.bits(3)
    reader.bits(1)
    reader.bits(88 + 8)
    present = [(reader.bits(1), reader.bits(1)) for _ in range(layers)]
    if layers:
        reader.bits(2 * (8 - layers))
    for profile, level in present:
        reader.bits(88 * profile + 8 * level)


def _h265_size(sps: bytes) -> tuple[int, int]:
    width, height, _, _, _ = h265_details(sps)
    return width, height


def h265_details(sps: bytes) -> tuple[int, int, int, int, int]:
    """Width and height (px), chroma format, bits of luma and of chroma minus 8. Raises StreamUnsupported."""
    reader = BitReader(sps[2:])
    _skip_h265_profile(reader)
    reader.ue()
    chroma = reader.ue()
    if chroma == 3:
        reader.bits(1)
    width, height = reader.ue(), reader.ue()
    if reader.bits(1):
        left, right, top, bottom = reader.ue(), reader.ue(), reader.ue(), reader.ue()
        width -= (left + right) * (2 if chroma in (1, 2) else 1)
        height -= (top + bottom) * (2 if chroma == 1 else 1)
    return width, height, chroma, reader.ue(), reader.ue()


def without_emulation(unit: bytes) -> bytes:
    """A unit's payload without emulation prevention bytes."""
    return unit.replace(b"\x00\x00\x03", b"\x00\x00")
