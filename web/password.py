"""Passwords and PINs: what is good enough, and argon2id hashes that a flood of guesses cannot turn into load."""

from __future__ import annotations

import itertools
import threading
from enum import StrEnum
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST: Final = 10
LONGEST: Final = 128
PIN_DIGITS: Final = 6
# RFC 9106 asks for 64 MiB where there is room; the box has 350 MB for everything, so OWASP's smaller setting.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_AT_ONCE: Final = threading.BoundedSemaphore(2)
_WAIT_S: Final = 5.0
_COMMON: Final = (
    "password", "qwerty", "admin", "iloveyou", "letmein", "welcome", "12345678", "11111111", "88888888", "woaini",
    "abc123", "school", "xuexiao",
)  # fmt: skip


class Weakness(StrEnum):
    """Why a password or PIN is not taken."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    HOLDS_LOGIN = "holds_login"
    NOT_SIX_DIGITS = "not_six_digits"
    TOO_SIMPLE = "too_simple"


class BusyError(Exception):
    """Too many guesses at once; nothing was checked."""


def password_weakness(password: str, login: str) -> Weakness | None:
    """None if it may be used: length over decoration, and nothing that is guessed first."""
    if len(password) < SHORTEST:
        return Weakness.TOO_SHORT
    if len(password) > LONGEST:
        return Weakness.TOO_LONG
    lower = password.casefold()
    if login and login.casefold() in lower:
        return Weakness.HOLDS_LOGIN
    rest = lower
    for common in _COMMON:
        rest = rest.replace(common, "")
    if len(set(lower)) < 5 or len(rest) < 5:
        return Weakness.TOO_COMMON
    return None


def pin_weakness(pin: str) -> Weakness | None:
    """None if it may be used: six digits that are not one digit, a run or a pair repeated."""
    if len(pin) != PIN_DIGITS or not (pin.isascii() and pin.isdecimal()):
        return Weakness.NOT_SIX_DIGITS
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    repeated = pin in {pin[:1] * 6, pin[:2] * 3, pin[:3] * 2}
    return Weakness.TOO_SIMPLE if repeated or steps in ({1}, {9}) else None


def hashed(secret: str) -> str:
    """The argon2id hash to keep. Raises BusyError."""
    with _turn():
        return _HASHER.hash(secret)


def matches(kept: str | None, secret: str) -> bool:
    """Whether a guess is right; a missing hash costs the same time as a wrong guess. Raises BusyError."""
    with _turn():
        try:
            _HASHER.verify(kept or _nobody(), secret)
        except (VerificationError, InvalidHashError):
            return False
        return kept is not None


@cache
def _nobody() -> str:
    return _HASHER.hash("the password of nobody")


class _turn:  # noqa: N801 - reads as what it does
    # Two at once bound both memory (19 MiB each) and the cores that a flood of guesses can take from the rest.
    def __enter__(self) -> None:
        if not _AT_ONCE.acquire(timeout=_WAIT_S):
            raise BusyError("too many log-ins at once; try again in a moment")

    def __exit__(self, *_: object) -> None:
        _AT_ONCE.release()
