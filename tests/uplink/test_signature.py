"""Who may speak: signatures and key files."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uplink.fault import BadSignatureError, UnknownKeyError, UnsignedError
from uplink.signature import (
    KeyFileError,
    PinnedKeys,
    PublicKeyError,
    SigningKey,
    load_key,
    load_or_create_key,
    read_public_key,
)

KEY = SigningKey(bytes(range(32)))
OTHER = SigningKey(bytes(32))
PINNED = PinnedKeys.of([KEY.public_key])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("aé中😀"), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), json_values, max_size=5))
def test_what_was_signed_verifies_after_any_json_reader_and_writer(attributes: dict[str, object]) -> None:
    attributes = {k: v for k, v in attributes.items() if k not in ("keyid", "signature")}
    wire = json.dumps(json.loads(KEY.sign(attributes)), indent=3, ensure_ascii=True)
    assert PINNED.verify(json.loads(wire)) == KEY.key_id


def test_one_changed_value_breaks_the_signature() -> None:
    attributes = json.loads(KEY.sign({"a": 1}))
    attributes["a"] = 2
    with pytest.raises(BadSignatureError):
        PINNED.verify(attributes)


def test_an_added_key_breaks_the_signature() -> None:
    attributes = json.loads(KEY.sign({"a": 1}))
    attributes["b"] = 1
    with pytest.raises(BadSignatureError):
        PINNED.verify(attributes)


def test_a_key_that_is_not_pinned_is_refused() -> None:
    with pytest.raises(UnknownKeyError):
        PINNED.verify(json.loads(OTHER.sign({"a": 1})))


def test_another_keys_id_on_a_signature_is_refused() -> None:
    attributes = json.loads(OTHER.sign({"a": 1}))
    attributes["keyid"] = KEY.key_id
    with pytest.raises(BadSignatureError):
        PINNED.verify(attributes)


def test_current_and_next_key_are_both_believed_during_a_change() -> None:
    both = PinnedKeys.of([KEY.public_key, OTHER.public_key])
    assert both.verify(json.loads(KEY.sign({}))) == KEY.key_id
    assert both.verify(json.loads(OTHER.sign({}))) == OTHER.key_id


@pytest.mark.parametrize("missing", ["keyid", "signature"])
def test_an_event_without_signature_is_refused(missing: str) -> None:
    attributes = json.loads(KEY.sign({"a": 1}))
    del attributes[missing]
    with pytest.raises(UnsignedError):
        PINNED.verify(attributes)


@pytest.mark.parametrize("signature", ["", "?", "AAAA", base64.b64encode(bytes(64)).decode(), "é"])
def test_a_garbled_signature_is_refused(signature: str) -> None:
    attributes = {**json.loads(KEY.sign({"a": 1})), "signature": signature}
    with pytest.raises(BadSignatureError):
        PINNED.verify(attributes)


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "campus"
    made = load_or_create_key(file)
    assert load_or_create_key(file).public_key == made.public_key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "campus"
    load_or_create_key(file)
    file.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        load_key(file)


@pytest.mark.parametrize("content", [b"", b"????", b"AAAA", b"\xff\xfe"])
def test_a_damaged_key_file_is_refused_and_not_replaced(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "campus"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(KeyFileError):
        load_or_create_key(file)
    assert file.read_bytes() == content


@pytest.mark.parametrize("text", ["", "AAAA", "not base64!", "é"])
def test_what_is_not_a_public_key_is_said_so(text: str) -> None:
    with pytest.raises(PublicKeyError):
        read_public_key(text)
