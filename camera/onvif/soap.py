"""From an HTTP answer to the body of a SOAP envelope, or to the error it stands for."""

from __future__ import annotations

from typing import Final

from camera.device_error import Garbled, LoginRefused, NotOnvif, OnvifFault
from camera.http_call import Answer
from camera.onvif import xml_tree
from camera.onvif.xml_tree import Element

_LOGIN_SUBCODES: Final = {
    "NotAuthorized",
    "FailedAuthentication",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "PasswordAuthenticationFailed",
    "SenderNotAuthorized",  # written by devices that forget to nest it under NotAuthorized
}
_REASON_CHARACTERS: Final = 200


def read_body(answer: Answer) -> Element:
    """The one element inside soap:Body. Raises LoginRefused, NotOnvif, OnvifFault, Garbled."""
    envelope = _envelope(answer)
    if envelope is None:
        if answer.status in (401, 403):
            raise LoginRefused(f"the device answered HTTP {answer.status}")
        if answer.status in (404, 405) or answer.status < 400:
            raise NotOnvif(f"HTTP {answer.status} without SOAP: there is no ONVIF service at this address")
        raise Garbled(f"HTTP {answer.status} without SOAP")
    body = xml_tree.find(envelope, "Body")
    content = next((child for child in body if xml_tree.name(child)), None) if body is not None else None
    if content is None:
        if answer.status in (401, 403):
            raise LoginRefused(f"the device answered HTTP {answer.status}")
        raise Garbled("a SOAP envelope without content")
    if xml_tree.name(content) == "Fault":
        raise _fault(content, answer.status)
    if answer.status in (401, 403):
        raise LoginRefused(f"the device answered HTTP {answer.status}")
    return content


def _envelope(answer: Answer) -> Element | None:
    start = answer.body[:64].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    if not start.startswith(b"<") or start.startswith((b"<!doctype html", b"<html")):
        return None
    root = xml_tree.parse(answer.body)
    return root if xml_tree.name(root) == "Envelope" else None


def _fault(fault: Element, status: int) -> OnvifFault | LoginRefused:
    codes = [
        (xml_tree.text(value) or "").rpartition(":")[2]
        for code in xml_tree.children(fault, "Code")
        for value in xml_tree.anywhere(code, "Value")
    ]
    soap_11 = xml_tree.text(fault, "faultcode")
    if soap_11:
        codes.append(soap_11.rpartition(":")[2])
    reason = xml_tree.text(fault, "Reason/Text") or xml_tree.text(fault, "faultstring") or ""
    reason = " ".join(reason.split())[:_REASON_CHARACTERS]
    if status in (401, 403) or _LOGIN_SUBCODES.intersection(codes):
        return LoginRefused(f"the device answered {codes[-1] if codes else status}: {reason}")
    return OnvifFault(codes[-1] if codes else "", reason)
