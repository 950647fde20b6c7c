"""Identifiers: time-ordered ids for records, short names for what a settings file lists."""

from __future__ import annotations

import re
from typing import Annotated, Final

import uuid_utils
from pydantic import StringConstraints

SLUG_PATTERN: Final = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"
_SLUG: Final = re.compile(SLUG_PATTERN)
_UUID: Final = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
"""Id of a campus, device, point, volume …: lower-case letters, digits and hyphens; safe in paths and MQTT topics."""

RecordId = Annotated[str, StringConstraints(pattern=_UUID.pattern)]
"""A UUIDv7 (RFC 9562) in lower-case text form."""


def new_id() -> str:
    """A fresh UUIDv7: unique without coordination, sorts by time of making."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """True if the text is a UUIDv7 as `new_id` makes them."""
    return _UUID.match(text) is not None


def is_slug(text: str) -> bool:
    """True if the text may name a campus, device, point or volume."""
    return _SLUG.match(text) is not None
