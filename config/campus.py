"""The school itself (校园)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from config.model import SettingsModel
from foundation.ids import Slug

Phone = Annotated[str, StringConstraints(pattern=r"^[0-9+ -]{3,20}$")]


class Campus(SettingsModel):
    """Who is asking for help, and where: this text stands on the screen when a person must phone 110."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=80)]
    address: Annotated[str, Field(min_length=1, max_length=200)]
    gatehouse_phone: Phone
    """门卫室电话, read aloud to the police."""
    police_phone: Phone = "110"
