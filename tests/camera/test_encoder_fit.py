"""Making the promised days fit: the mildest changes, never below what a picture needs, and honest when none helps."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from camera.encoder_fit import Demand, FitPolicy, days_that_fit, fit
from camera.onvif.model import Codec, Encoder, EncoderChoice

TB = 10**12
POLICY = FitPolicy()
H264 = EncoderChoice(
    codec=Codec.H264, sizes=((1920, 1080),), fps=(5, 10, 12, 15, 20, 25), least_bps=None, most_bps=None
)
H265 = EncoderChoice(codec=Codec.H265, sizes=((1920, 1080),), fps=(5, 12.5, 25), least_bps=256_000, most_bps=16_000_000)


def demand(number: int = 0, *, bps: int = 4_000_000, choices: tuple[EncoderChoice, ...] = (H264, H265)) -> Demand:
    encoder = Encoder(
        token=f"e{number}", codec=Codec.H264, width_px=1920, height_px=1080, fps=25, bitrate_bps=bps,
        gop_frames=50, media2=True,
    )  # fmt: skip
    return Demand(point_id=f"p{number}", encoder=encoder, choices=choices, real_bps=bps)


def test_what_fits_already_is_left_alone() -> None:
    plan = fit([demand()], capacity_bytes=8 * TB, keep_days=90)
    assert plan.steps == ()
    assert plan.fits(90)


def test_sixteen_cameras_of_4_mbit_need_62_tb_for_90_days() -> None:
    assert 85 < days_that_fit(62 * TB, 16 * 4_000_000, POLICY) < 91  # the field notes' figure, less the overhead


def test_h265_comes_first_and_keeps_frames_and_size() -> None:
    plan = fit([demand(number) for number in range(16)], capacity_bytes=40 * TB, keep_days=90)
    assert plan.fits(90)
    assert {(step.after.codec, step.after.fps, step.after.width_px) for step in plan.steps} == {(Codec.H265, 25, 1920)}


def test_frames_are_given_up_last_and_keyframes_stay_as_often() -> None:
    plan = fit([demand(choices=(H264,))], capacity_bytes=round(1.7 * TB), keep_days=90)
    (step,) = plan.steps
    assert (step.after.codec, step.after.fps, step.after.gop_frames) == (Codec.H264, 12, 24)
    assert plan.fits(90)


def test_when_nothing_suffices_the_days_that_come_out_are_told() -> None:
    plan = fit([demand(number) for number in range(16)], capacity_bytes=4 * TB, keep_days=90)
    assert not plan.fits(90)
    assert plan.days_before < plan.days_after < 90


@given(
    st.lists(st.tuples(st.integers(300_000, 12_000_000), st.booleans()), min_size=1, max_size=20),
    st.integers(1, 60),
    st.integers(30, 180),
)
def test_no_plan_goes_below_what_a_picture_needs_or_costs_more_than_before(
    cameras: list[tuple[int, bool]], capacity_tb: int, keep_days: int
) -> None:
    demands = [
        demand(number, bps=bps, choices=(H264, H265) if modern else (H264,))
        for number, (bps, modern) in enumerate(cameras)
    ]
    plan = fit(demands, capacity_bytes=capacity_tb * TB, keep_days=keep_days)
    assert plan.days_after >= plan.days_before * 0.999
    for step in plan.steps:
        after = step.after
        assert after.bitrate_bps <= step.before.bitrate_bps
        assert after.fps >= POLICY.least_fps
        per_pixel = POLICY.bits_per_pixel_h265 if after.codec is Codec.H265 else POLICY.bits_per_pixel_h264
        needed = 1920 * 1080 * after.fps * per_pixel
        moved = step.before.bitrate_bps * (1 - POLICY.h265_saves if after.codec is not step.before.codec else 1)
        assert after.bitrate_bps >= min(needed, moved) - 1000
        assert (after.width_px, after.height_px) == (1920, 1080)
