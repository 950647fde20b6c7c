"""onvif-zeep with what was measured to hurt put right: the only module of the house that knows zeep.

Stock onvif-zeep compiles the WSDLs anew for each camera (35 MB and half a second each), opens a pull point in its
constructor and never closes it, waits without end on a mute camera, and loses fields after an element it does not know.
Here all cameras share the parsed documents, every call goes through `camera.http_call`, and answers come back as trees.
"""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from lxml import etree

from camera.device_error import DeviceError
from camera.http_call import DEFAULT_LIMITS, Answer, Limits
from camera.http_digest import DigestHttp
from camera.login import Login
from camera.onvif import soap
from camera.onvif.xml_tree import Element
from foundation.clock import Clock, utc_datetime

_root = logging.getLogger()
_level, _handlers = _root.level, list(_root.handlers)
import onvif.definition  # noqa: E402
import zeep  # noqa: E402
from onvif import ONVIFCamera, ONVIFError, ONVIFService  # noqa: E402
from zeep.wsdl import Document  # noqa: E402
from zeep.wsse.username import UsernameToken  # noqa: E402

_root.setLevel(_level)  # importing onvif sets the root logger to INFO and gives it a handler
_root.handlers[:] = _handlers

_OUR_WSDL: Final = Path(__file__).parent / "wsdl"
_THEIR_WSDL: Final = Path(onvif.__file__).parent.parent / "wsdl"

onvif.definition.SERVICES.update(
    {
        "media2": {
            "ns": "http://www.onvif.org/ver20/media/wsdl",
            "wsdl": str(_OUR_WSDL / "media2.wsdl"),
            "binding": "Media2Binding",
        },
        "subscription": {
            "ns": "http://www.onvif.org/ver10/events/wsdl",
            "wsdl": "events.wsdl",
            "binding": "SubscriptionManagerBinding",
        },
    }
)

NAMESPACES: Final[dict[str, str]] = {
    service: entry["ns"]
    for service, entry in onvif.definition.SERVICES.items()
    if service not in ("pullpoint", "subscription")
}
"""Service name to namespace."""

_documents_lock: Final = threading.Lock()


class _LocalFiles(zeep.Transport):
    """Loads the WSDL files that came with the software, and nothing else."""

    def __init__(self) -> None:
        self._close_session = False

    def load(self, url: str) -> bytes:
        if "://" in url:
            raise ValueError(f"{url} is not a file that came with this software")
        return Path(url).read_bytes()


@cache
def _parsed(path: str) -> Document:
    return Document(path, _LocalFiles(), settings=zeep.Settings())  # type: ignore[arg-type]  # an instance is meant


def _document(path: str) -> Document:
    with _documents_lock:  # `cache` alone would parse twice when two devices come at once
        return _parsed(path)


class DeviceTransport(zeep.Transport):
    """Sends what zeep composed; hands back the tree inside soap:Body, with the answer's timing and head in `last`."""

    def __init__(self, http: DigestHttp) -> None:
        self._close_session = False
        self._http = http
        self._calling = threading.local()

    def within(self, limits: Limits, *, log_in: bool = True) -> None:
        """What the next call of this thread may cost, and whether it may answer a log-in challenge."""
        self._calling.limits, self._calling.log_in = limits, log_in

    @property
    def last(self) -> Answer | None:
        """The latest answer this thread got."""
        answer: Answer | None = getattr(self._calling, "last", None)
        return answer

    def post_xml(self, address: str, envelope: Element, headers: dict[str, str]) -> Element:
        limits = getattr(self._calling, "limits", DEFAULT_LIMITS)
        log_in = getattr(self._calling, "log_in", True)
        message = etree.tostring(envelope, xml_declaration=True, encoding="utf-8")
        self._calling.last = None
        answer = self._http.send("POST", address, body=message, headers=headers, limits=limits, log_in=log_in)
        self._calling.last = answer
        return soap.read_body(answer)


class DeviceTimeToken:
    """WS-Security log-in (UsernameToken digest) dated by the device's own clock, however wrong that is."""

    def __init__(self, login: Login, clock: Clock) -> None:
        self._login = login
        self._clock = clock
        self.offset_ns = 0
        """Device time minus ours."""

    def apply(self, envelope: Element, headers: dict[str, str]) -> tuple[Element, dict[str, str]]:
        created = utc_datetime(self._clock.utc_ns()) + timedelta(microseconds=self.offset_ns // 1000)
        token = UsernameToken(  # type: ignore[no-untyped-call]
            self._login.user, self._login.password, use_digest=True, created=created, zulu_timestamp=True
        )
        signed: tuple[Element, dict[str, str]] = token.apply(envelope, headers)  # type: ignore[no-untyped-call]
        return signed

    def verify(self, envelope: Element) -> None:
        """Devices do not sign their answers."""


class ZeepCamera(ONVIFCamera):  # type: ignore[misc]  # onvif-zeep is untyped
    """An ONVIFCamera that costs nothing to make: no network, no WSDL of its own, no pull point."""

    def __init__(self, address: str, transport: DeviceTransport, token: DeviceTimeToken | None) -> None:
        self._address = address
        self._token = token
        super().__init__(address, 0, None, None, wsdl_dir=str(_THEIR_WSDL), transport=transport)

    def update_xaddrs(self) -> None:
        """Only the device service is known at first; the adapter fills `xaddrs` from the device's own list."""
        self.dt_diff = None
        self.xaddrs: dict[str, str] = {NAMESPACES["devicemgmt"]: self._address}

    def create_onvif_service(self, name: str, from_template: bool = True, portType: str | None = None) -> ONVIFService:  # noqa: N803 - their name
        """A service on the shared documents, at the address the device told for it (or `portType`, an address)."""
        return self.service(name, portType or self.xaddrs[NAMESPACES[name]])

    def service(self, name: str, address: str, *, anonymous: bool = False) -> ONVIFService:
        """A service client; making one takes microseconds once its document is parsed."""
        entry = onvif.definition.SERVICES[name]
        path = str(Path(self.wsdl_dir) / entry["wsdl"])
        client = zeep.Client(  # type: ignore[no-untyped-call]
            _document(path),
            wsse=None if anonymous else self._token,
            transport=self.transport,
            settings=zeep.Settings(raw_response=True),
        )
        binding = f"{{{entry['ns']}}}{entry['binding']}"
        return ONVIFService(address, None, None, path, zeep_client=client, binding_name=binding)


def ask(service: ONVIFService, operation: str, **parameters: Any) -> Element:
    """Call an operation; raises the DeviceError that onvif-zeep wrapped. Anything else is a mistake of ours."""
    try:
        answer: Element = getattr(service, operation)(parameters)
    except ONVIFError as error:
        cause = error.__context__
        if isinstance(cause, DeviceError):
            raise cause from None
        raise
    return answer
