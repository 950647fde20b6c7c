"""The camera file (一机一档): what is known of each point's camera, what is missing, and every change of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from camera.facts import DeviceChanged
from camera.query import DeviceStatus, StreamSource
from config.point import Point
from foundation.clock import Clock
from foundation.journal import Entry
from foundation.sqlite import Database, Schema, Transaction, open_read_only

PHOTO_BYTES: Final = 4 * 1024**2


class Field(StrEnum):
    """What people write down; the order is that of the form and the spreadsheet."""

    PLACE = "place"
    PURPOSE = "purpose"
    INSTALLER = "installer"
    INSTALLER_PHONE = "installer_phone"
    INSTALLED_ON = "installed_on"
    WARRANTY_UNTIL = "warranty_until"
    POWER = "power"
    NETWORK_PORT = "network_port"
    KEEPER = "keeper"
    NOTE = "note"


TITLES: Final[dict[Field, str]] = {
    Field.PLACE: "安装位置",
    Field.PURPOSE: "用途",
    Field.INSTALLER: "安装单位",
    Field.INSTALLER_PHONE: "安装单位电话",
    Field.INSTALLED_ON: "安装日期",
    Field.WARRANTY_UNTIL: "质保到期",
    Field.POWER: "供电方式",
    Field.NETWORK_PORT: "接入交换机端口",
    Field.KEEPER: "责任人",
    Field.NOTE: "备注",
}

_KNOWN: Final = frozenset(field.value for field in Field)
DATES: Final = frozenset({Field.INSTALLED_ON, Field.WARRANTY_UNTIL})
_WANTED: Final = (Field.PLACE, Field.PURPOSE, Field.INSTALLER, Field.INSTALLED_ON, Field.KEEPER)
LONGEST: Final = 200


class CameraFileError(ValueError):
    """A value cannot stand in a camera file; the message says what would be right."""

    def __init__(self, message: str, field: Field | None = None) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class FileChange:
    """One change of a file."""

    field: str
    before: str
    after: str
    changed_by: str
    at_utc_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraFile:
    """A point with everything known of its camera."""

    point: Point
    zone: str
    device: DeviceStatus | None
    streams: StreamSource | None
    values: Mapping[Field, str]
    has_photo: bool

    @property
    def missing(self) -> tuple[str, ...]:
        """Words (Chinese) for what a complete file would also hold."""
        device, streams = self.device, self.streams
        known = {
            "设备型号": device is not None and device.model,
            "序列号": device is not None and device.serial,
            "固件版本": device is not None and device.firmware,
            "MAC 地址": device is not None and device.mac,
            "码流": streams is not None,
            "安装姿态": self.point.pose is not None,
            "所属区域": self.zone,
            "现场照片": self.has_photo,
        }
        by_people = {TITLES[wanted]: self.values.get(wanted) for wanted in _WANTED}
        return tuple(title for title, value in {**by_people, **known}.items() if not value)

    @property
    def complete(self) -> bool:
        """Counts for the district's share of complete files."""
        return not self.missing


def checked(field: Field, value: str) -> str:
    """The value as it is stored. Raises CameraFileError."""
    value = " ".join(value.split())
    if len(value) > LONGEST:
        raise CameraFileError(f"{TITLES[field]}：最多 {LONGEST} 个字 (at most {LONGEST} characters)", field)
    if field in DATES and value:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError as error:
            message = f"{TITLES[field]}：日期写作 2026-11-21，不是 {value!r} (write YYYY-MM-DD)"
            raise CameraFileError(message, field) from error
    return value


