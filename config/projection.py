"""From longitude and latitude (WGS 84) to metres around a campus, and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, degrees, radians, sin, sqrt
from typing import Final

_SEMI_MAJOR_M: Final = 6_378_137.0
_FLATTENING: Final = 1 / 298.257223563


@dataclass(frozen=True, slots=True)
class LocalProjection:
    """A plane that touches the ellipsoid at an origin; within 2 km of it distances are right to about 1 in 10,000.

    GCJ-02 coordinates of Chinese web maps are shifted by hundreds of metres but keep shapes: a plan may use them
    throughout, never mixed with coordinates of a GPS receiver.
    """

    longitude_deg: float
    latitude_deg: float

    @property
    def _scale_m_per_rad(self) -> tuple[float, float]:
        eccentricity2 = _FLATTENING * (2 - _FLATTENING)
        latitude = radians(self.latitude_deg)
        curvature = sqrt(1 - eccentricity2 * sin(latitude) ** 2)
        return _SEMI_MAJOR_M / curvature * cos(latitude), _SEMI_MAJOR_M * (1 - eccentricity2) / curvature**3

    def metres(self, longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
        """East and north of the origin."""
        east, north = self._scale_m_per_rad
        return radians(longitude_deg - self.longitude_deg) * east, radians(latitude_deg - self.latitude_deg) * north

    def position(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Longitude and latitude of a place given in metres."""
        east, north = self._scale_m_per_rad
        return self.longitude_deg + degrees(x_m / east), self.latitude_deg + degrees(y_m / north)
