"""Who a simulated device says it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    name: str
    hardware: str
    serial: str
    mac: str
    manufacturer: str = "Campus Simulator"
    model: str = "SIM-1"
    firmware: str = "1.0.0"
    location: str = "campus"
