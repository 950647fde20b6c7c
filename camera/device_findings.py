"""Which findings a device's standing asks for. Pure rules; the round opens and clears them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from camera.device_error import Garbled, LoginRefused, NotOnvif, OnvifFault, Unreachable
from camera.device_state import DeviceState, LoginHold, Standing
from camera.visit import HELD_ELSEWHERE, NO_PASSWORD
from foundation.finding import Evidence, Severity

UNREACHABLE: Final = f"camera.{Unreachable.trouble}"
REFUSED: Final = f"camera.{LoginRefused.trouble}"
SWAPPED: Final = "camera.swapped"
NO_SUCH_SOURCE: Final = "camera.no_such_source"
TOGETHER: Final = "camera.unreachable_together"
OWN_LINK: Final = "camera.own_link_down"

TROUBLES: Final = tuple(
    f"camera.{word}"
    for word in (
        Unreachable.trouble,
        LoginRefused.trouble,
        NotOnvif.trouble,
        Garbled.trouble,
        OnvifFault.trouble,
        NO_PASSWORD,
    )
)
"""Findings of which a device has at most one, but for a refused log-in that outlives a cable pulled meanwhile."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A finding that shall be open."""

    severity: Severity
    evidence: Evidence


def wanted_troubles(standing: Standing, hold: LoginHold | None) -> Mapping[str, Wanted] | None:
    """Findings that shall be open of TROUBLES, all others of them cleared; None while it is not decided."""
    if standing.state is DeviceState.UNKNOWN:
        return None
    wanted: dict[str, Wanted] = {}
    if standing.state is DeviceState.FAILING and standing.trouble != HELD_ELSEWHERE:
        wanted[f"camera.{standing.trouble}"] = Wanted(Severity.FAILING, {"message": standing.message})
    if hold is not None and REFUSED not in wanted:
        # It stops every role's tries, so it must not be cleared because the device is off for a while.
        wanted[REFUSED] = Wanted(Severity.FAILING, {"message": "the log-in was refused before it went away"})
    return wanted
