"""Changing a device, always read back: devices answer OK and do nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from camera.device_error import DeviceError, OnvifFault
from camera.onvif import xml_tree
from camera.onvif.device import OnvifDevice
from camera.onvif.model import Codec, DeviceTime, Encoder, EncoderChoice
from camera.onvif.reading import codec_of, number_of
from camera.onvif.xml_tree import Element, anywhere, children, find, integer, text
from foundation.clock import NS_PER_S, Clock, utc_datetime

CHINA_POSIX_TZ: Final = "CST-8"
"""Beijing time; POSIX counts westward, so the sign is the other one."""

_CLOCK_WITHIN_NS: Final = 2 * NS_PER_S  # set and told in whole seconds


class SetHadNoEffect(DeviceError):
    """The device said OK and did something else."""

    trouble = "set_had_no_effect"


def set_clock(device: OnvifDevice, clock: Clock, *, time_zone: str = CHINA_POSIX_TZ) -> DeviceTime:
    """Set a device's clock to ours, by hand, and read it back; an explicit act or an opted-in policy, never of itself.

    Raises SetHadNoEffect and the other DeviceErrors.
    """
    now = utc_datetime(clock.utc_ns()) + timedelta(milliseconds=500)  # the device cuts the fraction off
    device.call(
        "devicemgmt",
        "SetSystemDateAndTime",
        DateTimeType="Manual",
        DaylightSavings=False,
        TimeZone={"TZ": time_zone},
        UTCDateTime={
            "Time": {"Hour": now.hour, "Minute": now.minute, "Second": now.second},
            "Date": {"Year": now.year, "Month": now.month, "Day": now.day},
        },
    )
    device.forget()
    told = device.time()
    if abs(told.offset_ns) > _CLOCK_WITHIN_NS + told.error_ns:
        raise SetHadNoEffect(f"the device took the time and is {told.offset_ns / NS_PER_S:.1f} s off all the same")
    return told


def read_encoder(device: OnvifDevice, token: str) -> Encoder:
    """An encoder's configuration now. Raises OnvifFault NoConfig if there is none of that token."""
    return _encoder(_configuration(device, token), media2=device.has("media2"))


def encoder_choices(device: OnvifDevice, token: str) -> tuple[EncoderChoice, ...]:
    """What the encoder can do, by codec."""
    if device.has("media2"):
        body = device.call("media2", "GetVideoEncoderConfigurationOptions", ConfigurationToken=token)
        return tuple(_choice2(options) for options in children(body, "Options"))
    body = device.call("media", "GetVideoEncoderConfigurationOptions", ConfigurationToken=token)
    options = find(body, "Options/H264")
    return (_choice1(options, find(body, "Options/Extension/H264")),) if options is not None else ()


def set_encoder(device: OnvifDevice, wanted: Encoder) -> Encoder:
    """Set an encoder and read it back. Raises SetHadNoEffect if it is not what was asked, and the other DeviceErrors.

    What is not ours to change (quality, multicast, profile) goes back as it came.
    """
    before = _configuration(device, wanted.token)
    if wanted.media2:
        device.call("media2", "SetVideoEncoderConfiguration", Configuration=_body2(before, wanted))
    else:
        device.call(
            "media", "SetVideoEncoderConfiguration", Configuration=_body1(before, wanted), ForcePersistence=True
        )
    after = read_encoder(device, wanted.token)
    if not _same(after, wanted):
        raise SetHadNoEffect(f"asked for {wanted.words}, the device has {after.words}")
    return after


def _same(after: Encoder, wanted: Encoder) -> bool:
    # Devices round bitrates to steps of their own; a tenth is near enough for a forecast.
    near = abs(after.bitrate_bps - wanted.bitrate_bps) <= wanted.bitrate_bps / 10
    return near and replace(after, bitrate_bps=wanted.bitrate_bps, gop_frames=wanted.gop_frames) == wanted


def _configuration(device: OnvifDevice, token: str) -> Element:
    service = "media2" if device.has("media2") else "media"
    body = device.call(service, "GetVideoEncoderConfigurations")
    found = next((one for one in children(body, "Configurations") if one.get("token") == token), None)
    if found is None:
        raise OnvifFault("NoConfig", f"the device has no encoder {token!r}")
    return found


