"""CloudEvents 1.0 in JSON structured mode: the one envelope of every message between campus and center."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SerializeAsAny, StringConstraints

from foundation.clock import rfc3339, utc_ns_of
from foundation.ids import RecordId, Slug, new_id

SPEC_VERSION: Final = "1.0"
SEQUENCE_DIGITS: Final = 20  # CloudEvents integers end at 2^31, so a sequence is text that sorts as its number


def utc_ns_of_text(text: str) -> int:
    """Nanoseconds since 1970 of a WireTime. Raises ValueError for a day that does not exist."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    return utc_ns_of(datetime.fromisoformat(whole + "+00:00")) + int((fraction or "0").ljust(9, "0")[:9])


def _a_real_moment(text: str) -> str:
    utc_ns_of_text(text)
    return text


WireTime = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?Z$"),
    AfterValidator(_a_real_moment),
]
"""RFC 3339 in UTC, as foundation.clock.rfc3339 writes it."""

ShortText = Annotated[str, StringConstraints(max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=2_000)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 in hexadecimal."""


class ClockQuality(StrEnum):
    """What is known of the sender's clock when it wrote the time."""

    SYNCHRONISED = "synchronised"
    UNSYNCHRONISED = "unsynchronised"
    UNKNOWN = "unknown"


class WireModel(BaseModel):
    """Base of everything on the wire: immutable; keys of a later version with the same number are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Message(WireModel):
    """Data of an event; each subclass is one type of message, listed in uplink.messages.MESSAGES.

    Quantities are integers with their unit in the name and times are RFC 3339, so that the whole has one byte form.
    """

    event_type: ClassVar[str]
    version: ClassVar[int] = 1

    campus: Slug
    """The campus that speaks or is spoken to; must be that of the topic."""

    @classmethod
    def schema_uri(cls) -> str:
        """The `dataschema` of the envelope: type and version."""
        return f"urn:campus-wire:{cls.event_type}:{cls.version}"


class Event(WireModel):
    """A CloudEvent; its attributes are named as CloudEvents names them."""

    specversion: Literal["1.0"] = SPEC_VERSION
    id: RecordId
    """UUIDv7; the receiver removes duplicates by it. An alarm's first message has the alarm's own id."""
    source: Annotated[str, StringConstraints(pattern=r"^/(campus|center)/[^\s/]{1,80}$")]
    type: Annotated[str, StringConstraints(pattern=r"^campus(\.[a-z_]+)+$")]
    time: WireTime
    """When it was written, by the sender's clock."""
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Annotated[str, StringConstraints(max_length=200)]
    sequence: Annotated[str, StringConstraints(pattern=r"^\d{20}$")] | None = None
    """Per campus, without holes, on whatever waits in the outbox until it is received; a hole tells of a loss."""
    clockquality: ClockQuality = ClockQuality.UNKNOWN
    data: SerializeAsAny[Message]

    def attributes(self) -> dict[str, Any]:
        """The event as plain JSON values, absent attributes left out, without signature."""
        return self.model_dump(mode="json", exclude_none=True)


def new_event(
    message: Message,
    *,
    source: str,
    utc_ns: int,
    clock_quality: ClockQuality = ClockQuality.UNKNOWN,
    event_id: str | None = None,
    sequence: int | None = None,
) -> Event:
    """Put a message into its envelope; `source` is from `campus_source` or `center_source`."""
    return Event(
        id=event_id or new_id(),
        source=source,
        type=message.event_type,
        time=rfc3339(utc_ns),
        dataschema=message.schema_uri(),
        sequence=None if sequence is None else f"{sequence:0{SEQUENCE_DIGITS}d}",
        clockquality=clock_quality,
        data=message,
    )


def campus_source(campus: str) -> str:
    """`source` of what a campus says."""
    return f"/campus/{campus}"


def center_source(center: str) -> str:
    """`source` of what a center says; `center` is a name of its own choice without blanks or slashes."""
    return f"/center/{center}"


Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
"""A number that JavaScript and our canonical form can hold."""
