"""The settings of one campus: read once, checked as a whole, immutable for a running role."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from pydantic import Field

from config.alarm_input import AlarmInput
from config.broker_path import BrokerPath, Center
from config.campus import Campus
from config.chinese import suggestion_words
from config.credential import Credential
from config.device import Device
from config.evacuation_drills import EvacuationDrills
from config.gate import Gate
from config.gate_records import GateRecords
from config.incident_reports import IncidentReports
from config.line_test import LineTests
from config.model import SettingsModel
from config.page import AlarmPanels, Pages
from config.point import Point
from config.problem import Problem, SettingsError
from config.reading import duplicate_ids, read_model, suggestion, with_absolute_paths
from config.retention import RetentionPolicy
from config.siren import Siren
from config.volume import Volume
from config.yaml_source import KeyPath, YamlSource, key_text
from foundation.ids import Slug


class PlanFile(SettingsModel):
    """The campus plan (平面图) and the zones that must be seen, as GeoJSON beside the settings file."""

    file: Path


class Settings(SettingsModel):
    """Everything a technician writes down about one campus."""

    campus: Campus
    credentials: tuple[Credential, ...] = ()
    devices: tuple[Device, ...] = ()
    points: tuple[Point, ...] = ()
    volumes: Annotated[tuple[Volume, ...], Field(min_length=1)]
    retention: Annotated[tuple[RetentionPolicy, ...], Field(min_length=1)]
    plan: PlanFile | None = None
    gates: tuple[Gate, ...] = ()
    gate_records: GateRecords = GateRecords()
    alarm_inputs: tuple[AlarmInput, ...] = ()
    alarm_panels: AlarmPanels | None = None
    """Where alarm panels on the school's network press by HTTP; none if left out."""
    sirens: tuple[Siren, ...] = ()
    line_tests: LineTests = LineTests()
    """报警线路演练: the schedule of every input that has none of its own."""
    evacuation_drills: EvacuationDrills = EvacuationDrills()
    """应急疏散演练: the schedule until the school lays down another on its page."""
    incident_reports: IncidentReports = IncidentReports()
    duress_pin: Slug | None = None
    """胁迫密码: a credential; whoever calls an alarm off with it calls for help."""
    center: Center | None = None
    broker_paths: tuple[BrokerPath, ...] = ()
    pages: Pages

    def device(self, device_id: str) -> Device:
        """A device by id; KeyError if there is none (cannot happen for ids from checked settings)."""
        return _by_id(self.devices, device_id)

    def point(self, point_id: str) -> Point:
        """A point by id."""
        return _by_id(self.points, point_id)

    def volume(self, volume_id: str) -> Volume:
        """A volume by id."""
        return _by_id(self.volumes, volume_id)

    def retention_policy(self, policy_id: str) -> RetentionPolicy:
        """A retention policy by id."""
        return _by_id(self.retention, policy_id)

    def credential(self, credential_id: str) -> Credential:
        """A credential by id."""
        return _by_id(self.credentials, credential_id)

    def alarm_input(self, input_id: str) -> AlarmInput:
        """An alarm input by id."""
        return _by_id(self.alarm_inputs, input_id)


def read_settings(file: Path) -> Settings:
    """Read and check a settings file; relative paths in it count from its own folder.

    Raises SettingsError with every problem found, each with line, key and what would be right.
    """
    source, settings = read_model(file, Settings)
    problems = [*_duplicates(source, settings), *_dangling(source, settings)]
    if problems:
        raise SettingsError(problems)
    return with_absolute_paths(settings, file.resolve().parent)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_NamedT = TypeVar("_NamedT", bound=_Named)


def _by_id(items: Iterable[_NamedT], wanted: str) -> _NamedT:
    for item in items:
        if item.id == wanted:
            return item
    raise KeyError(wanted)


_ROOMS = (
    "credentials",
    "devices",
    "points",
    "volumes",
    "retention",
    "gates",
    "alarm_inputs",
    "sirens",
    "broker_paths",
)


