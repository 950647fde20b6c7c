"""The topics of the wire: which campus speaks to the center, or is spoken to, about what."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from foundation.ids import is_slug


class Channel(StrEnum):
    """What a topic carries; the third level of its name."""

    STATE = "state"
    ALARM = "alarm"
    POINT = "point"
    FINDING = "finding"
    DAY = "day"
    ANSWER = "answer"
    RECEIPT = "receipt"
    COMMAND = "command"
    HEARTBEAT = "heartbeat"


FROM_CENTER: Final = (Channel.RECEIPT, Channel.COMMAND, Channel.HEARTBEAT)
_CHANNEL_NAMES: Final = frozenset(channel.value for channel in Channel)
RECEIPTED: Final = (Channel.ALARM, Channel.DAY)
"""What the campus keeps and says until a receipt comes; all else is said anew after every connection."""
_NAMED: Final = (Channel.STATE, Channel.POINT)  # followed by a path's or a point's id


class ForeignTopicError(ValueError):
    """A topic that this wire does not have."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic taken apart; `name` is the path or point where the channel has one."""

    campus: str
    channel: Channel
    name: str | None = None

    def __str__(self) -> str:
        base = f"campus/{self.campus}/{self.channel}"
        return base if self.name is None else f"{base}/{self.name}"

    @property
    def retained(self) -> bool:
        """State and point health are kept by the broker for whoever subscribes later."""
        return self.channel in _NAMED


def parse_topic(text: str) -> Topic:
    """Take a topic's name apart. Raises ForeignTopicError."""
    parts = text.split("/")
    if len(parts) in (3, 4) and parts[0] == "campus" and is_slug(parts[1]) and parts[2] in _CHANNEL_NAMES:
        channel = Channel(parts[2])
        name = parts[3] if len(parts) == 4 else None
        if (channel in _NAMED) == (name is not None) and (name is None or is_slug(name)):
            return Topic(parts[1], channel, name)
    raise ForeignTopicError(f"{text!r} is not a topic of this wire")


def campus_subscriptions(campus: str) -> tuple[str, ...]:
    """What a campus listens to: only what is addressed to it."""
    return tuple(str(Topic(campus, channel)) for channel in FROM_CENTER)


def center_subscriptions() -> tuple[str, ...]:
    """What the center listens to, by plain subscription: shared ones get no retained state from a conforming broker."""
    return tuple(
        f"campus/+/{channel}/+" if channel in _NAMED else f"campus/+/{channel}"
        for channel in Channel
        if channel not in FROM_CENTER
    )
