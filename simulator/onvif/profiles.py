"""The media profiles a device offers: names and figures that both media services answer from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simulator.loop import LoopSpec

SNAPSHOT_PATH = "/onvif/snapshot"


def video_source(source: int) -> str:
    """The token of a source, counted from 0; tokens count from 1, as installers do."""
    return f"VideoSource_{source + 1}"


def video_source_configuration(source: int) -> str:
    return f"VideoSourceConfig_{source + 1}"


def snapshot_path(source: int) -> str:
    return f"{SNAPSHOT_PATH}/{source + 1}" if source else SNAPSHOT_PATH


VIDEO_SOURCE = video_source(0)


@dataclass(frozen=True, slots=True)
class Profile:
    """A stream with the names ONVIF gives its parts."""

    token: str
    name: str
    path: str
    spec: LoopSpec
    source: int = 0
    """Which lens or channel of the device it shows; 0 is the first."""

    @property
    def encoder_token(self) -> str:
        return f"VideoEncoder_{self.token}"


def by_source(profiles: Sequence[Profile]) -> dict[int, list[Profile]]:
    """The profiles of each source, sources in their order."""
    found: dict[int, list[Profile]] = {}
    for profile in sorted(profiles, key=lambda profile: profile.source):
        found.setdefault(profile.source, []).append(profile)
    return found
