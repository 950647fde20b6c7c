"""Locking bytes with a record's key (AES-256-GCM): a copy without the key says nothing."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES: Final = 12


class UnsealError(Exception):
    """The bytes were altered, moved to another place, or locked with another key."""


def seal(key: bytes, plain: bytes, place: str) -> bytes:
    """Lock bytes to a key and a place ('visitor:ID'), so that they cannot be passed off as another record's."""
    # Random nonces: a record has a handful of sealed texts, far below where 96 bits could meet twice.
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(_own(key)).encrypt(nonce, plain, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """The bytes again. Raises UnsealError."""
    try:
        return AESGCM(_own(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode())
    except (InvalidTag, ValueError) as error:
        raise UnsealError(f"{place} cannot be unlocked: altered, or locked with another key") from error


def _own(key: bytes) -> bytes:
    # The record's key makes audit digests too; one key never serves two purposes.
    return hmac.digest(key, b"seal", "sha256")
