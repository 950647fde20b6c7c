"""The machine's receipt (平台回执): the only thing that ends the sending of a message."""

from __future__ import annotations

from typing import ClassVar

from foundation.ids import RecordId
from uplink.event import Count, Digest, Message, WireTime


class Receipt(Message):
    """The center has this message on its disk. Sent again for every copy that arrives, for the copy may be a question.

    For a sealed day it is the countersignature of the chain heads in it.
    """

    event_type: ClassVar[str] = "campus.receipt"

    message_id: RecordId
    """Id of the event received."""
    digest: Digest
    """SHA-256 of that event as signed: canonical JSON with `keyid` and `signature` in it."""
    received_at: WireTime
    """When the first copy came, by the center's clock."""
    copies: Count = 1
    """How many have come; only the first one reached the desk."""
