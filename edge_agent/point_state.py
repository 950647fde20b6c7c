"""How a point (点位) stands: what inspector and recorder say of it, joined; for the pages and for the center."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from camera.device_state import DeviceState
from camera.picture.query import PictureStatus, picture_states
from camera.query import DeviceStatus, device_states
from config.settings import Settings
from edge_agent.role import Role
from foundation.finding import Finding, read_open_findings
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from storage.ledger import PointVerdict, verdicts
from storage.query import PointRecording, recordings
from web.signs import State

NS_PER_MS: Final = 1_000_000
RECORDING_FRESH_NS: Final = 10_000_000_000
"""A fragment lasts at most 2 s; footage older than five of them is not "recording now"."""
_TOLD_FRESH_NS: Final = 30_000_000_000

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Seen:
    """What the files of the other roles say at one moment; empty where a role has not spoken yet."""

    devices: dict[str, DeviceStatus]
    recordings: dict[str, PointRecording]
    verdicts: dict[str, PointVerdict]
    pictures: dict[str, PictureStatus]
    findings: tuple[tuple[str, Finding], ...]
    """(role, finding), open ones."""


def look(settings: Settings, state: StateDirectory, now_utc_ns: int) -> Seen:
    """Read everything once; a file that cannot be read yet leaves its things unknown, never good."""
    cameras, catalogue = state.database("cameras"), state.database("catalogue")
    return Seen(
        devices={
            device.id: device
            for device in _unless_absent(cameras, lambda: device_states(cameras, now_utc_ns=now_utc_ns))
        },
        recordings={row.point: row for row in _unless_absent(catalogue, lambda: recordings(catalogue))},
        verdicts={
            row.point: row for row in _unless_absent(catalogue, lambda: verdicts(catalogue, now_utc_ns // NS_PER_MS))
        },
        pictures={
            row.point_id: row for row in _unless_absent(cameras, lambda: picture_states(cameras, now_utc_ns=now_utc_ns))
        },
        findings=tuple((role.value, finding) for role in Role for finding in _findings(state.journal(role))),
    )


def _findings(journal: Path) -> Sequence[Finding]:
    return _unless_absent(journal, lambda: read_open_findings(journal))


def _unless_absent(path: Path, read: Callable[[], Sequence[_Row]]) -> Sequence[_Row]:
    if not path.exists():
        return ()
    try:
        return read()
    except DatabaseError:
        return ()


_DEVICE_STATES: Final = {
    DeviceState.OK: State.OK,
    DeviceState.FAILING: State.FAILING,
    DeviceState.UNKNOWN: State.UNKNOWN,
}


def device_state(seen: Seen, device_id: str) -> State:
    """A device's state; unknown if the inspector never told."""
    device = seen.devices.get(device_id)
    return _DEVICE_STATES[device.state] if device else State.UNKNOWN


def picture_state(seen: Seen, point_id: str) -> State:
    """What the latest look at a point's picture said (图像); unknown if nobody looked or it cannot be judged."""
    picture = seen.pictures.get(point_id)
    return _DEVICE_STATES[picture.state] if picture else State.UNKNOWN


def recording_state(recording: PointRecording | None, now_utc_ns: int) -> State:
    """Recording now, not recording, or nobody knows because the recorder is silent."""
    if recording is None or recording.told_ms is None or now_utc_ns - recording.told_ms * NS_PER_MS > _TOLD_FRESH_NS:
        return State.UNKNOWN
    fresh = (
        recording.last_fragment_ms is not None
        and now_utc_ns - recording.last_fragment_ms * NS_PER_MS < RECORDING_FRESH_NS
    )
    if recording.state == "recording" and fresh:
        return State.OK
    return State.UNKNOWN if recording.state == "connecting" and recording.last_fragment_ms is None else State.FAILING
