"""From trees to plain values. What a device leaves out is None; only what nothing can be done without is an error."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from camera.device_error import Garbled
from camera.onvif.model import Codec, DeviceEvent, Identity, Profile, VideoSource
from camera.onvif.xml_tree import Element, anywhere, children, find, integer, name, text, truth

_CODECS: Final = {"H264": Codec.H264, "H265": Codec.H265, "HEVC": Codec.H265, "JPEG": Codec.JPEG, "MJPEG": Codec.JPEG}


def identity(body: Element) -> Identity:
    """GetDeviceInformationResponse."""
    return Identity(
        manufacturer=text(body, "Manufacturer") or "",
        model=text(body, "Model") or "",
        firmware=text(body, "FirmwareVersion") or "",
        serial=text(body, "SerialNumber") or "",
        hardware=text(body, "HardwareId") or "",
    )


def mac(body: Element) -> str:
    """GetNetworkInterfacesResponse: of the first interface that is on, as aa:bb:cc:dd:ee:ff; empty if not told."""
    for interface in children(body, "NetworkInterfaces"):
        told = text(interface, "Info/HwAddress")
        if told and truth(text(interface, "Enabled")) is not False:
            digits = "".join(digit for digit in told.lower() if digit in "0123456789abcdef")
            return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if len(digits) == 12 else told
    return ""


def utc_time(body: Element) -> datetime | None:
    """UTCDateTime of GetSystemDateAndTimeResponse, or None if the device leaves it out (it may). Raises Garbled."""
    told = find(body, "SystemDateAndTime/UTCDateTime")
    if told is None:
        return None
    paths = ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
    numbers = [number for path in paths if (number := integer(told, path)) is not None]
    if len(numbers) < len(paths):
        return None
    year, month, day, hour, minute, second = numbers
    try:
        return datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise Garbled(f"the device's clock shows no date: {year}-{month}-{day} {hour}:{minute}:{second}") from error


def http_date(header: str | None) -> datetime | None:
    """The HTTP Date header, for devices that do not tell their time to strangers."""
    if header is None:
        return None
    try:
        moment = parsedate_to_datetime(header)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def service_addresses(body: Element) -> dict[str, str]:
    """Namespace to XAddr, of GetServicesResponse."""
    found: dict[str, str] = {}
    for service in children(body, "Service"):
        namespace, address = text(service, "Namespace"), text(service, "XAddr")
        if namespace and address:
            found[namespace.rstrip("/")] = address
    return found


def capability_addresses(body: Element, namespaces: dict[str, str]) -> dict[str, str]:
    """Namespace to XAddr, of GetCapabilitiesResponse, whose elements are named for services."""
    found: dict[str, str] = {}
    for address in anywhere(body, "XAddr"):
        parent = address.getparent()
        service = name(parent).lower() if parent is not None else ""
        namespace = namespaces.get({"device": "devicemgmt"}.get(service, service))
        value = text(address)
        if namespace and value:
            found[namespace] = value
    return found


def source_tokens(body: Element) -> tuple[str, ...]:
    """GetVideoSourcesResponse: tokens in the device's order."""
    return tuple(token for source in children(body, "VideoSources") if (token := source.get("token")))


def profiles(body: Element, *, media2: bool) -> tuple[Profile, ...]:
    """GetProfilesResponse of Media or Media2; profiles without a video source are left out (audio only, metadata)."""
    return tuple(found for entry in children(body, "Profiles") if (found := _profile(entry, media2)) is not None)


def _profile(entry: Element, media2: bool) -> Profile | None:
    root = find(entry, "Configurations") if media2 else entry
    token = entry.get("token")
    if root is None or not token:
        return None
    source = find(root, "VideoSource" if media2 else "VideoSourceConfiguration")
    encoder = find(root, "VideoEncoder" if media2 else "VideoEncoderConfiguration")
    source_token = text(source, "SourceToken") if source is not None else None
    if source is None or source_token is None:
        return None
    label = text(entry, "Name") or token
    if encoder is None:
        return Profile(
            token=token, name=label, source_token=source_token,
            configuration_token=source.get("token"), encoder_token=None, codec=Codec.OTHER,
            width_px=None, height_px=None, fps=None, bitrate_bps=None, media2=media2,
        )  # fmt: skip
    rate = text(encoder, "RateControl/FrameRateLimit")
    kbps = integer(encoder, "RateControl/BitrateLimit")
    return Profile(
        token=token,
        name=label,
        source_token=source_token,
        configuration_token=source.get("token"),
        encoder_token=encoder.get("token"),
        codec=codec_of(text(encoder, "Encoding")),
        width_px=integer(encoder, "Resolution/Width"),
        height_px=integer(encoder, "Resolution/Height"),
        fps=number_of(rate),
        bitrate_bps=kbps * 1000 if kbps is not None else None,
        media2=media2,
    )


def codec_of(told: str | None) -> Codec:
    """A codec by the names that devices use."""
    return _CODECS.get((told or "").upper().replace(".", ""), Codec.OTHER)


def number_of(told: str | None) -> float | None:
    """A number, or None if it is missing or none."""
    try:
        return float(told) if told else None
    except ValueError:
        return None


def uri(body: Element) -> str:
    """GetStreamUriResponse or GetSnapshotUriResponse of Media (MediaUri/Uri) or Media2 (Uri). Raises Garbled."""
    found = text(body, "MediaUri/Uri") or text(body, "Uri")
    if found is None:
        raise Garbled("the device named a stream without its address")
    return found


def events(body: Element) -> tuple[DeviceEvent, ...]:
    """PullMessagesResponse."""
    return tuple(_event(holder) for holder in children(body, "NotificationMessage"))


def _event(holder: Element) -> DeviceEvent:
    told = (text(holder, "Topic") or "").split()
    topic = "/".join(step.rpartition(":")[2] for step in (told[0].split("/") if told else []))
    message = next(anywhere(holder, "Message"), None)
    inner = find(message, "Message") if message is not None else None
    body = inner if inner is not None else message
    return DeviceEvent(
        topic=topic,
        operation=body.get("PropertyOperation") if body is not None else None,
        told_utc=body.get("UtcTime") if body is not None else None,
        source=_items(body, "Source"),
        data=_items(body, "Data"),
    )


def _items(message: Element | None, part: str) -> tuple[tuple[str, str], ...]:
    holder = find(message, part) if message is not None else None
    if holder is None:
        return ()
    return tuple((item.get("Name") or "", item.get("Value") or "") for item in children(holder, "SimpleItem"))


def sources(tokens: tuple[str, ...], known: tuple[Profile, ...]) -> tuple[VideoSource, ...]:
    """Numbered sources: in the device's own order, then any that only its profiles name."""
    order = dict.fromkeys((*tokens, *(profile.source_token for profile in known)))
    return tuple(VideoSource(number=number, token=token) for number, token in enumerate(order))
