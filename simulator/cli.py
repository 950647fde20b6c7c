"""``campus-simulator``: a campus on a laptop, its faults, and a broker."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from threading import Thread
from typing import Annotated
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import ProxyHandler, Request, build_opener

import typer

from foundation.service import Ending
from simulator.broker import BrokerError, BrokerSettings, find_broker
from simulator.campus import DEMO_ACCOUNT, Campus, Quality, demo_cameras, demo_recorder
from simulator.faults import Fault
from simulator.library import Stopped, default_directory
from simulator.listener import PortTaken
from simulator.login import Account

app = typer.Typer(help="A campus on a laptop: ONVIF cameras that can fail, and a broker.", no_args_is_help=True)

_PARENT_WATCH_S = 0.5
_ANSWER_S = 180.0
"""A fault that shows in the picture may have to be drawn and encoded first."""

_DIRECT = build_opener(ProxyHandler({}))
"""Never through a proxy: the simulator is on this computer."""

Host = Annotated[str, typer.Option(help="Address to listen on.")]
WithParent = Annotated[bool, typer.Option(help="End when the program that started this one is gone.")]


@app.command()
def run(
    cameras: Annotated[int, typer.Option(min=1, max=200, help="How many: gate, corridor, gate-2, ...")] = 2,
    nvr_channels: Annotated[
        int, typer.Option(min=0, max=32, help="Beside the cameras a recorder, nvr, with so many cameras behind it.")
    ] = 0,
    host: Host = "127.0.0.1",
    port_base: Annotated[
        int | None, typer.Option(help="Control port; two ports per camera follow. Free ones if left out.")
    ] = None,
    user: str = DEMO_ACCOUNT.user,
    password: Annotated[str, typer.Option(envvar="CAMPUS_SIMULATOR_PASSWORD")] = DEMO_ACCOUNT.password,
    width: int = 1280,
    height: int = 720,
    fps: Annotated[int, typer.Option(min=1, max=60)] = 15,
    bitrate_kbps: Annotated[int, typer.Option(min=64)] = 1000,
    cache: Annotated[Path | None, typer.Option(help="Where encoded loops are kept.")] = None,
    discovery: Annotated[bool, typer.Option(help="Answer WS-Discovery on the interface listened on.")] = False,
    json_ready: Annotated[
        bool, typer.Option(help="Print one line of JSON when ready, nothing else, on standard output.")
    ] = False,
    with_parent: WithParent = False,
) -> None:
    """Runs cameras until Ctrl-C or SIGTERM."""
    ending = _ending(with_parent)
    quality = Quality(width=width, height=height, fps=fps, bitrate_bps=bitrate_kbps * 1000)
    devices = demo_cameras(cameras, quality)
    campus = Campus(
        cameras=(*devices, demo_recorder(nvr_channels, quality)) if nvr_channels else devices,
        host=host,
        port_base=port_base,
        account=Account(user, password),
        cache=cache or default_directory(),
        discoverable=discovery,
        progress=lambda line: print(line, file=sys.stderr, flush=True),
        stopping=ending,
    )
    try:
        campus.start()
    except Stopped:
        return
    except PortTaken as error:
        _give_up(str(error))
    if json_ready:
        print(json.dumps(campus.description()), flush=True)
    else:
        _print_addresses(campus)
    ending.wait()
    campus.close()


def _print_addresses(campus: Campus) -> None:
    print(f"Control: {campus.control_url}   user {campus.account.user}   password {campus.account.password}")
    for spec in campus.cameras:
        at = campus.addresses(spec.id)
        print(f"{spec.id} ({spec.codec}): {at.onvif_url}  {at.rtsp_main_url}  {at.rtsp_sub_url}")
    print("Ctrl-C ends.", flush=True)


@app.command()
def fault(
    camera: Annotated[str, typer.Argument(help="The camera's id, such as gate.")],
    name: Annotated[str, typer.Argument(metavar="FAULT", help=f"{', '.join(Fault)}; or clear.")],
    control: Annotated[
        str, typer.Option(help="The control URL that `run` printed.", envvar="CAMPUS_SIMULATOR_CONTROL")
    ],
) -> None:
    """Brings a fault about, or clears it."""
    url = f"{control.rstrip('/')}/cameras/{quote(camera)}/fault"
    body = None if name == "clear" else json.dumps({"fault": name}).encode()
    request = Request(url, body, method="POST" if body else "DELETE")  # noqa: S310
    try:
        with _DIRECT.open(request, timeout=_ANSWER_S) as answer:
            print(f"{camera}: {json.load(answer)['fault'] or 'no fault'}")
    except HTTPError as error:
        _give_up(str(json.load(error)["error"]))
    except (OSError, ValueError) as error:
        _give_up(f"No simulator answers at {control} ({error}). Start one with: campus-simulator run")


@app.command()
def broker(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 1883,
    json_ready: Annotated[bool, typer.Option(help="Print one line of JSON when ready.")] = False,
    with_parent: WithParent = False,
) -> None:
    """Runs an MQTT broker: Mosquitto if it is installed, else one from Python."""
    ending = _ending(with_parent)
    running = find_broker(BrokerSettings(host=host, port=port or None))
    try:
        running.start()
    except (BrokerError, PortTaken) as error:
        _give_up(str(error))
    about = {"ready": True, "host": running.host, "port": running.port, "broker": running.name}
    print(
        json.dumps(about) if json_ready else f"{running.name} on {running.host}:{running.port}. Ctrl-C ends.",
        flush=True,
    )
    ending.wait()
    running.close()


def _ending(with_parent: bool) -> Ending:
    """Set when this program shall end."""
    ending = Ending().at_signals()
    if with_parent:
        parent = os.getppid()

        def watch() -> None:
            while os.getppid() == parent:
                if ending.wait(_PARENT_WATCH_S):
                    return
            ending.set()

        Thread(target=watch, name="parent", daemon=True).start()
    return ending


def _give_up(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    app()
