"""ONVIF devices (摄像机、录像机): an address with a log-in; one device may carry many video sources."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from config.model import SettingsModel
from foundation.ids import Slug


class Device(SettingsModel):
    """An ONVIF endpoint. Its serial is learnt at enrolment, not written here."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=80)]
    address: Annotated[str, StringConstraints(pattern=r"^https?://[^/\s@]+(/\S*)?$")]
    """Device service URL, e.g. http://192.168.1.64/onvif/device_service; never with a password in it."""
    credential: Slug | None = None
    keep_clock: bool = False
    """自动校时: the box may set this device's clock when it is wrong; never without this word."""
