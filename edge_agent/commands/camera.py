"""`edge-agent camera …`: find, take in and look at cameras (摄像机). What sets something is in `camera_setting`.

These commands read the inspector's files and talk to devices themselves; they write in no role's file
(docs/decisions/0063).
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from edge_agent.camera_reach import CameraReach, Refused
from edge_agent.causes import in_both
from edge_agent.commands import camera_file, camera_setting
from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    EXIT_REFUSED,
    ConfigOption,
    JsonOption,
    StateOption,
    settings_or_exit,
)

app = typer.Typer(help="Cameras (摄像机): discover, enrol, show, fit, clock, held, file.", no_args_is_help=True)
app.command("fit")(camera_setting.fit)
app.command("clock")(camera_setting.clock)
app.add_typer(camera_file.app, name="file")

EXIT_NOTHING = 1
EXIT_DOUBT = 1
InterfaceOption = Annotated[
    list[str] | None, typer.Option("--interface", "-i", help="Ask everybody on this interface (eth0, or our address).")
]
AddressOption = Annotated[
    list[str] | None, typer.Option("--address", "-a", help="Ask this host: 192.168.1.64, host:port or the whole URL.")
]
CredentialOption = Annotated[str | None, typer.Option(help="Id of the credential in the settings that opens them.")]


@app.command()
def discover(
    interface: InterfaceOption = None,
    address: AddressOption = None,
    config: Annotated[Path | None, typer.Option("--config", help="Leave out what stands in this file.")] = None,
    credential: CredentialOption = None,
    wait_s: Annotated[float, typer.Option(min=0.5, max=30)] = 3.0,
    as_json: JsonOption = False,
) -> None:
    """Find ONVIF devices and print them as `devices:` for the settings file; changes nothing."""
    from camera.settings_text import devices_text

    settings = settings_or_exit(config) if config is not None else None
    found = _found(interface or [], address or [], wait_s)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        raise typer.Exit(0 if found else EXIT_NOTHING)
    known = [device.address for device in settings.devices] if settings else []
    fresh = [one for one in found if one.address not in known]
    typer.echo(f"# {len(found)} 台 found, {len(found) - len(fresh)} 台已登记 already in the settings", err=True)
    if not found:
        _say_nobody()
    if fresh:
        ids = [device.id for device in settings.devices] if settings else []
        typer.echo(devices_text(fresh, credential=credential, ids=ids), nl=False)


def _say_nobody() -> NoReturn:
    typer.echo("# 没有设备应答：看网线、网段和摄像机的 ONVIF 开关 / nobody answered", err=True)
    raise typer.Exit(EXIT_NOTHING)


def _found(interfaces: list[str], addresses: list[str], wait_s: float) -> list[Any]:
    from camera.onvif.discovery import ask_addresses, interface_address, probe
    from foundation.clock import SystemClock

    if not interfaces and not addresses:
        typer.echo("▲ 请指定网卡 --interface eth0，或地址 --address 192.168.1.64", err=True)
        raise typer.Exit(EXIT_REFUSED)
    found: dict[str, Any] = {}
    try:
        for interface in interfaces:
            for one in probe(interface_address(interface), wait_s=wait_s):
                found.setdefault(one.address, one)
    except OSError as error:
        typer.echo(f"▲ {in_both(str(error), '这个网卡用不了')}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    for one in ask_addresses(addresses, SystemClock()):
        found.setdefault(one.address, one)
    return list(found.values())


@app.command()
def enrol(
    interface: InterfaceOption = None,
    address: AddressOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    credential: CredentialOption = None,
    volume: Annotated[str | None, typer.Option(help="Id of the volume to record on; the first if left out.")] = None,
    retention: Annotated[str | None, typer.Option(help="Id of the retention policy; the first if left out.")] = None,
    wait_s: Annotated[float, typer.Option(min=0.5, max=30)] = 3.0,
    as_json: JsonOption = False,
) -> None:
    """Log in once to each device, read who it is and what it gives, print `devices:` and `points:` for the settings."""
    from camera.settings_text import enrolled_text

    reach = CameraReach(settings_or_exit(config), state)
    settings = reach.settings
    enrolled = []
    found = _found(interface or [], address or [], wait_s)
    if not found:
        _say_nobody()
    for one in found:
        try:
            taken = reach.enrol(one, credential)
        except Refused as refused:
            typer.echo(f"▲ {one.address}: {refused}", err=True)
            continue
        enrolled.append(taken)
        who = taken.identity
        typer.echo(
            f"# ● {one.address}: {who.manufacturer} {who.model}，固件 firmware {who.firmware}，"
            f"序列号 serial {who.serial}，MAC {taken.mac or '—'}，{len(taken.sources)} 路 sources",
            err=True,
        )
        swapped = reach.swapped(one.address, who.serial)
        if swapped is not None:
            typer.echo(f"# ◆ 此地址原来是 {swapped} / another device was here; accept it in the office", err=True)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in enrolled], ensure_ascii=False))
    known = {device.address for device in settings.devices}
    fresh = [one for one in enrolled if one.found.address not in known]
    if fresh and not as_json:
        ids = {device.id for device in settings.devices} | {point.id for point in settings.points}
        text = enrolled_text(
            fresh,
            credential=credential,
            volume=volume or settings.volumes[0].id,
            retention=retention or settings.retention[0].id,
            ids=ids,
        )
        typer.echo(text, nl=False)
    raise typer.Exit(0 if enrolled else EXIT_NOTHING)


@app.command()
def show(
    device: Annotated[str | None, typer.Argument(help="Only this device.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    as_json: JsonOption = False,
) -> None:
    """Say what the inspector knows of the devices; asks none of them."""
    reach = CameraReach(settings_or_exit(config), state)
    try:
        shown = reach.known(device)
    except Refused as refused:
        typer.echo(f"▲ {refused}", err=True)
        raise typer.Exit(EXIT_REFUSED) from refused
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in shown], ensure_ascii=False))
        return
    for one in shown:
        for line in one.lines():
            typer.echo(line)


@app.command()
def held(
    device: Annotated[list[str] | None, typer.Argument(help="Only these devices.")] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
    wait_s: Annotated[
        float, typer.Option(min=0, help="Look twice, so far apart: what records must have grown. 0 looks once.")
    ] = 65.0,
    as_json: JsonOption = False,
) -> None:
    """Ask what footage cameras and NVRs hold themselves (Profile G): their claim, and what we make of it."""
    from edge_agent.held_footage import held_footage

    reach = CameraReach(settings_or_exit(config), state)
    reports = held_footage(reach, device or [one.id for one in reach.settings.devices], wait_s=wait_s)
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in reports], ensure_ascii=False))
    else:
        for one in reports:
            for line in one.lines():
                typer.echo(line)
    raise typer.Exit(EXIT_DOUBT if any(one.unknown for one in reports) else 0)
