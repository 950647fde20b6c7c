"""An ONVIF device of which a test writes each answer: for what the simulator does not do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from lxml import etree

from tests.camera.raw_server import envelope, fault, http_answer, read_request, time_answer

Answer = Callable[[etree._Element], bytes]

NAMESPACES = {
    "media": "http://www.onvif.org/ver10/media/wsdl",
    "media2": "http://www.onvif.org/ver20/media/wsdl",
    "search": "http://www.onvif.org/ver10/search/wsdl",
    "deviceio": "http://www.onvif.org/ver10/deviceIO/wsdl",
}


class ScriptedDevice:
    """Used as the script of a RawServer; remembers what it was asked."""

    def __init__(self, *services: str, **answers: Answer) -> None:
        self.services = services
        self.answers = answers
        self.asked: list[str] = []

    def __call__(self, peer: socket.socket, ending: threading.Event) -> None:
        _, headers, body = read_request(peer)
        request = etree.fromstring(body)[-1][0]
        operation = etree.QName(request).localname
        self.asked.append(operation)
        if operation in self.answers:
            answer = self.answers[operation](request)
        elif operation == "GetSystemDateAndTime":
            answer = time_answer()
        elif operation == "GetServices":
            at = f"http://{headers['host']}/onvif/device_service"
            known = "".join(
                f"<tds:Service><tds:Namespace>{NAMESPACES[name]}</tds:Namespace><tds:XAddr>{at}</tds:XAddr></tds:Service>"
                for name in self.services
            )
            answer = envelope(f"<tds:GetServicesResponse>{known}</tds:GetServicesResponse>")
        else:
            answer = fault("ActionNotSupported")
        peer.sendall(http_answer(answer, status="400 Bad" if b":Fault" in answer else "200 OK"))


def value(request: etree._Element, name: str) -> str:
    """The text of the first descendant of that local name."""
    return next(element.text or "" for element in request.iter() if etree.QName(element).localname == name)
