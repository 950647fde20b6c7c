"""The simulator's own HTTP interface: what cameras there are, and their faults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

from simulator.camera import SimulatedCamera
from simulator.faults import Fault
from simulator.http_server import Request, Response
from simulator.login import Account
from simulator.onvif.terminals import INPUTS


class Control:
    """``GET /cameras``; ``POST /cameras/{id}/fault`` with {"fault": NAME} and ``DELETE``; ``POST /cameras/{id}/inputs``
    with {"token": NAME, "closed": true or false}; ``POST /cameras/{id}/signal`` with {"source": 0, "lost": true}."""

    def __init__(self, cameras: Mapping[str, SimulatedCamera], account: Account) -> None:
        self._cameras, self._account = cameras, account

    async def handle(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["cameras"]:
                return Response.json({"cameras": self.listing()})
            case "GET", ["cameras", name] if name in self._cameras:
                return Response.json(self._entry(name))
            case "POST" | "DELETE", ["cameras", name, "fault"] if name in self._cameras:
                return await self._fault(request, name)
            case "POST", ["cameras", name, "inputs"] if name in self._cameras:
                return self._input(request, name)
            case "POST", ["cameras", name, "signal"] if name in self._cameras:
                return self._signal(request, name)
            case _, ["cameras", name, *_] if name not in self._cameras:
                return _refuse(404, f"No camera {name!r} here; there are: {', '.join(self._cameras)}.")
        return _refuse(
            404, "There are: GET /cameras; POST, DELETE /cameras/{id}/fault; POST /cameras/{id}/inputs, /signal."
        )

    def listing(self) -> list[dict[str, object]]:
        return [self._entry(name) for name in self._cameras]

    def _entry(self, name: str) -> dict[str, object]:
        camera = self._cameras[name]
        return {
            "id": name,
            "scene": camera.spec.main.scene,
            "codec": camera.spec.codec,
            "serial": camera.spec.identity.serial,
            "sources": len(camera.spec.channels),
            "fault": camera.fault,
            "viewers": camera.viewers,
            "inputs": camera.terminals.inputs,
            "relays": camera.terminals.relays,
            **asdict(camera.addresses),
            "user": self._account.user,
            "password": self._account.password,
        }

    def _input(self, request: Request, name: str) -> Response:
        terminals = self._cameras[name].terminals
        try:
            asked = json.loads(request.body)
            token, closed = asked["token"], asked["closed"]
        except (ValueError, KeyError, TypeError):
            token, closed = None, None
        if token not in terminals.inputs or not isinstance(closed, bool):
            return _refuse(422, f'Send {{"token": NAME, "closed": true or false}}; there are {", ".join(INPUTS)}.')
        terminals.set_input(token, closed=closed)
        return Response.json(self._entry(name))

    def _signal(self, request: Request, name: str) -> Response:
        try:
            asked = json.loads(request.body)
            source, lost = asked["source"], asked["lost"]
            if not isinstance(source, int) or not isinstance(lost, bool):
                raise TypeError
            self._cameras[name].lose_signal(source, lost)
        except (ValueError, KeyError, TypeError):
            count = len(self._cameras[name].spec.channels)
            known = f"0 to {count - 1}" if count > 1 else "none, for it is no recorder"
            return _refuse(422, f'Send {{"source": NUMBER, "lost": true or false}}; sources here: {known}.')
        return Response.json(self._entry(name))

    async def _fault(self, request: Request, name: str) -> Response:
        fault: Fault | None = None
        if request.method == "POST":
            try:
                fault = Fault(json.loads(request.body)["fault"])
            except (ValueError, KeyError, TypeError):
                return _refuse(422, f'Send {{"fault": NAME}} with one of: {", ".join(Fault)}.')
        await self._cameras[name].set_fault(fault)
        return Response.json(self._entry(name))


def _refuse(status: int, sentence: str) -> Response:
    return Response.json({"error": sentence}, status)
