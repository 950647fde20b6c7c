"""The number of an identity card (身份证号码)."""

from __future__ import annotations

from typing import Final

CARD_LENGTH: Final = 18
_CARD_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CARD_CHECKS: Final = "10X98765432"
"""GB 11643-1999: ISO 7064 MOD 11-2 over the first 17 digits."""


def identity_card_is_right(number: str) -> bool:
    """Whether the check digit of an 18-digit identity card fits (身份证校验码)."""
    body, check = number[:-1], number[-1:]
    if len(number) != CARD_LENGTH or not (body.isascii() and body.isdecimal()):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_CARD_WEIGHTS, body, strict=True))
    return _CARD_CHECKS[total % 11] == check
