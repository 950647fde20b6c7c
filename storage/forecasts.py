"""Forecasts of the running system: reads the catalogue and the disks, and judges with storage.forecast."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from config.settings import Settings
from config.volume import Volume
from foundation.finding import FindingBoard, Severity
from foundation.service import Service
from foundation.sqlite import DatabaseError, Transaction, open_read_only
from storage.catalogue import Catalogue
from storage.forecast import PointHistory, VolumeForecast, forecast_volume
from storage.hands import LIMIT_S
from storage.mounted import present
from storage.volume import VolumeRefused, room

HOUR_MS: Final = 3_600_000
EVERY_S: Final = 3600.0
FIRST_S: Final = 300.0


def forecast_all(catalogue: Path, settings: Settings, now_ms: int, *, limit_s: float = LIMIT_S) -> list[VolumeForecast]:
    """Forecast of every volume that is there and answers in time. Raises DatabaseError."""
    with open_read_only(catalogue) as reader:
        return [
            forecast
            for volume in settings.volumes
            if (forecast := _forecast(reader, volume, settings, now_ms, limit_s)) is not None
        ]


def _forecast(
    reader: Transaction, volume: Volume, settings: Settings, now_ms: int, limit_s: float
) -> VolumeForecast | None:
    here = present(reader, [volume], limit_s=limit_s).here
    if not here:
        return None
    try:
        space = here[0].do(lambda: room(volume))
    except (VolumeRefused, OSError):
        return None
    histories = read_histories(reader, here[0].no, {point.id for point in settings.points})
    ours = sum(size for history in histories for size, _ in history.written.values())
    # What others keep on the disk will stay there; our own footage and the free space are what footage can have.
    capacity = max(0, min(space.total, space.free + ours) - volume.reserve_bytes)
    return forecast_volume(volume.id, capacity_bytes=capacity, histories=histories, now_hour=now_ms // HOUR_MS)


def read_histories(reader: Transaction, volume_no: int, points: set[str]) -> Sequence[PointHistory]:
    """Bytes per hour of every point on a volume; a point that left the settings writes no more but still lies there."""
    written: dict[tuple[str, int], dict[int, tuple[int, int]]] = defaultdict(dict)
    for point, keep_days, hour, size, duration_ms in reader.rows(
        "SELECT p.id, p.keep_days, r.hour, r.bytes, r.duration_ms FROM rate r JOIN point p ON p.no = r.point_no "
        "WHERE r.volume_no = ?",
        (volume_no,),
    ):
        written[(point, keep_days)][hour] = (size, duration_ms if point in points else 0)
    return [
        PointHistory(point=point, keep_days=keep_days, written=hours) for (point, keep_days), hours in written.items()
    ]


class ForecastWatch(Service):
    """Says weeks ahead what cannot be kept."""

    def __init__(self, catalogue: Catalogue, settings: Settings, findings: FindingBoard) -> None:
        super().__init__("forecast")
        self._catalogue = catalogue
        self._settings = settings
        self._findings = findings

    def _loop(self) -> None:
        wait_s = FIRST_S
        while not self.stopping.wait(wait_s):
            wait_s = EVERY_S
            try:
                forecasts = forecast_all(self._catalogue.database.path, self._settings, self._catalogue.now_ms())
            except DatabaseError:
                continue  # the recorder's own findings tell of a catalogue that cannot be read
            for forecast in forecasts:
                self.tell(forecast)

    def tell(self, forecast: VolumeForecast) -> None:
        """Open or clear the finding of a volume."""
        subject, kind = f"volume:{forecast.volume}", "storage.will_not_fit"
        if forecast.shortfall_in_days is None:
            self._findings.clear(subject, kind)
            return
        self._findings.open(
            subject,
            kind,
            Severity.ATTENTION,
            evidence={
                "shortfall_in_days": round(forecast.shortfall_in_days, 1),
                "days_fit": round(forecast.days_fit or 0, 1),
                "missing_bytes": forecast.missing_bytes,
                "fitting_bits_per_s": round(forecast.fitting_bits_per_s or 0),
            },
        )
