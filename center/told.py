"""Values that a campus told, brought into what a database can hold; whatever cannot be is malformed, not a crash."""

from __future__ import annotations

from typing import Final

from uplink.event import Event, utc_ns_of_text
from uplink.fault import MalformedError

_LARGEST: Final = 2**63 - 1


def moment(text: str) -> int:
    """Nanoseconds since 1970 of a time on the wire. Raises MalformedError."""
    try:
        utc_ns = utc_ns_of_text(text)
    except ValueError as error:
        raise MalformedError(f"{text} is no moment: {error}") from error
    if abs(utc_ns) > _LARGEST:
        raise MalformedError(f"{text} is further away than any clock can be wrong")
    return utc_ns


def optional_moment(text: str | None) -> int | None:
    """As `moment`, for a time that may be absent."""
    return None if text is None else moment(text)


def sequence(event: Event) -> int | None:
    """The sequence number. Raises MalformedError."""
    if event.sequence is None:
        return None
    number = int(event.sequence)
    if number > _LARGEST:
        raise MalformedError(f"the sequence {event.sequence} is beyond what is counted")
    return number


def text(value: str) -> str:
    """Text without the one character that PostgreSQL cannot keep."""
    return value.replace("\0", "\ufffd")
