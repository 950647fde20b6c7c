"""Ed25519 signatures (签名) of both ends: who may speak for a campus and for the center, with pinned keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from foundation.canonical import NotCanonicalError, canonical_json
from foundation.service import RefusedError
from uplink.fault import BadSignatureError, MalformedError, UnknownKeyError, UnsignedError

_KEY_BYTES: Final = 32
_KEY_ID_DIGITS: Final = 16
_OPEN_TO_OTHERS: Final = 0o077


class KeyFileError(RefusedError):
    """A private key file cannot be used; the message says what to do."""


class PublicKeyError(RefusedError, ValueError):
    """A text that is not an Ed25519 public key in base64."""


def key_id_of(public_key: bytes) -> str:
    """A key's id: the first 16 hexadecimal digits of the SHA-256 of its 32 raw bytes."""
    return hashlib.sha256(public_key).hexdigest()[:_KEY_ID_DIGITS]


def read_public_key(text: str) -> bytes:
    """32 raw bytes of a public key in base64. Raises PublicKeyError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PublicKeyError(f"{text!r} is not base64; paste the public key as the other side shows it") from error
    if len(raw) != _KEY_BYTES:
        raise PublicKeyError(f"{text!r} has {len(raw)} bytes; an Ed25519 public key has {_KEY_BYTES}")
    return raw


class SigningKey:
    """A private key of this end."""

    def __init__(self, seed: bytes) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._private.public_key().public_bytes_raw()
        self.public_key: Final = base64.b64encode(public).decode("ascii")
        """In base64: what the other end pins."""
        self.key_id: Final = key_id_of(public)

    def sign(self, attributes: dict[str, Any]) -> bytes:
        """Canonical JSON of the attributes with `keyid` and `signature` added: the bytes that go on the wire."""
        signed = {**attributes, "keyid": self.key_id}
        signature = self._private.sign(canonical_json(signed))
        return canonical_json({**signed, "signature": base64.b64encode(signature).decode("ascii")})


@dataclass(frozen=True, slots=True)
class PinnedKeys:
    """Keys of the other end that are believed: the current one and, during a change, the next."""

    by_id: dict[str, Ed25519PublicKey]

    @staticmethod
    def of(public_keys: Iterable[str]) -> PinnedKeys:
        """From base64 texts. Raises PublicKeyError."""
        raw_keys = [read_public_key(text) for text in public_keys]
        return PinnedKeys({key_id_of(raw): Ed25519PublicKey.from_public_bytes(raw) for raw in raw_keys})

    def verify(self, attributes: dict[str, Any]) -> str:
        """Check the signature over everything but itself; returns the key's id.

        Raises UnsignedError, UnknownKeyError, BadSignatureError, MalformedError.
        """
        key_id, signature_text = attributes.get("keyid"), attributes.get("signature")
        if not isinstance(key_id, str) or not isinstance(signature_text, str):
            raise UnsignedError("the event has no keyid and signature")
        key = self.by_id.get(key_id)
        if key is None:
            raise UnknownKeyError(f"key {key_id[:32]!r} is not pinned here")
        try:
            signature = base64.b64decode(signature_text, validate=True)
            content = canonical_json({name: value for name, value in attributes.items() if name != "signature"})
            key.verify(signature, content)
        except (NotCanonicalError, RecursionError) as error:
            raise MalformedError(f"no canonical form: {error}") from error
        except (ValueError, InvalidSignature) as error:  # ValueError: not base64
            raise BadSignatureError(f"the signature of key {key_id} does not fit the content") from error
        return key_id


def digest_of(canonical: bytes) -> str:
    """What a receipt names a message's content by: SHA-256 of the signed event's canonical form, in hexadecimal."""
    return hashlib.sha256(canonical).hexdigest()


def load_key(path: Path) -> SigningKey:
    """Read a private key file: 32 raw bytes in base64, readable by its owner alone. Raises KeyFileError."""
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError as error:
        raise KeyFileError(f"there is no key file {path}: enrol this end first") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"the key file {path} cannot be read ({error})") from error
    if mode & _OPEN_TO_OTHERS:
        raise KeyFileError(f"others may read the key file {path}: chmod 600 it, and change the key if they did")
    try:
        seed = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyFileError(f"{path} is not a key file: restore it from the backup or enrol again") from error
    if len(seed) != _KEY_BYTES:
        raise KeyFileError(f"{path} holds {len(seed)} bytes instead of {_KEY_BYTES}: restore it or enrol again")
    return SigningKey(seed)


def load_or_create_key(path: Path) -> SigningKey:
    """Read the key file; the first time make it, on the disk before its public half is shown to anybody.

    Raises KeyFileError.
    """
    if path.exists():
        return load_key(path)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(base64.b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            path.hardlink_to(draft)  # unlike rename it never replaces a key that another process made meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_directory(path.parent)
    except OSError as error:
        raise KeyFileError(f"the key file {path} cannot be made ({error.strerror})") from error
    return load_key(path)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
