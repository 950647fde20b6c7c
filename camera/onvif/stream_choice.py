"""Which of a source's profiles is recorded (主码流) and which is looked at (子码流)."""

from __future__ import annotations

from collections.abc import Sequence

from camera.onvif.model import Codec, Profile

_LEAST_SUB_PX = 320 * 180  # less shows no blur and no cover


def main_and_sub(profiles: Sequence[Profile]) -> tuple[Profile | None, Profile | None]:
    """The profile with most pixels, and the smallest that is still good enough to judge a picture by.

    Only H.264 and H.265 count while the device has them; sizes that it does not tell count as least. Where there is
    only one profile there is no sub-stream.
    """
    wanted = [profile for profile in profiles if profile.codec in (Codec.H264, Codec.H265)] or list(profiles)
    if not wanted:
        return None, None
    main = max(wanted, key=lambda profile: (profile.pixels, profile.bitrate_bps or 0))
    smaller = [profile for profile in wanted if _LEAST_SUB_PX <= profile.pixels < main.pixels]
    sub = min(smaller, key=lambda profile: (profile.pixels, profile.bitrate_bps or 0), default=None)
    return main, sub
