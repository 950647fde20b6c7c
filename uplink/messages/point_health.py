"""The health of a watched point (点位状态), retained; unchecked is never shown as good."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from foundation.ids import Slug
from uplink.event import Count, Message, ShortText, WireModel, WireTime


class Health(StrEnum):
    """One verdict of three; unknown is not good (promise 6)."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


class Retention(StrEnum):
    """存储达标: does what was recorded in the policy's days still play."""

    MET = "met"
    ACCRUING = "accruing"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


class Trouble(WireModel):
    """One thing wrong with a point."""

    kind: ShortText
    """As the finding's kind: 'camera.unreachable', 'picture.covered'."""
    since: WireTime


class PointHealth(Message):
    """What the campus knows of a point now. A point that left the settings is said once more with `withdrawn`."""

    event_type: ClassVar[str] = "campus.point.health"

    point: Slug
    name: ShortText
    camera: Health
    """Reachable, logged in, clock right (在线)."""
    recording: Health
    """Footage of the last seconds is on the disk."""
    picture: Health
    """图像完好."""
    retention: Retention
    oldest_footage: WireTime | None = None
    kept_days: Count | None = None
    """Days for which the policy is met."""
    troubles: tuple[Trouble, ...] = ()
    checked_at: WireTime | None = None
    withdrawn: bool = False