class CameraFiles:
    """The writing side; lives in the office."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.database = Database(path, Schema.load("camera_files", ("camera", "camera_file.sql")))
        self._clock = clock

    @property
    def path(self) -> Path:
        """Its file, for the reading functions of this module."""
        return self.database.path

    def write(self, point_id: str, values: Mapping[Field, str], *, by: str) -> tuple[FileChange, ...]:
        """Change fields; an empty value empties one. Returns what really changed. Raises CameraFileError."""
        clean = {field: checked(field, value) for field, value in values.items()}
        with self.database.transaction() as transaction:
            return self._write(transaction, point_id, clean, by)

    def write_many(self, rows: Mapping[str, Mapping[Field, str]], *, by: str) -> int:
        """Change many files, all or none; returns how many fields changed. Raises CameraFileError."""
        clean = {
            point_id: {field: checked(field, value) for field, value in values.items()}
            for point_id, values in rows.items()
        }
        with self.database.transaction() as transaction:
            return sum(len(self._write(transaction, point_id, values, by)) for point_id, values in clean.items())

    def _write(
        self, transaction: Transaction, point_id: str, values: Mapping[Field, str], by: str
    ) -> tuple[FileChange, ...]:
        known = _values(transaction, point_id)
        changes = []
        for field, value in values.items():
            before = known.get(field, "")
            if before == value:
                continue
            if value:
                transaction.execute(
                    "INSERT INTO camera_file VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
                    (point_id, field.value, value),
                )
            else:
                transaction.execute("DELETE FROM camera_file WHERE point_id = ? AND field = ?", (point_id, field.value))
            changes.append(self._changed(transaction, point_id, field.value, before, value, by))
        return tuple(changes)

    def add_photo(self, point_id: str, jpeg: bytes, *, by: str) -> None:
        """Keep a picture of the mounted camera in place of the one before. Raises CameraFileError."""
        if not jpeg.startswith(b"\xff\xd8\xff") or len(jpeg) > PHOTO_BYTES:
            raise CameraFileError(f"照片须为 JPEG，最大 {PHOTO_BYTES // 1024**2} MB (a JPEG of at most 4 MB)")
        with self.database.transaction() as transaction:
            before = transaction.row("SELECT length(jpeg) FROM camera_photo WHERE point_id = ?", (point_id,))
            transaction.execute(
                "INSERT OR REPLACE INTO camera_photo VALUES (?, ?, ?, ?)", (point_id, jpeg, self._clock.utc_ns(), by)
            )
            told = f"{before[0]} bytes" if before else ""
            self._changed(transaction, point_id, "photo", told, f"{len(jpeg)} bytes", by)

    def note_act(self, point_id: str, what: str, before: str, after: str, *, by: str) -> None:
        """A person did something about the device: accepted another one, had a log-in tried again."""
        with self.database.transaction() as transaction:
            self._changed(transaction, point_id, what, before, after, by)

    def note_device_change(self, entry: Entry, points: Sequence[Point]) -> None:
        """A device told something new about itself (`DeviceChanged` of the inspector's journal): write it down once."""
        fact = entry.read(DeviceChanged)
        concerned = [point.id for point in points if point.device == fact.device_id]
        if fact.source is not None:
            concerned = [point.id for point in points if (point.device, point.source) == (fact.device_id, fact.source)]
        with self.database.transaction() as transaction:
            for point_id in concerned:
                transaction.execute(
                    "INSERT INTO camera_file_change (point_id, field, before, after, changed_by, at_utc_ns, source_id) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (
                        point_id,
                        fact.what,
                        fact.before,
                        fact.after,
                        f"device:{fact.device_id}",
                        entry.at_utc_ns,
                        f"{entry.id}:{point_id}",
                    ),
                )

    def _changed(
        self, transaction: Transaction, point_id: str, field: str, before: str, after: str, by: str
    ) -> FileChange:
        change = FileChange(field, before, after, by, self._clock.utc_ns())
        transaction.execute(
            "INSERT INTO camera_file_change (point_id, field, before, after, changed_by, at_utc_ns) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (point_id, field, before, after, by, change.at_utc_ns),
        )
        return change

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()


def camera_file(
    path: Path, point: Point, *, zone: str, device: DeviceStatus | None, streams: StreamSource | None
) -> CameraFile:
    """A point's file, put together from what people and the device say. Raises DatabaseError."""
    with open_read_only(path) as reader:
        values = _values(reader, point.id)
        has_photo = reader.row("SELECT 1 FROM camera_photo WHERE point_id = ?", (point.id,)) is not None
    return CameraFile(point=point, zone=zone, device=device, streams=streams, values=values, has_photo=has_photo)


def photo(path: Path, point_id: str) -> bytes | None:
    """The picture of the mounted camera. Raises DatabaseError."""
    with open_read_only(path) as reader:
        row = reader.row("SELECT jpeg FROM camera_photo WHERE point_id = ?", (point_id,))
    return bytes(row[0]) if row else None


def file_changes(path: Path, point_id: str) -> tuple[FileChange, ...]:
    """Every change of a point's file, latest first. Raises DatabaseError."""
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT field, before, after, changed_by, at_utc_ns FROM camera_file_change WHERE point_id = ? "
            "ORDER BY seq DESC",
            (point_id,),
        )
    return tuple(FileChange(*row) for row in rows)


def _values(reader: Transaction, point_id: str) -> dict[Field, str]:
    rows = reader.rows("SELECT field, value FROM camera_file WHERE point_id = ?", (point_id,))
    return {Field(field): value for field, value in rows if field in _KNOWN}
