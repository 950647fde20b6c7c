"""Footage held on a camera or recorder itself (Profile G): what it has, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from camera.device_error import DeviceError, Garbled
from camera.http_call import Limits
from camera.onvif.device import OnvifDevice
from camera.onvif.xml_tree import Element, anywhere, children, integer, text
from foundation.clock import NS_PER_S, utc_ns_of

_OLDEST_BELIEVED: Final = datetime(2010, 1, 1, tzinfo=UTC)
"""Profile G is of 2013: older footage is a clock that was never set."""
_MOST_RESULTS: Final = 5000
_MOST_POLLS: Final = 60
_WAIT_S: Final = 5
_SEARCH_LIMITS: Final = Limits(call_s=8.0 + _WAIT_S)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Footage without a known gap."""

    from_utc_ns: int
    to_utc_ns: int


@dataclass(frozen=True, slots=True)
class Recording:
    """One recording as the device describes it."""

    token: str
    source_id: str
    video: Stretch | None
    """Of its video track; None if it holds none."""
    status: str
    """Recording, Stopped …; some devices say Stopped while data runs on."""


class Belief(StrEnum):
    """What we make of a device's claim."""

    PLAUSIBLE = "plausible"
    LYING = "lying"
    """It contradicts itself or time: what it holds is unknown."""
    STANDING = "standing"
    """The end has not advanced although it should be recording."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class HeldFootage:
    """Our verdict beside the device's claim."""

    claimed: Stretch | None
    """GetRecordingSummary: from the oldest to the newest, whatever lies between."""
    claimed_recordings: int | None
    stretches: tuple[Stretch, ...]
    """What FindRecordings shows, merged; holes between them are gaps."""
    belief: Belief
    reason: str
    recordings: tuple[Recording, ...] = ()
    """As the device listed them; handed back at the next look, they show what has grown."""


def read_recordings(device: OnvifDevice) -> tuple[Recording, ...]:
    """Every recording of a device: FindRecordings, its results, EndSearch. Raises DeviceError."""
    body = device.call("search", "FindRecordings", Scope={}, KeepAliveTime="PT30S")
    token = text(body, "SearchToken")
    if token is None:
        raise Garbled("the device began a search and did not say which")
    found: dict[str, Recording] = {}
    try:
        for _ in range(_MOST_POLLS):
            results = device.call(
                "search",
                "GetRecordingSearchResults",
                limits=_SEARCH_LIMITS,
                SearchToken=token,
                WaitTime=f"PT{_WAIT_S}S",
            )
            for information in anywhere(results, "RecordingInformation"):
                recording = _recording(information)
                found[recording.token or str(len(found))] = recording
            state = next((text(state) for state in anywhere(results, "SearchState")), None)
            if state == "Completed" or len(found) >= _MOST_RESULTS:
                break
    finally:
        _end(device, token)
    return tuple(found.values())


def _end(device: OnvifDevice, token: str) -> None:
    try:
        device.call("search", "EndSearch", SearchToken=token)
    except DeviceError:
        return  # it ends by itself after KeepAliveTime


def read_held_footage(device: OnvifDevice, *, now_utc_ns: int, before: Sequence[Recording] = ()) -> HeldFootage:
    """What a device holds and whether it is believed; `before` are its recordings at an earlier look.

    Raises DeviceError; OnvifFault NoSuchService if it has no Profile G.
    """
    claimed, count = _summary(device.call("search", "GetRecordingSummary"))
    return weigh(claimed, count, read_recordings(device), now_utc_ns=now_utc_ns, before=before)


def weigh(
    claimed: Stretch | None,
    count: int | None,
    recordings: Sequence[Recording],
    *,
    now_utc_ns: int,
    before: Sequence[Recording] = (),
) -> HeldFootage:
    """The verdict. Pure."""
    spans = [recording.video for recording in recordings if recording.video is not None]
    merged = _merged(spans)
    belief, reason = _belief(claimed, merged, recordings, now_utc_ns, before)
    return HeldFootage(claimed, count, merged, belief, reason, tuple(recordings))


def _belief(
    claimed: Stretch | None,
    merged: Sequence[Stretch],
    recordings: Sequence[Recording],
    now_utc_ns: int,
    before: Sequence[Recording],
) -> tuple[Belief, str]:
    oldest_ns = utc_ns_of(_OLDEST_BELIEVED)
    for stretch in (*merged, *([claimed] if claimed is not None else [])):
        if stretch.from_utc_ns < oldest_ns:
            return Belief.LYING, "footage from before such devices existed: its clock was not set, or it is made up"
        if stretch.to_utc_ns > now_utc_ns + 3600 * NS_PER_S:
            return Belief.LYING, "footage from the future"
        if stretch.to_utc_ns < stretch.from_utc_ns:
            return Belief.LYING, "footage that ends before it begins"
    if not merged:
        return (Belief.LYING, "it claims footage and shows none") if claimed is not None else (Belief.NOTHING, "")
    ends = {one.token: one.video.to_utc_ns for one in before if one.video is not None}
    for recording in recordings:
        stood = recording.video is not None and ends.get(recording.token) == recording.video.to_utc_ns
        if stood and recording.status == "Recording":
            return Belief.STANDING, "it says that it records, and the end of its footage stands still"
    return Belief.PLAUSIBLE, ""


def gaps(stretches: Sequence[Stretch], *, least_ns: int = 2 * NS_PER_S) -> tuple[Stretch, ...]:
    """Holes between stretches."""
    return tuple(
        Stretch(earlier.to_utc_ns, later.from_utc_ns)
        for earlier, later in pairwise(stretches)
        if later.from_utc_ns - earlier.to_utc_ns >= least_ns
    )


def _merged(spans: Sequence[Stretch]) -> tuple[Stretch, ...]:
    merged: list[Stretch] = []
    for span in sorted(spans, key=lambda one: (one.from_utc_ns, one.to_utc_ns)):
        if merged and span.from_utc_ns <= merged[-1].to_utc_ns:
            merged[-1] = Stretch(merged[-1].from_utc_ns, max(merged[-1].to_utc_ns, span.to_utc_ns))
        else:
            merged.append(span)
    return tuple(merged)


def _summary(body: Element) -> tuple[Stretch | None, int | None]:
    summary = next(children(body, "Summary"), None)
    if summary is None:
        return None, None
    count = integer(summary, "NumberRecordings")
    stretch = _stretch(text(summary, "DataFrom"), text(summary, "DataUntil"))
    return (None if count == 0 else stretch), count


def _recording(information: Element) -> Recording:
    video = [track for track in children(information, "Track") if text(track, "TrackType") == "Video"]
    stretch = _stretch(text(video[0], "DataFrom"), text(video[0], "DataTo")) if video else None
    if stretch is None:
        stretch = _stretch(text(information, "EarliestRecording"), text(information, "LatestRecording"))
    return Recording(
        token=text(information, "RecordingToken") or "",
        source_id=text(information, "Source/SourceId") or "",
        video=stretch,
        status=text(information, "RecordingStatus") or "",
    )


def _stretch(begins: str | None, ends: str | None) -> Stretch | None:
    first, last = _moment(begins), _moment(ends)
    return Stretch(first, last) if first is not None and last is not None else None


def _moment(told: str | None) -> int | None:
    if told is None:
        return None
    try:
        moment: Any = datetime.fromisoformat(told)
    except ValueError:
        return None
    return utc_ns_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC))
