"""What comes off the wire is checked before anything of it is used."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.canonical import canonical_json
from foundation.ids import new_id
from uplink.envelope import MAX_BYTES, seal, unseal
from uplink.event import Event, campus_source, center_source, new_event, utc_ns_of_text
from uplink.fault import (
    BadSignatureError,
    ForeignCampusError,
    MalformedError,
    NewerVersionError,
    OversizedError,
    UnknownTypeError,
    WireError,
)
from uplink.messages import CHANNELS, MESSAGES
from uplink.messages.alarm import AlarmRaised
from uplink.messages.command import Command
from uplink.messages.receipt import Receipt
from uplink.signature import PinnedKeys, SigningKey
from uplink.topics import Channel, ForeignTopicError, Topic, center_subscriptions, parse_topic

KEY = SigningKey(bytes(range(32)))
PINNED = PinnedKeys.of([KEY.public_key])
TOPIC = Topic("school-1", Channel.ALARM)


def alarm_event(campus: str = "school-1") -> Event:
    alarm_id = new_id()
    message = AlarmRaised(
        campus=campus,
        alarm_id=alarm_id,
        input="east",
        input_name="东门按钮",
        place="东门门卫室",
        campus_name="示范小学",
        address="学府路 1 号",
        gatehouse_phone="010-1",
        pressed_at="2026-11-21T07:41:20.123456Z",
        boot_id="boot",
        running_ms=12,
    )
    return new_event(message, source=campus_source(campus), utc_ns=1, event_id=alarm_id, sequence=7)


def signed(change: dict[str, Any]) -> bytes:
    """A well signed alarm with some attributes changed before signing."""
    return KEY.sign({**alarm_event().attributes(), **change})


def test_an_alarm_comes_out_as_it_went_in() -> None:
    event = alarm_event()
    received = unseal(seal(event, KEY), TOPIC, PINNED)
    assert received.event == event
    assert received.event.sequence == "00000000000000000007"
    assert received.key_id == KEY.key_id


def test_the_bytes_are_the_same_however_often_it_is_sealed() -> None:
    event = alarm_event()
    assert seal(event, KEY) == seal(event, KEY)


def test_a_digest_does_not_depend_on_how_the_sender_spaces_its_json() -> None:
    payload = seal(alarm_event(), KEY)
    spaced = json.dumps(json.loads(payload), indent=2).encode()
    assert unseal(payload, TOPIC, PINNED).digest == unseal(spaced, TOPIC, PINNED).digest


@given(st.binary(max_size=400))
def test_garbage_is_refused_with_a_name(payload: bytes) -> None:
    with pytest.raises(WireError):
        unseal(payload, TOPIC, PINNED)


@given(st.integers(0), st.integers(0, 255))
def test_a_changed_byte_never_passes_for_another_content(place: int, value: int) -> None:
    event = alarm_event()
    payload = bytearray(seal(event, KEY))
    payload[place % len(payload)] = value
    try:
        received = unseal(bytes(payload), TOPIC, PINNED)
    except WireError:
        return
    assert received.event == event  # only white space or the same byte


@pytest.mark.parametrize(
    ("payload", "error"),
    [
        (b"[" * 100_000, MalformedError),
        (
            b'{"keyid":"' + KEY.key_id.encode() + b'","signature":"AA==","a":' + b"[" * 900 + b"]" * 900 + b"}",
            WireError,
        ),
        (b'{"a":NaN}', MalformedError),
        (b'{"a":' + b"9" * 5_000 + b"}", MalformedError),
        (signed({"time": "2026-02-30T00:00:00Z"}), MalformedError),
        (b'{"a":1,"a":2}', MalformedError),
        (b"\xff", MalformedError),
        (b"[]", MalformedError),
        (b" " * (MAX_BYTES + 1), OversizedError),
        (signed({"type": "campus.unheard"}), UnknownTypeError),
        (signed({"type": 5}), UnknownTypeError),
        (signed({"dataschema": "urn:campus-wire:campus.alarm.raised:2"}), NewerVersionError),
        (signed({"dataschema": "urn:campus-wire:campus.receipt:1"}), MalformedError),
        (signed({"dataschema": "urn:campus-wire:campus.alarm.raised:²"}), MalformedError),
        (signed({"data": None}), MalformedError),
        (signed({"data": {"campus": "school-1"}}), MalformedError),
        (signed({"specversion": "2.0"}), MalformedError),
        (signed({"time": "yesterday"}), MalformedError),
        (signed({"sequence": "7"}), MalformedError),
        (signed({"source": "/campus/school-2"}), ForeignCampusError),
    ],
)
def test_each_kind_of_bad_message_has_its_error(payload: bytes, error: type[WireError]) -> None:
    with pytest.raises(error):
        unseal(payload, TOPIC, PINNED)


def test_a_fraction_has_no_canonical_form_and_is_refused() -> None:
    attributes = json.loads(seal(alarm_event(), KEY))
    attributes["data"]["running_ms"] = 1.5
    with pytest.raises(MalformedError):
        unseal(json.dumps(attributes).encode(), TOPIC, PINNED)


def test_an_alarm_of_another_campus_on_our_topic_is_refused() -> None:
    with pytest.raises(ForeignCampusError):
        unseal(seal(alarm_event("school-2"), KEY), TOPIC, PINNED)


def test_a_message_on_the_wrong_channel_is_refused() -> None:
    with pytest.raises(UnknownTypeError):
        unseal(seal(alarm_event(), KEY), Topic("school-1", Channel.RECEIPT), PINNED)


def test_a_later_versions_further_keys_are_passed_over_but_signed() -> None:
    event = alarm_event()
    attributes = event.attributes()
    attributes["data"]["mood"] = "calm"
    attributes["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    payload = KEY.sign(attributes)
    assert unseal(payload, TOPIC, PINNED).event == event
    forged = json.loads(payload)
    forged["data"]["mood"] = "angry"
    with pytest.raises(BadSignatureError):
        unseal(canonical_json(forged), TOPIC, PINNED)


def test_every_message_has_a_canonical_form_whatever_its_optional_parts() -> None:
    receipt = Receipt(campus="a", message_id=new_id(), digest="0" * 64, received_at="2026-01-01T00:00:00Z")
    command = Command(campus="a", name="report_points", person="王", not_after="2026-01-01T00:00:00Z")
    for message, channel in ((receipt, Channel.RECEIPT), (command, Channel.COMMAND)):
        event = new_event(message, source=center_source("c"), utc_ns=1)
        assert unseal(seal(event, KEY), Topic("a", channel), PINNED).event == event


def test_types_and_schemas_are_unique_and_each_message_travels_on_one_channel() -> None:
    listed = [message for messages in CHANNELS.values() for message in messages]
    assert len(listed) == len(set(listed)) == len(MESSAGES)
    assert len({message.schema_uri() for message in listed}) == len(listed)
    assert set(CHANNELS) == set(Channel)


@pytest.mark.parametrize(
    "text",
    [
        "campus/school-1/alarm",
        "campus/school-1/state/primary",
        "campus/school-1/point/gate-east",
        "campus/school-1/finding",
        "campus/school-1/day",
        "campus/school-1/answer",
        "campus/school-1/receipt",
        "campus/school-1/command",
        "campus/school-1/heartbeat",
    ],
)
def test_the_topics_of_the_design_are_read_and_written(text: str) -> None:
    assert str(parse_topic(text)) == text


@given(st.text())
def test_any_other_topic_is_foreign(text: str) -> None:
    with pytest.raises(ForeignTopicError):
        parse_topic(text)


@pytest.mark.parametrize(
    "text", ["campus/A/alarm", "campus/a/alarm/x", "campus/a/state", "campus/a/b", "campus/+/alarm", "campus/a/point/#"]
)
def test_near_misses_of_topics_are_foreign(text: str) -> None:
    with pytest.raises(ForeignTopicError):
        parse_topic(text)


def test_the_center_reads_state_by_plain_subscription() -> None:
    assert not any(topic.startswith("$share") for topic in center_subscriptions())
    assert "campus/+/state/+" in center_subscriptions()


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000_000),
        ("1970-01-01T00:00:00.5Z", 500_000_000),
        ("1970-01-01T00:00:00.000000001Z", 1),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, ns: int) -> None:
    assert utc_ns_of_text(text) == ns
