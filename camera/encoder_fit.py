"""Which bit rates, frame rates and codecs make the promised days fit on the disks (码率规划). Pure rules.

The steps are taken in the order in which they cost least of what is seen: first H.265 where the encoder has it, then
lower bit rates down to what the picture needs, then fewer frames a second. Sizes are never touched: they are what
coverage was planned with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from camera.onvif.model import Codec, Encoder, EncoderChoice

_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class FitPolicy:
    """What may be given up, and for what; editable, because tastes and scenes differ."""

    overhead: float = 0.03
    """File format, catalogue and what other streams take."""
    least_fps: float = 12.0
    bits_per_pixel_h264: float = 0.045
    bits_per_pixel_h265: float = 0.027
    """Of each picture sent; below it, faces dissolve into blocks. A rule of thumb: look before you keep it."""
    h265_saves: float = 0.4
    """Share of the bit rate that H.265 needs less for the same picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A point's encoder as it is, what it can do, and what it really sends."""

    point_id: str
    encoder: Encoder
    choices: tuple[EncoderChoice, ...]
    real_bps: int
    """Measured by the recorder; cameras with a variable rate send less than their limit, broken ones more."""


@dataclass(frozen=True, slots=True)
class Step:
    """What changes at a point."""

    point_id: str
    before: Encoder
    after: Encoder


@dataclass(frozen=True, slots=True)
class FitPlan:
    """The answer: what to change, and the days that come out."""

    steps: tuple[Step, ...]
    days_before: float
    days_after: float

    def fits(self, keep_days: int) -> bool:
        """Whether the promised days fit."""
        return self.days_after >= keep_days


def fit(demands: Sequence[Demand], *, capacity_bytes: int, keep_days: int, policy: FitPolicy | None = None) -> FitPlan:
    """The mildest changes with which `keep_days` fit; if nothing suffices, the strongest and the days it gives."""
    rules = policy or FitPolicy()
    days_before = days_that_fit(capacity_bytes, sum(demand.real_bps for demand in demands), rules)
    if days_before >= keep_days or not demands:
        return FitPlan((), days_before, days_before)
    allowed_bps = capacity_bytes * 8 * (1 - rules.overhead) / (keep_days * _SECONDS_A_DAY)
    wanted = [_with_h265(demand, rules) for demand in demands]
    wanted = _lowered(demands, wanted, allowed_bps, rules)
    if sum(encoder.bitrate_bps for encoder in wanted) > allowed_bps:
        wanted = _lowered(
            demands, [_slower(*pair, rules) for pair in zip(demands, wanted, strict=True)], allowed_bps, rules
        )
    steps = tuple(
        Step(demand.point_id, demand.encoder, encoder)
        for demand, encoder in zip(demands, wanted, strict=True)
        if encoder != demand.encoder
    )
    return FitPlan(steps, days_before, days_that_fit(capacity_bytes, sum(one.bitrate_bps for one in wanted), rules))


def days_that_fit(capacity_bytes: int, total_bps: int, policy: FitPolicy) -> float:
    """Days of footage that a capacity holds at a rate."""
    if total_bps <= 0:
        return float("inf")
    return capacity_bytes * 8 * (1 - policy.overhead) / total_bps / _SECONDS_A_DAY


def _with_h265(demand: Demand, policy: FitPolicy) -> Encoder:
    encoder, real_bps = demand.encoder, demand.real_bps
    size = (encoder.width_px, encoder.height_px)
    able = any(choice.codec is Codec.H265 and size in choice.sizes for choice in demand.choices)
    if encoder.codec is Codec.H265 or not encoder.media2 or not able:
        return replace(encoder, bitrate_bps=min(real_bps, encoder.bitrate_bps))
    return replace(encoder, codec=Codec.H265, bitrate_bps=round(real_bps * (1 - policy.h265_saves)))


def _lowered(
    demands: Sequence[Demand], wanted: Sequence[Encoder], allowed_bps: float, policy: FitPolicy
) -> list[Encoder]:
    # Everybody gives the same share, but nobody goes below what its picture needs; what they cannot give, others do.
    floors = [
        min(encoder.bitrate_bps, _floor_bps(demand, encoder, policy))
        for demand, encoder in zip(demands, wanted, strict=True)
    ]
    rates = [float(encoder.bitrate_bps) for encoder in wanted]
    for _ in rates:
        over = sum(rates) - allowed_bps
        free = sum(rate for rate, floor in zip(rates, floors, strict=True) if rate > floor)
        if over <= 0 or free <= 0:
            break
        share = max(0.0, 1 - over / free)
        rates = [max(floor, rate * share) if rate > floor else rate for rate, floor in zip(rates, floors, strict=True)]
    return [
        replace(encoder, bitrate_bps=min(encoder.bitrate_bps, int(rate) // 1000 * 1000 or encoder.bitrate_bps))
        for encoder, rate in zip(wanted, rates, strict=True)
    ]


def _floor_bps(demand: Demand, encoder: Encoder, policy: FitPolicy) -> int:
    per_pixel = policy.bits_per_pixel_h265 if encoder.codec is Codec.H265 else policy.bits_per_pixel_h264
    needed = round(encoder.width_px * encoder.height_px * encoder.fps * per_pixel)
    least = next((choice.least_bps for choice in demand.choices if choice.codec is encoder.codec), None)
    return max(needed, least or 0)


def _slower(demand: Demand, encoder: Encoder, policy: FitPolicy) -> Encoder:
    choice = next((one for one in demand.choices if one.codec is encoder.codec), None)
    able = [rate for rate in (choice.fps if choice is not None else ()) if policy.least_fps <= rate <= encoder.fps]
    if not able:
        return encoder
    fps = min(able)
    gop = round(encoder.gop_frames * fps / encoder.fps) if encoder.gop_frames else None  # keyframes as often as before
    return replace(encoder, fps=fps, gop_frames=gop)
