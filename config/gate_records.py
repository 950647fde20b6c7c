"""How long the gate keeps what names a person (来访记录保存期限)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.model import SettingsModel


class GateRecords(SettingsModel):
    """Visitors, vehicles, refusals and their pictures; afterwards who it was is erased, in backups too."""

    keep_days: Annotated[int, Field(ge=30, le=3650)] = 180
    """Beijing DB11/T 2552 asks for at least 180 days; State Council Order 799 (2025) for erasing once the purpose is
    met, not before 30."""
