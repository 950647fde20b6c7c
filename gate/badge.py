"""The code on a visitor's badge (胸牌二维码): digits only, because a scanner types like a keyboard and a Chinese input
method would swallow letters. Who has not the key cannot make one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from gate.known import SearchKey

CODE_DIGITS: Final = 20
"""Longer than a phone (11) and an identity card (18), so that no other number is taken for a badge."""
_PREFIX: Final = "90"
_CHECK_DIGITS: Final = 7
_FORM: Final = re.compile(r"90(\d{6})(\d{5})(\d{7})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Badge:
    """A number of a Beijing day; the book gives each once."""

    day: date
    number: int


def badge_code(key: SearchKey, badge: Badge) -> str:
    """What the QR of a badge carries."""
    body = f"{_PREFIX}{badge.day:%y%m%d}{badge.number:05}"
    return f"{body}{_check(key, body)}"


def read_badge(key: SearchKey, text: str) -> Badge | None:
    """The badge of a code; None for anything else, also for a code of somebody's own making."""
    found = _FORM.fullmatch(text.strip())
    if found is None or _check(key, text.strip()[:-_CHECK_DIGITS]) != found[3]:
        return None
    day = found[1]
    try:
        return Badge(date(2000 + int(day[:2]), int(day[2:4]), int(day[4:])), int(found[2]))
    except ValueError:
        return None


def _check(key: SearchKey, body: str) -> str:
    return f"{key.code(body) % 10**_CHECK_DIGITS:0{_CHECK_DIGITS}}"
