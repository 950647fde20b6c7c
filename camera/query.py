"""What other roles read of cameras; imports neither zeep nor OpenCV, so that the gatehouse stays small."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from camera.device_state import DeviceState
from foundation.clock import NS_PER_S
from foundation.finding import read_open_findings
from foundation.sqlite import Row, Transaction, open_read_only

FRESH_NS: Final = 150 * NS_PER_S
"""Five rounds of 30 s: what was seen longer ago is not known any more (promise 6)."""

HELD_FRESH_NS: Final = 50 * 3600 * NS_PER_S
"""What a device held is asked once a day; two days without an answer, and nobody knows."""

LOGIN_REFUSED: Final = "camera.login_refused"
"""The finding that stops every role from trying a device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStatus:
    """A device as the inspector last saw it."""

    id: str
    address: str
    state: DeviceState
    trouble: str
    message: str
    since_utc_ns: int
    last_visit_utc_ns: int | None
    last_seen_utc_ns: int | None
    held_until_utc_ns: int | None
    manufacturer: str | None
    model: str | None
    firmware: str | None
    serial: str | None
    clock_offset_ns: int | None
    clock_error_ns: int | None
    clock_asked_utc_ns: int | None
    clock_by_ntp: bool | None
    time_zone: str | None
    mac: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAddress:
    """Where to get a stream, without log-in."""

    uri: str
    profile: str
    codec: str
    """'H264', 'H265', 'JPEG' or 'other'."""
    width_px: int | None
    height_px: int | None
    fps: float | None
    bitrate_bps: int | None

    @property
    def words(self) -> str:
        """As one says it, what the device does not tell left out: H265 1920x1080 15 fps 1500 kbit/s."""
        size = f"{self.width_px}x{self.height_px}" if self.width_px else ""
        fps = f"{self.fps:g} fps" if self.fps else ""
        rate = f"{self.bitrate_bps // 1000} kbit/s" if self.bitrate_bps else ""
        return " ".join(word for word in (self.codec, size, fps, rate) if word)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """What a device's source gives."""

    device_id: str
    source: int
    main: StreamAddress
    sub: StreamAddress | None
    snapshot_uri: str | None


def device_states(path: Path, *, now_utc_ns: int | None = None, fresh_ns: int = FRESH_NS) -> tuple[DeviceStatus, ...]:
    """Every device of the settings, by id. With `now_utc_ns`, one not visited for `fresh_ns` is unknown.

    Raises DatabaseError (also before the inspector's first start).
    """
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, address, state, trouble, message, since_utc_ns, last_visit_utc_ns, last_seen_utc_ns, "
            "held_until_utc_ns, manufacturer, model, firmware, serial, clock_offset_ns, clock_error_ns, "
            "clock_asked_utc_ns, clock_by_ntp, time_zone, mac FROM device ORDER BY id"
        )
    found = tuple(_status(row) for row in rows)
    if now_utc_ns is None:
        return found
    return tuple(_unknown_when_old(status, now_utc_ns - fresh_ns) for status in found)


def _status(row: Row) -> DeviceStatus:
    names = DeviceStatus.__dataclass_fields__
    status = DeviceStatus(**dict(zip(names, row, strict=True)))
    by_ntp = bool(status.clock_by_ntp) if status.clock_by_ntp is not None else None
    return replace(status, state=DeviceState(status.state), clock_by_ntp=by_ntp)


def _unknown_when_old(status: DeviceStatus, oldest_utc_ns: int) -> DeviceStatus:
    if status.last_visit_utc_ns is not None and status.last_visit_utc_ns >= oldest_utc_ns:
        return status
    return replace(status, state=DeviceState.UNKNOWN)


def stream_source(path: Path, device_id: str, source: int) -> StreamSource | None:
    """Where to get a source's streams; None while the device has not told. Raises DatabaseError."""
    with open_read_only(path) as reader:
        return read_stream_source(reader, device_id, source)


