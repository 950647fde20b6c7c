"""Reading a device's XML without trusting it, and without losing what is right because something else is wrong.

Elements are found by local name: real devices leave prefixes undeclared, add elements of their own, leave others out;
zeep's typed reading drops valid fields after the first surprise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from lxml import etree

from camera.device_error import Garbled

Element = etree._Element

_DECLARATION: Final = re.compile(r"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_XML_HEAD: Final = re.compile(r"^\s*<\?xml.*?\?>", re.DOTALL)
_ENCODING: Final = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](gb\w+)["']""", re.IGNORECASE)
_NOT_XML: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(body: bytes) -> Element:
    """The root element. Raises Garbled for what is no XML, or holds a DTD or entities (XML bombs, file reading)."""
    content = _XML_HEAD.sub("", _decoded(body), count=1)
    if _DECLARATION.search(content):
        raise Garbled("the answer declares a document type or entities, which no device has reason to do")
    try:
        return etree.fromstring(content.encode(), _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError):
        # Undeclared prefixes, a control character in a name typed on the device's own page: the rest is worth reading.
        return _repaired(_NOT_XML.sub("\ufffd", content))


def _decoded(body: bytes) -> str:
    # Decoded here and not by the parser: so no encoding can hide a DTD, and one wrong byte does not cost the answer.
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    if b"\0" in body[:4]:
        return body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", "replace")
    chinese = _ENCODING.match(body[:256].lstrip())
    return body.decode("gb18030" if chinese else "utf-8-sig", "replace")


def _repaired(content: str) -> Element:
    try:
        root = cast("Element | None", etree.fromstring(content.encode(), _parser(recover=True)))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Garbled("the answer is not XML") from error
    if root is None:
        raise Garbled("the answer is not XML")
    return root


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def name(element: Element) -> str:
    """Local name, also of an element whose prefix nobody declared."""
    tag: object = element.tag  # an entity reference that survived has a function here
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def children(element: Element, wanted: str) -> Iterator[Element]:
    """Direct children of that local name."""
    return (child for child in element if name(child) == wanted)


def find(element: Element, path: str) -> Element | None:
    """The first element down a path of local names, e.g. 'UTCDateTime/Date/Year'."""
    found: Element | None = element
    for step in path.split("/"):
        found = next(children(found, step), None) if found is not None else None
    return found


def anywhere(element: Element, wanted: str) -> Iterator[Element]:
    """All descendants of that local name, in order."""
    return (child for child in element.iterdescendants() if name(child) == wanted)


def text(element: Element, path: str = "") -> str | None:
    """Stripped text down a path, or None if it is missing or empty."""
    found = find(element, path) if path else element
    return (found.text or "").strip() or None if found is not None else None


def integer(element: Element, path: str) -> int | None:
    """A whole number down a path; None if it is missing or no number (some devices write 25.0)."""
    value = text(element, path)
    try:
        return round(float(value)) if value is not None else None
    except (ValueError, OverflowError):
        return None


def truth(value: str | None) -> bool | None:
    """A boolean as devices write it: true, True, 1, on …"""
    if value is None:
        return None
    lowered = value.strip().lower()
    if lowered in ("true", "1", "on", "yes"):
        return True
    return False if lowered in ("false", "0", "off", "no") else None
