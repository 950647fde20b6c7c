"""The HTTP side of one camera: SOAP requests to its services, and snapshots."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from lxml import etree

from simulator.http_server import Request, Response
from simulator.login import Door
from simulator.onvif.security import TokenGate
from simulator.onvif.soap import NAMESPACES, Call, Malformed, Operation, SoapFault, envelope, fault, parse
from simulator.wall_clock import WallClock

_SOAP_TYPE = "application/soap+xml; charset=utf-8"
_OPEN_TO_ALL = frozenset(
    {"GetSystemDateAndTime", "GetServices", "GetServiceCapabilities", "GetCapabilities", "GetHostname"}
)
"""The access class PRE_AUTH of the ONVIF core specification."""


class Service(Protocol):
    """Operations by the local name of their request element."""

    def operations(self) -> dict[str, Operation]: ...


class Endpoint:
    """Answers what comes to a camera's HTTP port."""

    def __init__(
        self,
        services: Mapping[str, Sequence[Service]],
        door: Door,
        clock: WallClock,
        snapshots: Mapping[str, Callable[[], Awaitable[bytes]]],
        answering: Callable[[], Awaitable[object]],
    ) -> None:
        """``services`` by the prefix of their namespace, ``snapshots`` by path; ``answering`` waits while mute."""
        self._operations = {
            (NAMESPACES[prefix], name): operation
            for prefix, group in services.items()
            for service in group
            for name, operation in service.operations().items()
        }
        self._door, self._tokens = door, TokenGate(door, clock)
        self._snapshots, self._answering = snapshots, answering

    async def handle(self, request: Request) -> Response:
        response = await self._respond(request)
        await self._answering()
        return response

    async def _respond(self, request: Request) -> Response:
        await self._answering()
        snapshot = self._snapshots.get(request.path)
        if snapshot is not None:
            if not self._door.admits(request.method, request.headers.get("authorization")):
                return self._ask_to_log_in(b"")
            return Response(200, await snapshot(), "image/jpeg")
        if request.method != "POST" or not request.path.startswith("/onvif/"):
            return Response(404, b"not found\n")
        return await self._soap(request)

    async def _soap(self, request: Request) -> Response:
        try:
            call = parse(request.body, f"http://{request.headers.get('host', '')}", request.path)
        except Malformed as error:
            problem = SoapFault(str(error), subcodes=("ter:WellFormed",))
            return Response(problem.status, fault(problem), _SOAP_TYPE)
        try:
            if not self._may(call, request):
                problem = SoapFault("Sender not Authorized", subcodes=("ter:NotAuthorized",))
                if self._tokens.has_token(call.header):
                    return Response(problem.status, fault(problem), _SOAP_TYPE)
                return self._ask_to_log_in(fault(problem))
            return Response(200, await self._answer(call), _SOAP_TYPE)
        except SoapFault as problem:
            return Response(problem.status, fault(problem), _SOAP_TYPE)

    def _may(self, call: Call, request: Request) -> bool:
        if call.name.localname in _OPEN_TO_ALL:
            return True
        return self._tokens.admits(call.header) or self._door.admits(
            request.method, request.headers.get("authorization")
        )

    async def _answer(self, call: Call) -> bytes:
        namespace, name = call.name.namespace or "", call.name.localname
        operation = self._operations.get((namespace, name))
        if operation is None:
            raise SoapFault(f"{name} is not implemented", "Receiver", ("ter:ActionNotSupported",))
        content = operation(call)
        if inspect.isawaitable(content):
            content = await content
        message = None if call.header is None else call.header.findtext("a:MessageID", None, NAMESPACES)
        action = _action(call) if message else None
        return envelope(str(content), action, message)

    def _ask_to_log_in(self, body: bytes) -> Response:
        return Response(401, body, _SOAP_TYPE if body else "text/plain", {"WWW-Authenticate": self._door.challenge()})


def _action(call: Call) -> str:
    """The action of the answer: that of the request with Response behind it."""
    asked = "" if call.header is None else call.header.findtext("a:Action", "", NAMESPACES).strip()
    return (asked or f"{etree.QName(call.operation).namespace}/{call.name.localname}") + "Response"
