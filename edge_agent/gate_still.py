"""The picture beside a gate record (抓拍): footage of that moment, or else the camera just now; storage and gate do not
know each other."""

from __future__ import annotations

from typing import Final

from config.settings import Settings
from edge_agent.stills.still import Still, StillError
from edge_agent.stills.stills import Stills
from foundation.clock import NS_PER_S, Clock
from foundation.state import StateDirectory
from gate.still import NoPictureError, Picture, TakePicture

_LONGER_SIDE_PX: Final = 960
"""A face at the window is known by it, and 180 days of a busy gate stay below 3 GB."""
_STILL_THERE_S: Final = 10
"""After that whoever stood there has gone on, and a picture of now would show somebody else."""


def gate_picture(settings: Settings, state: StateDirectory, clock: Clock) -> TakePicture:
    """Takes pictures for `gate.still.StillTaker`."""
    stills = Stills(settings, state, clock)

    def take(point: str, at_utc_ns: int) -> Picture:
        try:
            found = stills.still(point, at_utc_ns, largest_px=_LONGER_SIDE_PX)
        except StillError as error:
            if clock.utc_ns() - at_utc_ns > _STILL_THERE_S * NS_PER_S:
                raise NoPictureError(str(error) or type(error).__name__) from error
            found = _now(stills, point)
        return Picture(found.jpeg, found.shows_utc_ns)

    return take


def _now(stills: Stills, point: str) -> Still:
    try:
        return stills.still(point, largest_px=_LONGER_SIDE_PX)
    except StillError as error:
        raise NoPictureError(str(error) or type(error).__name__) from error
