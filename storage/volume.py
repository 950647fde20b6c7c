"""Volumes: disks and shares that say themselves which one they are, so that no other takes their place unnoticed."""

from __future__ import annotations

import errno
import json
import os
import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from config.volume import Volume
from storage.segment import sync_folder

IDENTITY_FILE: Final = ".campus-volume.json"


class VolumeTrouble(StrEnum):
    """Why a volume takes no footage now."""

    MISSING = "missing"
    READ_ONLY = "read_only"
    SWAPPED = "swapped"
    FULL = "full"
    FAILING = "failing"


class VolumeRefused(Exception):
    """A volume cannot be used; the text says why and what to do."""

    def __init__(self, trouble: VolumeTrouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class VolumeIdentity:
    """What a volume says of itself."""

    id: str
    uuid: str


@dataclass(frozen=True, slots=True)
class Room:
    """Space on a volume, in bytes."""

    total: int
    free: int


def identify(volume: Volume, *, known_uuid: str | None) -> VolumeIdentity:
    """Read a volume's identity and compare it with the one known; a new, empty volume is given one.

    With `known_uuid` the volume was used before: then a missing identity means an unmounted or swapped disk, and
    nothing is written. Raises VolumeRefused.
    """
    if not volume.path.is_dir():
        if known_uuid is not None or not volume.path.parent.is_dir():
            raise VolumeRefused(
                VolumeTrouble.MISSING, f"volume {volume.id}: {volume.path} is not there; mount the disk or share"
            )
        _make_folder(volume)
    try:
        found = _read(volume)
    except OSError as error:
        raise trouble_of(volume, error) from error
    if found is None:
        if known_uuid is not None:
            raise VolumeRefused(
                VolumeTrouble.MISSING,
                f"volume {volume.id}: {volume.path} holds no {IDENTITY_FILE}; its disk is not mounted there",
            )
        found = _write(volume)
    if found.id != volume.id or (known_uuid is not None and found.uuid != known_uuid):
        raise VolumeRefused(
            VolumeTrouble.SWAPPED,
            f"volume {volume.id}: the disk at {volume.path} is another one (it says {found.id}, {found.uuid}); "
            "put the right one back, or give the new disk a volume id of its own",
        )
    if not os.access(volume.path, os.W_OK) or os.statvfs(volume.path).f_flag & os.ST_RDONLY:
        raise VolumeRefused(VolumeTrouble.READ_ONLY, f"volume {volume.id}: {volume.path} cannot be written to")
    return found


def _make_folder(volume: Volume) -> None:
    try:
        volume.path.mkdir(mode=0o750)
    except OSError as error:
        raise trouble_of(volume, error) from error


def _read(volume: Volume) -> VolumeIdentity | None:
    try:
        text = (volume.path / IDENTITY_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        values = json.loads(text)
        return VolumeIdentity(str(values["id"]), str(values["uuid"]))
    except (ValueError, KeyError, TypeError) as error:
        raise VolumeRefused(
            VolumeTrouble.FAILING, f"volume {volume.id}: {volume.path / IDENTITY_FILE} is damaged"
        ) from error


def _write(volume: Volume) -> VolumeIdentity:
    identity = VolumeIdentity(volume.id, str(uuid.uuid4()))
    text = json.dumps({"id": identity.id, "uuid": identity.uuid}) + "\n"
    fresh = volume.path / (IDENTITY_FILE + ".new")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.rename(volume.path / IDENTITY_FILE)
        sync_folder(volume.path)
    except OSError as error:
        raise trouble_of(volume, error) from error
    return identity


def room(volume: Volume) -> Room:
    """Space now. Raises VolumeRefused."""
    try:
        found = os.statvfs(volume.path)
    except OSError as error:
        raise trouble_of(volume, error) from error
    return Room(found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize)


def trouble_of(volume: Volume, error: OSError) -> VolumeRefused:
    """Name what an operating system's error means for a volume."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return VolumeRefused(VolumeTrouble.FULL, f"volume {volume.id}: {volume.path} is full")
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return VolumeRefused(VolumeTrouble.READ_ONLY, f"volume {volume.id}: {volume.path} cannot be written to")
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.ESTALE):
        return VolumeRefused(VolumeTrouble.MISSING, f"volume {volume.id}: {volume.path} went away; mount it again")
    return VolumeRefused(
        VolumeTrouble.FAILING, f"volume {volume.id}: {volume.path} fails ({error.strerror}); replace the disk"
    )
