"""SOAP 1.2 envelopes: read with no trust in the sender, written from text with everything escaped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import uuid4
from xml.sax.saxutils import escape

from lxml import etree

SOAP = "http://www.w3.org/2003/05/soap-envelope"
ADDRESSING = "http://www.w3.org/2005/08/addressing"

NAMESPACES = {
    "s": SOAP,
    "a": ADDRESSING,
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "ter": "http://www.onvif.org/ver10/error",
    "tns1": "http://www.onvif.org/ver10/topics",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsrf-rw": "http://docs.oasis-open.org/wsrf/rw-2",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
_DECLARATIONS = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())


class Malformed(Exception):
    """Not a SOAP 1.2 envelope with one element in its body."""


@dataclass(frozen=True, slots=True)
class SoapFault(Exception):
    """An answer that says no. ``code`` is Sender or Receiver, ``subcodes`` from the outer to the inner."""

    reason: str
    code: str = "Sender"
    subcodes: tuple[str, ...] = ()

    @property
    def status(self) -> int:
        return 400 if self.code == "Sender" else 500


@dataclass(frozen=True)
class Call:
    """One request to a service."""

    operation: etree._Element
    header: etree._Element | None
    base_url: str
    """``http://host:port`` as the client reached us."""
    path: str

    @property
    def name(self) -> etree.QName:
        return etree.QName(self.operation)

    def text(self, path: str) -> str | None:
        """The text of an element below the operation, such as ``tds:Category``; None if there is none."""
        found = self.operation.find(path, NAMESPACES)
        return None if found is None or found.text is None else found.text.strip()

    def attribute(self, path: str, name: str) -> str | None:
        """An attribute of an element below the operation."""
        found = self.operation.find(path, NAMESPACES)
        return None if found is None else found.get(name)


Operation = Callable[[Call], str | Awaitable[str]]
"""Answers a call with the content of the body."""


def parse(body: bytes, base_url: str, path: str) -> Call:
    """Reads a request. No entities, no network, no huge trees."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        envelope = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise Malformed(str(error)) from error
    if envelope.getroottree().docinfo.internalDTD is not None:
        raise Malformed("a document type is not allowed in SOAP")
    content = envelope.find("s:Body/*", NAMESPACES)
    if envelope.tag != f"{{{SOAP}}}Envelope" or content is None:
        raise Malformed("no SOAP 1.2 envelope with a body")
    return Call(content, envelope.find("s:Header", NAMESPACES), base_url, path)


def envelope(content: str, action: str | None = None, relates_to: str | None = None) -> bytes:
    """An answer around ``content``, which is XML; ``action`` and ``relates_to`` make it a WS-Addressing one."""
    header = ""
    if action:
        header = f"<a:MessageID>urn:uuid:{uuid4()}</a:MessageID><a:Action>{action}</a:Action>"
        if relates_to:
            header += f"<a:RelatesTo>{escape(relates_to)}</a:RelatesTo>"
        header = f"<s:Header>{header}</s:Header>"
    body = f"<s:Envelope {_DECLARATIONS}>{header}<s:Body>{content}</s:Body></s:Envelope>"
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}'.encode()


def fault(problem: SoapFault) -> bytes:
    codes = ""
    for subcode in reversed(problem.subcodes):
        codes = f"<s:Subcode><s:Value>{subcode}</s:Value>{codes}</s:Subcode>"
    return envelope(
        f"<s:Fault><s:Code><s:Value>s:{problem.code}</s:Value>{codes}</s:Code>"
        f'<s:Reason><s:Text xml:lang="en">{escape(problem.reason)}</s:Text></s:Reason></s:Fault>'
    )


def tag(name: str, content: object, **attributes: object) -> str:
    """An element with text content, escaped."""
    given = "".join(f' {key}="{escape(str(value), {chr(34): "&quot;"})}"' for key, value in attributes.items())
    return f"<{name}{given}>{escape(_text(content))}</{name}>"


def _text(content: object) -> str:
    return str(content).lower() if isinstance(content, bool) else str(content)
