"""How far the two ends' clocks are apart, from a heartbeat and the center's echo of it (as NTP does it)."""

from __future__ import annotations

from dataclasses import dataclass

from uplink.event import utc_ns_of_text
from uplink.messages.heartbeat import HeartbeatEcho


@dataclass(frozen=True, slots=True)
class Skew:
    """The center's time minus ours, give or take `error_ns`."""

    offset_ns: int
    error_ns: int


def measure_skew(echo: HeartbeatEcho, *, center_said_at: str, heard_utc_ns: int) -> Skew | None:
    """From the echo in a center's heartbeat; None if the times contradict each other (a clock stepped meanwhile)."""
    sent_ns, received_ns = utc_ns_of_text(echo.sent_at), utc_ns_of_text(echo.received_at)
    said_ns = utc_ns_of_text(center_said_at)
    travel_ns = (heard_utc_ns - sent_ns) - (said_ns - received_ns)
    if travel_ns < 0:
        return None
    offset_ns = ((received_ns - sent_ns) + (said_ns - heard_utc_ns)) // 2
    return Skew(offset_ns, (travel_ns + 1) // 2)
