"""A broker path's birth and will (上线/下线), retained so that a center that starts later knows the state."""

from __future__ import annotations

from typing import ClassVar

from foundation.ids import Slug
from uplink.event import Count, Message, ShortText


class Birth(Message):
    """Said first on every connection. A higher number replaces all that was known of the path."""

    event_type: ClassVar[str] = "campus.path.birth"

    path: Slug
    birth: Count
    """Grows with every connection of this path, over restarts too (Sparkplug's bdSeq)."""
    boot_id: ShortText
    software: ShortText
    """Name and version of what speaks."""
    campus_name: ShortText = ""


class Will(Message):
    """Left with the broker on connecting, and said by ourselves when we go in order.

    Only believed if its number is that of the latest birth: a half-open old session fires its will after the new
    birth. Even then a hint; the age of the last heartbeat decides.
    """

    event_type: ClassVar[str] = "campus.path.will"

    path: Slug
    birth: Count
    orderly: bool = False
    """True if the agent said it itself: stopped or restarted by a person."""
