"""The media profiles a device offers: names and figures that both media services answer from."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.loop import LoopSpec

VIDEO_SOURCE = "VideoSource_1"
VIDEO_SOURCE_CONFIGURATION = "VideoSourceConfig_1"


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream with the names ONVIF gives its parts."""

    token: str
    name: str
    path: str
    spec: LoopSpec

    @property
    def encoder_token(self) -> str:
        return f"VideoEncoder_{self.token}"