def read_stream_source(reader: Transaction, device_id: str, source: int) -> StreamSource | None:
    """The same for whoever asks of many at once: to open the file takes longer than to read it."""
    still = reader.row("SELECT snapshot_uri FROM source WHERE device_id = ? AND number = ?", (device_id, source))
    rows = reader.rows(
        "SELECT part, uri, profile, codec, width_px, height_px, fps, bitrate_bps FROM stream "
        "WHERE device_id = ? AND source = ?",
        (device_id, source),
    )
    parts = {row[0]: _address(row[1:]) for row in rows}
    if still is None or "main" not in parts:
        return None
    return StreamSource(
        device_id=device_id, source=source, main=parts["main"], sub=parts.get("sub"), snapshot_uri=still[0]
    )


def _address(row: Row) -> StreamAddress:
    uri, profile, codec, width_px, height_px, fps, bitrate_bps = row
    return StreamAddress(
        uri=uri,
        profile=profile,
        codec=codec,
        width_px=width_px,
        height_px=height_px,
        fps=fps,
        bitrate_bps=bitrate_bps,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamMeasure:
    """How a point's main stream really came when the recorder last measured it."""

    point_id: str
    at_utc_ns: int
    codec: str
    bits_per_s: float
    fps: float
    keyframe_s: float | None
    packets_lost: int
    damaged_frames: int


def stream_measures(path: Path) -> dict[str, StreamMeasure]:
    """The latest measure of each point that was ever recorded. Raises DatabaseError."""
    names = tuple(StreamMeasure.__dataclass_fields__)
    with open_read_only(path) as reader:
        rows = reader.rows(f"SELECT {', '.join(names)} FROM stream_measure")  # noqa: S608 - our own names
    return {row[0]: StreamMeasure(**dict(zip(names, row, strict=True))) for row in rows}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldReport:
    """What a device claims to hold of footage itself (Profile G), and our verdict (camera.onvif.held_footage)."""

    device_id: str
    asked_utc_ns: int
    belief: str
    """'plausible', 'lying', 'standing', 'nothing'; '' if it has no Profile G."""
    reason: str
    claimed_from_utc_ns: int | None
    claimed_to_utc_ns: int | None
    found_from_utc_ns: int | None
    found_to_utc_ns: int | None
    gap_count: int
    gap_ns: int

    @property
    def known(self) -> bool:
        """Whether what it holds may be told as a fact; a liar's holdings are unknown."""
        return self.belief in ("plausible", "nothing")


def held_reports(path: Path, *, now_utc_ns: int, fresh_ns: int = HELD_FRESH_NS) -> dict[str, HeldReport]:
    """The latest report of each device that was asked lately, by device. Raises DatabaseError."""
    names = tuple(HeldReport.__dataclass_fields__)
    with open_read_only(path) as reader:
        rows = reader.rows(
            f"SELECT {', '.join(names)} FROM held_footage WHERE asked_utc_ns >= ?",  # noqa: S608 - our own names
            (now_utc_ns - fresh_ns,),
        )
    return {row[0]: HeldReport(**dict(zip(names, row, strict=True))) for row in rows}


@dataclass(frozen=True, slots=True)
class UnknownTopic:
    """An event topic that this software does not know, for whoever can say what it means."""

    device_id: str
    topic: str
    seen: int
    last_utc_ns: int
    example: str


def unknown_topics(path: Path) -> tuple[UnknownTopic, ...]:
    """Topics that nobody taught us, most frequent first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows("SELECT device_id, topic, seen, last_utc_ns, example FROM unknown_topic ORDER BY seen DESC")
    return tuple(UnknownTopic(*row) for row in rows)


def may_try(*journals: Path) -> Callable[[str], bool]:
    """A callable that says whether a device may be logged in to: no role of `journals` was refused by it.

    A journal that is not there yet holds no refusal; the callable raises DatabaseError on one that cannot be read.
    """

    def allowed(device_id: str) -> bool:
        subject = f"device:{device_id}"
        return not any(
            finding.subject == subject and finding.kind == LOGIN_REFUSED
            for journal in journals
            if journal.exists()
            for finding in read_open_findings(journal)
        )

    return allowed
