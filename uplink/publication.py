"""What is handed to an MQTT session, and what the broker said to it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message for a topic."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A broker's PUBACK: a hint to be shown, never believed: a 3.1.1 broker says the same of what it refused."""

    code: int
    """0 accepted · 16 nobody subscribes now · 135 not authorised · 151 quota exceeded; always 0 from a 3.1.1 broker."""
    text: str

    @property
    def refused(self) -> bool:
        """True if the broker said that it did not take the message."""
        return self.code >= 128


class NotConnectedError(Exception):
    """There is no connection now; nothing was queued, so that nothing is sent twice later."""


class CongestedError(Exception):
    """The broker owes so many answers that a further message would wait behind them."""
