"""Where pages are served."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import SettingsModel


class PageAddress(SettingsModel):
    """Address and port that a role serves its pages at."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)]


class Pages(SettingsModel):
    """The gatehouse serves the gate page, the office every other page."""

    gatehouse: PageAddress
    office: PageAddress
