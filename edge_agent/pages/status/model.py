"""What the agent knows about itself at one moment: the status page and `/api/status` show exactly this."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, AliasGenerator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from foundation.clock import rfc3339, utc_ns_of
from web.signs import State


def _utc_ns(value: object) -> object:
    return utc_ns_of(datetime.fromisoformat(value)) if isinstance(value, str) else value


UtcNs = Annotated[int, BeforeValidator(_utc_ns), PlainSerializer(rfc3339, return_type=str, when_used="json")]
"""Nanoseconds since 1970 UTC here; in JSON the RFC 3339 text, because JavaScript would round the number."""

Verdict = Literal["accruing", "met", "violated", "unknown"]
"""Retention of one point: 积累中, 达标, 不达标, 未知 (promise 3)."""


def _either_name(name: str) -> AliasChoices:
    return AliasChoices(name, _json_name(name))


def _json_name(name: str) -> str:
    return name.removesuffix("_ns") if name.endswith("_utc_ns") else name


class StatusModel(BaseModel):
    """Immutable, and a field that nobody knows is refused. In JSON `since_utc_ns` is `since_utc`, a text."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=AliasGenerator(serialization_alias=_json_name, validation_alias=_either_name),
        serialize_by_alias=True,
        populate_by_name=True,
    )


class RoleStatus(StatusModel):
    """One of the four processes."""

    name: str
    state: State
    since_utc_ns: UtcNs | None = None


class DeviceStatus(StatusModel):
    """An ONVIF device (设备)."""

    id: str
    name: str
    state: State
    since_utc_ns: UtcNs | None = None
    """Since when it is in this state."""
    checked_utc_ns: UtcNs | None = None
    clock_offset_s: float | None = None
    """Device clock minus box clock; None if never read."""
    detail: str = ""
    """What the device is or why it fails, as read from it."""


class PointStatus(StatusModel):
    """A watched place (点位)."""

    id: str
    name: str
    device_id: str
    recording: State
    last_fragment_utc_ns: UtcNs | None = None
    """End of the newest footage on disk."""
    bit_per_s: float | None = None
    health: State
    health_checked_utc_ns: UtcNs | None = None


class RetentionStatus(StatusModel):
    """Does a point's footage reach its policy (存储时长)?"""

    point_id: str
    point_name: str
    verdict: Verdict
    keep_days: int
    oldest_utc_ns: UtcNs | None = None
    kept_days: float | None = None
    """Age of the oldest footage that is still unbroken up to now."""


class ZoneStatus(StatusModel):
    """A place that must be seen (区域)."""

    id: str
    name: str
    kind: str
    seen_share: float
    """0 to 1 of its area, at the pixel density the zone asks for, by cameras that work now."""


class BlindSpotStatus(StatusModel):
    """A part of a zone that nobody sees (盲区)."""

    zone_id: str
    zone_name: str
    area_m2: float
    x_m: float
    y_m: float


class CoverageStatus(StatusModel):
    """What the cameras see of the campus plan (覆盖)."""

    state: State
    computed_utc_ns: UtcNs | None = None
    zones: tuple[ZoneStatus, ...] = ()
    blind_spots: tuple[BlindSpotStatus, ...] = ()
    missing_kinds: tuple[str, ...] = ()
    """Kinds of zone that have no camera at all."""
    uncertain_m2: float = 0.0
    """What only cameras of unknown state would see: not counted as seen."""
    poses_measured: int = 0
    """How many cameras' poses behind these figures were measured from the picture, and how many only written down."""
    poses_declared: int = 0


class VisitStatus(StatusModel):
    """One visitor (来访人员), without document number or phone: this page is not where they are revealed."""

    id: str
    name: str
    host: str
    reason: str
    gate_id: str
    in_utc_ns: UtcNs
    out_utc_ns: UtcNs | None = None


class VisitsStatus(StatusModel):
    """The gate book today."""

    inside: tuple[VisitStatus, ...] = ()
    today: tuple[VisitStatus, ...] = ()


class AlarmStatus(StatusModel):
    """A press of an alarm and how far it got (一键报警)."""

    id: str
    input_id: str
    input_name: str
    place: str
    drill: bool
    pressed_utc_ns: UtcNs
    stored_utc_ns: UtcNs | None = None
    sent_utc_ns: UtcNs | None = None
    """Accepted by a broker: a hint only."""
    received_utc_ns: UtcNs | None = None
    """The center's signed receipt."""
    acknowledged_utc_ns: UtcNs | None = None
    closed_utc_ns: UtcNs | None = None
    cancelled_utc_ns: UtcNs | None = None
    """误报, said at the gate; the sending goes on all the same."""
    known_utc_ns: UtcNs | None = None
    """校内确认: when a named person in the school acknowledged it."""
    known_by: str | None = None


class PathStatus(StatusModel):
    """A way to the center."""

    id: str
    state: State
    since_utc_ns: UtcNs | None = None
    detail: str = ""


class CenterStatus(StatusModel):
    """The alarm center (接警中心) as this box hears it."""

    name: str
    state: State
    heard_utc_ns: UtcNs | None = None
    """Its last heartbeat or receipt."""


class FindingStatus(StatusModel):
    """Something that is not as it should be."""

    id: str
    role: str
    subject: str
    subject_name: str
    kind: str
    state: State
    since_utc_ns: UtcNs
    evidence: dict[str, str | int | float | bool | None] = {}


class CampusStatus(StatusModel):
    """All of it."""

    campus_id: str
    campus_name: str
    taken_at_utc_ns: UtcNs
    roles: tuple[RoleStatus, ...] = ()
    devices: tuple[DeviceStatus, ...] = ()
    points: tuple[PointStatus, ...] = ()
    retention: tuple[RetentionStatus, ...] = ()
    coverage: CoverageStatus = CoverageStatus(state=State.UNKNOWN)
    visits: VisitsStatus = VisitsStatus()
    alarms: tuple[AlarmStatus, ...] = ()
    """Newest first."""
    paths: tuple[PathStatus, ...] = ()
    center: CenterStatus | None = None
    """None if the settings name no center."""
    findings: tuple[FindingStatus, ...] = ()
    """Open ones, worst first, then oldest."""
