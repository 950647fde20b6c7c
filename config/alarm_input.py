"""Alarm inputs (一键报警按钮): whatever a finger can press, each named and placed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from config.model import SettingsModel
from foundation.ids import Slug


class InputKind(StrEnum):
    """How the press reaches the gatehouse."""

    PAGE = "page"
    """The button on a gate page."""
    SOCKET = "socket"
    """A panel or program on this box, by the local Unix socket (`edge-agent alarm press` too)."""
    HTTP = "http"
    """A panel on the school's network, with its token."""


class AlarmInput(SettingsModel):
    """A button, with the place that the police will be sent to."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Annotated[InputKind, Field(strict=False)]
    place: Annotated[str, Field(min_length=1, max_length=120)]
    gate: Slug | None = None
    nearest_points: tuple[Slug, ...] = Field(default=(), strict=False)
    silent: bool = False
    """静默报警: changes no siren and no screen in a way an attacker could read."""
