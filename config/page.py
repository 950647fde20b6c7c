"""Where pages are served."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import SettingsModel
from foundation.ids import Slug


class PageAddress(SettingsModel):
    """Address and port that a role serves its pages at."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)]


class GatePage(PageAddress):
    """The gate page, and beside it a port for presses alone (报警备用端口)."""

    press_port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    """Fixed where a firewall stands between screens and box; left out, a free one is taken at each start."""


class AlarmPanels(PageAddress):
    """Where panels press and programs ask (报警面板与接口)."""

    credential: Slug | None = None
    """Its password is the token that may list, show, cancel, acknowledge and arm; a panel's own token only presses."""
    allow_plain_text: bool = False
    """For panels that know no TLS, in a network of the school's own for devices. On loopback it is plain anyway."""


class Pages(SettingsModel):
    """The gatehouse serves the gate page, the office every other page."""

    gatehouse: GatePage
    office: PageAddress