def _duplicates(source: YamlSource, settings: Settings) -> list[Problem]:
    problems = duplicate_ids(
        source, settings, _ROOMS, "Give each its own id; an id is for ever, footage is filed under it."
    )
    watched: dict[tuple[str, int], str] = {}
    for index, point in enumerate(settings.points):
        other = watched.setdefault((point.device, point.source), point.id)
        if other != point.id:
            path = ("points", index, "source")
            problems.append(
                Problem(
                    source.file,
                    source.line(path),
                    key_text(path),
                    f"video source {point.source} of device {point.device!r} already belongs to point {other!r}",
                    "One source is one point; write the source number of the other lens or channel.",
                    f"设备 {point.device!r} 的视频源 {point.source} 已属于点位 {other!r}，请写另一个镜头或通道的编号。",
                )
            )
    return problems


def _dangling(source: YamlSource, settings: Settings) -> list[Problem]:
    names = {
        room: [item.id for item in getattr(settings, room)]
        for room in ("credentials", "devices", "points", "volumes", "retention", "gates")
    }
    problems: list[Problem] = []

    def refer(path: KeyPath, wanted: str | None, room: str) -> None:
        if wanted is not None and wanted not in names[room]:
            problems.append(
                Problem(
                    source.file,
                    source.line(path),
                    key_text(path),
                    f"there is no {wanted!r} under {room}",
                    suggestion(wanted, names[room]),
                    f"{room} 下没有 {wanted!r}。{suggestion_words(wanted, names[room])}",
                )
            )

    for index, device in enumerate(settings.devices):
        refer(("devices", index, "credential"), device.credential, "credentials")
    for index, point in enumerate(settings.points):
        refer(("points", index, "device"), point.device, "devices")
        refer(("points", index, "volume"), point.volume, "volumes")
        refer(("points", index, "copy_volume"), point.copy_volume, "volumes")
        refer(("points", index, "retention"), point.retention, "retention")
    for index, gate in enumerate(settings.gates):
        refer(("gates", index, "point"), gate.point, "points")
    for index, alarm_input in enumerate(settings.alarm_inputs):
        refer(("alarm_inputs", index, "gate"), alarm_input.gate, "gates")
        refer(("alarm_inputs", index, "credential"), alarm_input.credential, "credentials")
        if alarm_input.camera is not None:
            refer(("alarm_inputs", index, "camera", "device"), alarm_input.camera.device, "devices")
        for place, point_id in enumerate(alarm_input.nearest_points):
            refer(("alarm_inputs", index, "nearest_points", place), point_id, "points")
    for index, broker_path in enumerate(settings.broker_paths):
        refer(("broker_paths", index, "credential"), broker_path.credential, "credentials")
    for index, siren in enumerate(settings.sirens):
        if siren.relay is not None:
            refer(("sirens", index, "relay", "device"), siren.relay.device, "devices")
    if settings.alarm_panels is not None:
        refer(("alarm_panels", "credential"), settings.alarm_panels.credential, "credentials")
    refer(("duress_pin",), settings.duress_pin, "credentials")
    if settings.broker_paths and settings.center is None:
        problems.append(
            Problem(
                source.file,
                source.line(("broker_paths",)),
                "center",
                "broker paths are given but no center",
                "Add center with its name and public_keys; without them no receipt can be believed.",
                "写了线路，没写接警中心：请补上 center 的名称和 public_keys，否则回执无法核验。",
            )
        )
    gatehouse, office = settings.pages.gatehouse, settings.pages.office
    if (gatehouse.host, gatehouse.port) == (office.host, office.port):
        problems.append(
            Problem(
                source.file,
                source.line(("pages", "office")),
                "pages.office",
                "gatehouse and office have the same address and port",
                "Give the office another port.",
                "门卫页面和办公室页面的地址、端口相同，请给办公室换一个端口。",
            )
        )
    if gatehouse.press_port is not None and gatehouse.press_port in (gatehouse.port, office.port):
        problems.append(
            Problem(
                source.file,
                source.line(("pages", "gatehouse", "press_port")),
                "pages.gatehouse.press_port",
                "the press door has the port of a page",
                "Give it a port of its own, or leave it out.",
                "报警备用通道和页面用了同一个端口，请换一个，或不写。",
            )
        )
    return problems