def _encoder(told: Element, *, media2: bool) -> Encoder:
    gop = told.get("GovLength") if media2 else text(told, "H264/GovLength")
    return Encoder(
        token=told.get("token") or "",
        codec=codec_of(text(told, "Encoding")),
        width_px=integer(told, "Resolution/Width") or 0,
        height_px=integer(told, "Resolution/Height") or 0,
        fps=number_of(text(told, "RateControl/FrameRateLimit")) or 0.0,
        bitrate_bps=(integer(told, "RateControl/BitrateLimit") or 0) * 1000,
        gop_frames=int(gop) if gop and gop.isdigit() else None,
        media2=media2,
    )


def _choice2(options: Element) -> EncoderChoice:
    rates = sorted(rate for word in (options.get("FrameRatesSupported") or "").split() if (rate := number_of(word)))
    least, most = integer(options, "BitrateRange/Min"), integer(options, "BitrateRange/Max")
    return EncoderChoice(
        codec=codec_of(text(options, "Encoding")),
        sizes=_sizes(options),
        fps=tuple(rates),
        least_bps=least * 1000 if least is not None else None,
        most_bps=most * 1000 if most is not None else None,
    )


def _choice1(options: Element, extension: Element | None) -> EncoderChoice:
    least_fps, most_fps = integer(options, "FrameRateRange/Min") or 1, integer(options, "FrameRateRange/Max") or 25
    least = integer(extension, "BitrateRange/Min") if extension is not None else None
    most = integer(extension, "BitrateRange/Max") if extension is not None else None
    return EncoderChoice(
        codec=Codec.H264,
        sizes=_sizes(options),
        fps=tuple(float(rate) for rate in range(least_fps, min(most_fps, 240) + 1)),
        least_bps=least * 1000 if least is not None else None,
        most_bps=most * 1000 if most is not None else None,
    )


def _sizes(options: Element) -> tuple[tuple[int, int], ...]:
    found = []
    for size in children(options, "ResolutionsAvailable"):
        width, height = integer(size, "Width"), integer(size, "Height")
        if width and height:
            found.append((width, height))
    return tuple(found)


def _body2(before: Element, wanted: Encoder) -> dict[str, Any]:
    body: dict[str, Any] = {
        "token": wanted.token,
        "Name": text(before, "Name") or wanted.token,
        "UseCount": integer(before, "UseCount") or 0,
        "Encoding": wanted.codec.value,
        "Resolution": {"Width": wanted.width_px, "Height": wanted.height_px},
        "RateControl": {"FrameRateLimit": wanted.fps, "BitrateLimit": wanted.bitrate_bps // 1000},
        "Quality": number_of(text(before, "Quality")) or 0.0,
    }
    constant = xml_tree.truth(_attribute(before, "RateControl", "ConstantBitRate"))
    if constant is not None:
        body["RateControl"]["ConstantBitRate"] = constant
    if wanted.gop_frames is not None:
        body["GovLength"] = wanted.gop_frames
    if before.get("Profile") and codec_of(text(before, "Encoding")) is wanted.codec:
        body["Profile"] = before.get("Profile")
    return body


def _attribute(element: Element, path: str, name: str) -> str | None:
    found = find(element, path)
    return found.get(name) if found is not None else None


def _body1(before: Element, wanted: Encoder) -> dict[str, Any]:
    h264 = {
        "GovLength": wanted.gop_frames or integer(before, "H264/GovLength") or 25,
        "H264Profile": text(before, "H264/H264Profile") or "Main",
    }
    return {
        "token": wanted.token,
        "Name": text(before, "Name") or wanted.token,
        "UseCount": integer(before, "UseCount") or 0,
        "Encoding": wanted.codec.value,
        "Resolution": {"Width": wanted.width_px, "Height": wanted.height_px},
        "Quality": number_of(text(before, "Quality")) or 0.0,
        "RateControl": {
            "FrameRateLimit": round(wanted.fps),
            "EncodingInterval": integer(before, "RateControl/EncodingInterval") or 1,
            "BitrateLimit": wanted.bitrate_bps // 1000,
        },
        "H264": h264,
        "Multicast": {
            "Address": {"Type": "IPv4", "IPv4Address": _first(before, "IPv4Address") or "0.0.0.0"},
            "Port": integer(before, "Multicast/Port") or 0,
            "TTL": integer(before, "Multicast/TTL") or 0,
            "AutoStart": xml_tree.truth(text(before, "Multicast/AutoStart")) or False,
        },
        "SessionTimeout": text(before, "SessionTimeout") or "PT60S",
    }


def _first(element: Element, name: str) -> str | None:
    return next((text(found) for found in anywhere(element, name)), None)
