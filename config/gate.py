"""Gates (校门)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import SettingsModel
from foundation.ids import Slug


class Gate(SettingsModel):
    """A gate at which a guard writes down who comes in; its point gives the still beside the entry."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=40)]
    point: Slug | None = None
