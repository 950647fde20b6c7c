"""`edge-agent camera fit` and `clock`: what changes a camera, always on request, always read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final

import typer

from camera.device_clock import ClockFault, clock_fault
from camera.stream_health import exceeds_set_rate
from edge_agent.camera_reach import CameraReach, Refused, asking
from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    ConfigOption,
    JsonOption,
    StateOption,
    refuse,
    settings_or_exit,
)
from foundation.clock import NS_PER_S, Clock
from foundation.sqlite import DatabaseError

if TYPE_CHECKING:
    from camera.encoder_fit import Step
    from camera.onvif.device import OnvifDevice
    from camera.onvif.model import DeviceTime
    from edge_agent.applied_fits import AppliedFits
    from edge_agent.encoder_fitting import VolumePlan

EXIT_NOT_DONE: Final = 1
_LOOK_EVERY_S: Final = 5.0
_FAULTS: Final = {
    ClockFault.LOCAL_AS_UTC: "差八小时，时区没设对 local time as UTC",
    ClockFault.NEVER_SET: "从没校过时 never set",
    ClockFault.OFF: "走时不准 off",
}
_ASK_AGAIN_S: Final = 2.0
_SETTLING_S: Final = 20.0  # the recorder smooths its rate over some fragments


def fit(
    point: Annotated[list[str] | None, typer.Argument(help="Apply or undo only at these points.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days to keep; the policy's if left out.")] = None,
    keep_codec: Annotated[bool, typer.Option(help="Stay with the codec, do not go over to H.265.")] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Set the named points (or, with --all, every one).")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Set the named points (or --all) as they were.")] = False,
    every: Annotated[bool, typer.Option("--all", help="With --apply or --undo: every point of the plan.")] = False,
    watch_s: Annotated[float, typer.Option(min=0, help="Watch the real rate so long after setting.")] = 90.0,
    as_json: JsonOption = False,
) -> None:
    """Work out the mildest bit rates, frame rates and codecs with which the promised days fit; set them on request."""
    from edge_agent.applied_fits import AppliedFits
    from edge_agent.encoder_fitting import plan_all

    reach = CameraReach(settings_or_exit(config), state)
    applied = AppliedFits(reach.state.root / "encoder-fit.json")
    if (apply or undo) and not point and not every:
        refuse("请写明点位，或 --all / name the points, or say --all")
    if undo:
        undone = [_undo(reach, applied, name) for name in point or list(applied.all())]
        raise typer.Exit(0 if all(undone) else EXIT_NOT_DONE)
    try:
        plans = plan_all(reach, keep_days=days, keep_codec=keep_codec)
    except DatabaseError as error:
        refuse(f"读不到录像目录，录像程序运行过才能规划 / the catalogue cannot be read: {error}")
    if as_json:
        typer.echo(json.dumps([one.told() for one in plans], ensure_ascii=False))
    else:
        _show(plans)
    if not plans:
        raise typer.Exit(EXIT_NOT_DONE)
    if not apply:
        raise typer.Exit(0 if all(one.fits for one in plans) else EXIT_NOT_DONE)
    steps: dict[str, Step] = {}
    for one in plans:
        for step in one.plan.steps:
            known = steps.get(step.point_id)  # a point with a copy on another volume: the stronger step counts
            if (every or step.point_id in (point or ())) and (
                known is None or step.after.bitrate_bps < known.after.bitrate_bps
            ):
                steps[step.point_id] = step
    done = [step for step in steps.values() if _apply(reach, applied, step)]
    honest = _watch(reach, {step.point_id: step.after.bitrate_bps for step in done}, watch_s)
    raise typer.Exit(0 if honest and len(done) == len(steps) else EXIT_NOT_DONE)


def _show(plans: Sequence[VolumePlan]) -> None:
    if not plans:
        typer.echo("○ 还没有录像，无法预测 / nothing recorded yet, nothing to reckon from")
    for one in plans:
        plan = one.plan
        typer.echo(
            f"{'●' if one.fits else '▲'} {one.volume}: 现在可存 {plan.days_before:.1f} 天，"
            f"调整后 {plan.days_after:.1f} 天，要求 {one.keep_days} 天 / days that fit now, after, promised"
        )
        for step in plan.steps:
            typer.echo(f"   {step.point_id}: {step.before.words} → {step.after.words}")
        for point_id, reason in one.left_out.items():
            typer.echo(f"   ○ {point_id} 保持原样 left as it is: {reason}")
        if not one.fits:
            typer.echo("   ▲ 只靠码率不够，还需加盘 / bit rates alone do not do it: add a disk")


def _apply(reach: CameraReach, applied: AppliedFits, step: Step) -> bool:
    from edge_agent.encoder_fitting import apply

    try:
        after = apply(reach, applied, step)
    except Refused as refused:
        typer.echo(f"▲ {step.point_id}: {refused}", err=True)
        return False
    typer.echo(f"● {step.point_id}: 已设置并读回 set and read back: {after.words}")
    return True


def _undo(reach: CameraReach, applied: AppliedFits, name: str) -> bool:
    from edge_agent.encoder_fitting import go_back

    try:
        after = go_back(reach, applied, name)
    except Refused as refused:
        typer.echo(f"▲ {name}: {refused}", err=True)
        return False
    typer.echo(f"● {name}: 已恢复并读回 as before, read back: {after.words}")
    return True


def _watch(reach: CameraReach, wanted_bps: Mapping[str, int], watch_s: float) -> bool:
    """Look at what is really recorded; True unless a camera goes on sending more than it says."""
    from edge_agent.encoder_fitting import real_rates

    if not wanted_bps or watch_s <= 0:
        return True
    typer.echo(f"… 观察实际码率 watching the real rate for {watch_s:g} s", err=True)
    waiting, ends_ns = Event(), reach.clock.running_ns() + round(watch_s * NS_PER_S)
    rates: dict[str, int] = {}
    waiting.wait(min(_SETTLING_S, watch_s))
    while True:
        try:
            rates = real_rates(reach, list(wanted_bps))
        except DatabaseError as error:
            typer.echo(f"▲ 读不到录像目录，无法核对 / the catalogue cannot be read: {error}", err=True)
            return False
        lying = {name for name, rate in rates.items() if exceeds_set_rate(rate, wanted_bps[name])}
        if (not lying and len(rates) == len(wanted_bps)) or reach.clock.running_ns() >= ends_ns:
            break
        waiting.wait(_LOOK_EVERY_S)
    for name, bps in wanted_bps.items():
        if name not in rates:
            typer.echo(f"○ {name}: 没有在录像，无法核对 / not being recorded, cannot be checked")
        elif name in lying:
            typer.echo(
                f"▲ {name}: 摄像机说 {bps // 1000} kbit/s，实际 {rates[name] // 1000} kbit/s；"
                f"可恢复 it lies, go back with: edge-agent camera fit --undo {name}"
            )
        else:
            typer.echo(f"● {name}: 实际 really {rates[name] // 1000} kbit/s")
    return not lying and len(rates) == len(wanted_bps)


def clock(
    device: Annotated[list[str] | None, typer.Argument(help="Only these devices.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    set_it: Annotated[bool, typer.Option("--set", help="Set the named devices' clocks to this box's.")] = False,
    ntp: Annotated[
        str | None, typer.Option("--ntp", help="Have the named devices follow this time server (address or name).")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="With --set or --ntp: every device.")] = False,
    watch_s: Annotated[float, typer.Option(min=0, help="With --ntp: wait so long for a clock to come right.")] = 60.0,
    as_json: JsonOption = False,
) -> None:
    """Ask devices for their time: offset from this box, with half the round trip as its error. Sets only on request."""
    from camera.onvif.setting import set_clock

    reach = CameraReach(settings_or_exit(config), state)
    if (set_it or ntp) and not device and not every:
        refuse("请写明设备，或 --all / name the devices, or say --all")
    if set_it and ntp:
        refuse(
            "--set 和 --ntp 只能选一个：设备要么手动，要么跟时间服务器 / a device is set by hand or follows a server"
        )

    def read_of(talked: OnvifDevice) -> DeviceTime:
        if ntp:
            return _follow(talked, ntp, reach.clock, watch_s)
        return set_clock(talked, reach.clock) if set_it else talked.time()

    told, well = [], True
    for name in device or [one.id for one in reach.settings.devices]:
        try:
            talked = reach.device(name)
            read = asking(partial(read_of, talked))
        except Refused as refused:
            typer.echo(f"▲ {name}: {refused}", err=True)
            well = False
            continue
        fault = clock_fault(read)
        well = well and fault is None
        told.append({"device": name, "fault": fault.value if fault else None} | asdict(read))
        if not as_json:
            by = "NTP" if read.by_ntp else "手动 manual"
            offset_s, error_s = read.offset_ns / NS_PER_S, read.error_ns / NS_PER_S
            words = [f"{offset_s:+.2f} s ± {error_s:.2f} s", by, f"时区 zone {read.time_zone or '—'}"]
            words += [_FAULTS[fault]] if fault else []
            typer.echo(f"{'▲' if fault else '●'} {name}: {'，'.join(words)}")
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
    raise typer.Exit(0 if well else EXIT_NOT_DONE)


def _follow(device: OnvifDevice, server: str, clock: Clock, watch_s: float) -> DeviceTime:
    """Set a device's time server and wait until its clock is right, or `watch_s`. Raises DeviceError."""
    from camera.onvif.time_server import follow_time_server

    follow_time_server(device, server)
    waiting, ends_ns = Event(), clock.running_ns() + round(watch_s * NS_PER_S)
    while clock_fault(read := device.time()) is not None and clock.running_ns() < ends_ns:
        waiting.wait(_ASK_AGAIN_S)
    return read
