"""A device's log-in as it is used, apart from where it is written down."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Login:
    """User and password; the password stays out of logs."""

    user: str
    password: str = field(repr=False)
