"""Views as JSON for other programs: times as RFC 3339 under `…_at`, everything else as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final

from foundation.clock import rfc3339

_TIME: Final = "_utc_ns"


def as_json(value: Any) -> Any:
    """Dataclasses and what is in them as plain JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return as_json({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return dict(_pair(key, item) for key, item in value.items())
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    return value


def _pair(key: str, value: Any) -> tuple[str, Any]:
    if key.endswith(_TIME):
        return key.removesuffix(_TIME) + "_at", None if value is None else rfc3339(value)
    return key, as_json(value)
