"""A still and every reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StillSource(StrEnum):
    """Where a still comes from."""

    FOOTAGE = "footage"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True, kw_only=True)
class Still:
    """A JPEG picture of a point."""

    jpeg: bytes
    shows_utc_ns: int
    """When what it shows happened: the keyframe's wall time, or when the camera was asked."""
    age_s: float
    """How long before now that was."""
    source: StillSource


class StillError(Exception):
    """There is no still; the type says why, the text is for the log."""


class PointUnknown(StillError):
    """Neither the settings nor the catalogue know the point."""


class NoFootageThen(StillError):
    """Nothing on the disks shows that instant."""


class FootageUnreadable(StillError):
    """There should be footage, but disk or file do not give a picture."""


class NoCameraAddress(StillError):
    """No footage is fresh enough, and the camera has not told where it gives stills."""


class CameraRefused(StillError):
    """The camera refuses the log-in, or did not long ago: trying again may lock the account."""


class CameraSilent(StillError):
    """No footage is fresh enough, and the camera does not answer with a picture."""


class TooManyLooking(StillError):
    """Others are looking just now, and the wait is over."""


class TookTooLong(StillError):
    """The disk did not give the picture in time."""
