"""From an event to the bytes on the wire and back: signed on the way out, checked on the way in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from pydantic import ValidationError

from foundation.canonical import canonical_json
from uplink.event import Event
from uplink.fault import (
    ForeignCampusError,
    MalformedError,
    NewerVersionError,
    OversizedError,
    UnknownTypeError,
    WireError,
)
from uplink.messages import CHANNELS, MESSAGES
from uplink.signature import PinnedKeys, SigningKey, digest_of
from uplink.topics import Topic

MAX_BYTES: Final = 128 * 1024
"""Longest message of the wire; a sealed day of 300 points takes about 30 kB."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message that may be acted on: known, well formed, of its topic's campus, signed by a pinned key."""

    event: Event
    key_id: str
    digest: str
    """What a receipt for it says."""


def seal(event: Event, key: SigningKey) -> bytes:
    """The event as signed bytes, ready to be published."""
    return key.sign(event.attributes())


def unseal(payload: bytes, topic: Topic, keys: PinnedKeys) -> Received:
    """Check and read a message. Raises a WireError that names what is wrong; nothing of it may then be used.

    The signature is checked over what was received, not over what we understood of it, so a later version's further
    keys are covered too.
    """
    attributes = read_attributes(payload)
    key_id = keys.verify(attributes)
    event = read_event(attributes)
    if type(event.data) not in CHANNELS[topic.channel]:
        raise UnknownTypeError(f"{event.type} does not belong on the topic {topic}")
    if event.data.campus != topic.campus:
        raise ForeignCampusError(f"{event.type} of campus {event.data.campus} came on the topic {topic}")
    if event.source.startswith("/campus/") and event.source != f"/campus/{topic.campus}":
        raise ForeignCampusError(f"{event.type} from {event.source} came on the topic {topic}")
    return Received(event, key_id, digest_of(canonical_json(attributes)))


def read_attributes(payload: bytes) -> dict[str, Any]:
    """The JSON object in the payload, before anything of it is believed. Raises OversizedError, MalformedError."""
    if len(payload) > MAX_BYTES:
        raise OversizedError(f"{len(payload)} bytes; the longest message has {MAX_BYTES}")
    try:
        value = json.loads(payload.decode("utf-8"), object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:  # includes bad UTF-8 and bad JSON
        raise MalformedError(f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise MalformedError("not a JSON object")
    return value


def read_event(attributes: dict[str, Any]) -> Event:
    """The event with its data as the model of its type. Raises UnknownTypeError, NewerVersionError, MalformedError."""
    kind, schema = attributes.get("type"), attributes.get("dataschema")
    model = MESSAGES.get(kind) if isinstance(kind, str) else None
    if model is None:
        raise UnknownTypeError(f"nobody here knows the type {str(kind)[:80]!r}")
    prefix, _, version = str(schema).rpartition(":")
    if prefix != model.schema_uri().rpartition(":")[0] or not version.isdecimal():
        raise MalformedError(f"dataschema {str(schema)[:80]!r} is not that of {kind}")
    if int(version) > model.version:
        raise NewerVersionError(f"{kind} version {version}; this software knows {model.version}: update it")
    try:
        data = model.model_validate(attributes.get("data"))
        return Event.model_validate({**attributes, "data": data})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "data"
        raise MalformedError(f"{kind}: {where}: {first['msg']}") from error


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # JSON readers differ on which of two equal keys counts; a signature must mean the same to all of them.
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a key stands twice")
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


__all__ = ["MAX_BYTES", "Received", "WireError", "read_attributes", "read_event", "seal", "unseal"]
