"""Whether a device does what it is told: some answer OK and change nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Obedience:
    """Shared by all services of a device."""

    obeys: bool = True
    """While False, every Set is answered OK and has no effect; asked again, the device tells the old value."""
    honest: bool = True
    """While False, an encoder tells the value that was set, and its stream stays as it was."""
