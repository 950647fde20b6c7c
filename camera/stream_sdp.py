"""What a camera says it will send (SDP, RFC 8866), as far as recording needs it."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

_STATIC_CODINGS: Final = {0: "PCMU/8000", 8: "PCMA/8000", 14: "MPA/90000", 26: "JPEG/90000"}


@dataclass(slots=True)
class Media:
    """One m= section: a video or audio stream on offer."""

    kind: str
    payload_type: int
    coding: str = ""
    """Upper-case name, e.g. H264, H265, MPEG4-GENERIC, PCMA."""
    clock_hz: int = 0
    channels: int = 1
    control: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    """The fmtp line's key=value pairs, keys in lower case."""

    def parameter_sets(self) -> list[bytes]:
        """VPS, SPS and PPS from the description, as far as they are there and readable."""
        names = ("sprop-vps", "sprop-sps", "sprop-pps") if self.coding == "H265" else ("sprop-parameter-sets",)
        found = []
        for name in names:
            for text in self.parameters.get(name, "").split(","):
                try:
                    unit = base64.b64decode(text, validate=False)
                except binascii.Error:
                    continue  # the sets come in the stream as well
                if unit:
                    found.append(unit)
        return found


@dataclass(frozen=True, slots=True)
class Description:
    """A parsed session description."""

    control: str
    media: tuple[Media, ...]


def parse_sdp(text: str) -> Description:
    """Read a description; lines that make no sense are passed over, as cameras send many of those."""
    session_control = ""
    media: list[Media] = []
    for line in text.splitlines():
        kind, separator, value = line.strip().partition("=")
        if not separator:
            continue
        if kind == "m":
            words = value.split()
            if len(words) >= 4 and words[3].isdigit():
                payload_type = int(words[3])
                media.append(Media(words[0], payload_type))
                _set_coding(media[-1], _STATIC_CODINGS.get(payload_type, ""))
        elif kind == "a":
            name, _, rest = value.partition(":")
            if name == "control":
                if media:
                    media[-1].control = rest.strip()
                else:
                    session_control = rest.strip()
            elif media and name in ("rtpmap", "fmtp"):
                number, _, detail = rest.partition(" ")
                if number.strip() == str(media[-1].payload_type):
                    _take(media[-1], name, detail.strip())
    return Description(session_control, tuple(media))


def _take(media: Media, name: str, detail: str) -> None:
    if name == "rtpmap":
        _set_coding(media, detail)
        return
    for part in detail.split(";"):
        key, _, value = part.strip().partition("=")
        if key:
            media.parameters[key.lower()] = value.strip()


def _set_coding(media: Media, text: str) -> None:
    name, _, rest = text.partition("/")
    clock, _, channels = rest.partition("/")
    media.coding = name.strip().upper()
    media.clock_hz = int(clock) if clock.strip().isdigit() else 0
    media.channels = int(channels) if channels.strip().isdigit() else 1


def control_url(base: str, control: str) -> str:
    """The URL to SETUP or PLAY: absolute as given, else appended to the base as cameras expect it."""
    if control in ("", "*"):
        return base
    if control.lower().startswith(("rtsp://", "rtsps://")):
        return control
    return f"{base.rstrip('/')}/{control}"
