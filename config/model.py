"""The base of every settings model: immutable, and a key that nobody knows is refused."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """Strict: no silent conversion of "5" to 5, no unknown keys, no change after reading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True)
