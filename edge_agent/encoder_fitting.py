"""Makes the promised days fit by setting encoders (码率规划): forecast and devices read, set, remembered, undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING, Final

from camera.encoder_fit import Demand, FitPlan, FitPolicy, Step, fit
from camera.onvif.model import Encoder
from edge_agent.applied_fits import AppliedFits
from edge_agent.camera_reach import CameraReach, Refused, asking
from storage.forecast import VolumeForecast
from storage.forecasts import forecast_all
from storage.query import recordings

if TYPE_CHECKING:
    from camera.onvif.device import OnvifDevice

_NS_PER_MS: Final = 1_000_000
_LEAST_REAL_BPS: Final = 1000


@dataclass(frozen=True, slots=True)
class VolumePlan:
    """What to change on the points of a volume, and what could not be asked."""

    volume: str
    keep_days: int
    plan: FitPlan
    left_out: Mapping[str, str]
    """Point and why its camera could not be asked; its present rate is reckoned with."""

    def told(self) -> dict[str, object]:
        """As JSON; days without end, where nothing is sent, are null."""
        days = {
            name: days if isfinite(days) else None
            for name, days in (("days_before", self.plan.days_before), ("days_after", self.plan.days_after))
        }
        return {
            "volume": self.volume,
            "keep_days": self.keep_days,
            "fits": self.fits,
            **days,
            "steps": [asdict(step) for step in self.plan.steps],
            "left_out": dict(self.left_out),
        }

    @property
    def fits(self) -> bool:
        """Whether the promise is kept when all is applied."""
        return self.plan.fits(self.keep_days)


def plan_all(reach: CameraReach, *, keep_days: int | None, keep_codec: bool) -> list[VolumePlan]:
    """A plan for every volume of which there is a forecast. Raises DatabaseError."""
    now_ms = reach.clock.utc_ns() // _NS_PER_MS
    forecasts = forecast_all(reach.state.database("catalogue"), reach.settings, now_ms)
    demands: dict[str, Demand | str] = {}
    return [_plan(reach, forecast, demands, keep_days=keep_days, keep_codec=keep_codec) for forecast in forecasts]


def _plan(
    reach: CameraReach,
    forecast: VolumeForecast,
    demands: dict[str, Demand | str],
    *,
    keep_days: int | None,
    keep_codec: bool,
) -> VolumePlan:
    real = {rate.point: round(rate.bits_per_s) for rate in forecast.rates if rate.bits_per_s >= _LEAST_REAL_BPS}
    points = [point for point in reach.settings.points if point.id in real]
    promised = [reach.settings.retention_policy(point.retention).keep_days for point in points]
    days = keep_days or max(promised, default=90)
    asked: list[Demand] = []
    left_out: dict[str, str] = {}
    fixed_bps = 0
    for point in points:
        if point.id not in demands:
            demands[point.id] = _demand(reach, point.id, real[point.id], keep_codec=keep_codec)
        found = demands[point.id]
        if isinstance(found, Demand):
            asked.append(replace(found, real_bps=real[point.id]))
        else:
            left_out[point.id] = found
            fixed_bps += real[point.id]
    rules = FitPolicy()
    fixed_bytes = round(fixed_bps * days * 86_400 / 8 / (1 - rules.overhead))
    plan = fit(asked, capacity_bytes=max(0, forecast.capacity_bytes - fixed_bytes), keep_days=days, policy=rules)
    return VolumePlan(forecast.volume, days, plan, left_out)


def _demand(reach: CameraReach, point_id: str, real_bps: int, *, keep_codec: bool) -> Demand | str:
    from camera.onvif.setting import encoder_choices, read_encoder

    try:
        device = reach.device(reach.settings.point(point_id).device)
        token = asking(lambda: _encoder_token(reach, device, point_id))
        encoder = asking(lambda: read_encoder(device, token))
        choices = asking(lambda: encoder_choices(device, token))
    except Refused as refused:
        return str(refused)
    if keep_codec:
        choices = tuple(choice for choice in choices if choice.codec is encoder.codec)
    return Demand(point_id=point_id, encoder=encoder, choices=choices, real_bps=real_bps)


def _encoder_token(reach: CameraReach, device: OnvifDevice, point_id: str) -> str:
    number = reach.settings.point(point_id).source
    for found in device.streams():
        if found.source.number == number and found.main.profile.encoder_token:
            return found.main.profile.encoder_token
    raise Refused(f"{point_id}: 设备没有第 {number} 路可设置的编码 / the device has no such encoder to set")


def apply(reach: CameraReach, applied: AppliedFits, step: Step) -> Encoder:
    """Set one point's encoder and read it back. Raises Refused; then the camera tells it is as it was, or lies."""
    from camera.onvif.setting import set_encoder

    device = reach.device(reach.settings.point(step.point_id).device)
    applied.note(step, reach.clock.utc_ns())
    return asking(lambda: set_encoder(device, step.after))


def go_back(reach: CameraReach, applied: AppliedFits, point_id: str) -> Encoder:
    """Set a point's encoder to what it was before the first change. Raises Refused."""
    from camera.onvif.setting import set_encoder

    known = applied.all().get(point_id)
    if known is None:
        raise Refused(f"{point_id}: 没有记下改动 / nothing was changed here")
    device = reach.device(reach.settings.point(point_id).device)
    after = asking(lambda: set_encoder(device, known.before))
    applied.drop(point_id)
    return after


def real_rates(reach: CameraReach, points: Sequence[str]) -> dict[str, int]:
    """Bits per second that the recorder writes now, of the points that are being recorded. Raises DatabaseError."""
    found = {one.point: one.bits_per_s for one in recordings(reach.state.database("catalogue"))}
    return {point: found[point] for point in points if found.get(point)}
