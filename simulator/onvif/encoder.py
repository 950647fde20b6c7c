"""What both media services share of encoders: what they can be set to, and reading what a client asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lxml import etree

from simulator.loop import LOOP_S, Codec, LoopSpec
from simulator.onvif.profiles import Profile
from simulator.onvif.soap import NAMESPACES, SoapFault, tag

FRAME_RATES = (2, 5, 8, 10, 12, 15, 20, 25)
LEAST_KBPS, MOST_KBPS = 32, 16_384

SetEncoder = Callable[[str, LoopSpec], None]
"""Sets the encoder of a token; a device that does not obey does nothing."""


def wanted_spec(profile: Profile, configuration: etree._Element, *, gop_frames: str | None) -> LoopSpec:
    """The stream that a client asks for with a VideoEncoderConfiguration of either service."""
    spec = profile.spec

    def told(path: str, known: float) -> float:
        text = configuration.findtext(path, None, NAMESPACES)
        try:
            return known if text is None else float(text)
        except ValueError as error:
            raise _refused(f"{path} is no number") from error

    width, height = told("tt:Resolution/tt:Width", spec.width), told("tt:Resolution/tt:Height", spec.height)
    fps = round(told("tt:RateControl/tt:FrameRateLimit", spec.fps))
    kbps = round(told("tt:RateControl/tt:BitrateLimit", spec.bitrate_bps // 1000))
    codec = configuration.findtext("tt:Encoding", spec.codec, NAMESPACES)
    known = codec in [one.value for one in Codec] and (round(width), round(height)) == (spec.width, spec.height)
    if not known or fps < 1 or not LEAST_KBPS <= kbps <= MOST_KBPS:
        raise _refused("not among the options")
    return replace(spec, codec=Codec(codec), fps=fps, bitrate_bps=kbps * 1000, gop_s=_gop_s(spec, fps, gop_frames))


def _gop_s(spec: LoopSpec, fps: int, frames: str | None) -> int:
    if not frames or not frames.isdecimal():
        return spec.gop_s
    # as an encoder does that knows only some lengths: the nearest of them
    return min(
        (seconds for seconds in range(1, LOOP_S + 1) if LOOP_S % seconds == 0), key=lambda s: abs(s - int(frames) / fps)
    )


def options(spec: LoopSpec) -> str:
    """Size and ranges, as elements that both services have."""
    return (
        f"<tt:ResolutionsAvailable>{tag('tt:Width', spec.width)}{tag('tt:Height', spec.height)}"
        "</tt:ResolutionsAvailable>"
    )


def bitrates() -> str:
    return f"<tt:BitrateRange>{tag('tt:Min', LEAST_KBPS)}{tag('tt:Max', MOST_KBPS)}</tt:BitrateRange>"


def _refused(reason: str) -> SoapFault:
    return SoapFault(reason, subcodes=("ter:InvalidArgVal", "ter:ConfigModify"))
