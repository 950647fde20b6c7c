"""Volumes: disks and shares that say themselves which one they are, so that no other takes their place unnoticed."""

from __future__ import annotations

import errno
import json
import os
import re
import uuid
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from config.volume import Volume
from storage.segment import sync_folder

IDENTITY_FILE: Final = ".campus-volume.json"
MOUNTS: Final = Path("/proc/self/mountinfo")


_AWAY: Final = frozenset(
    {
        *(errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO),
        errno.ESTALE,  # NFS: the server exports something else now
        *(errno.ENOTCONN, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENETDOWN, errno.ENETUNREACH),  # CIFS, FUSE
        *(errno.ECONNABORTED, errno.ECONNREFUSED, errno.ECONNRESET, errno.ENOLINK),
    }
)


class VolumeTrouble(StrEnum):
    """Why a volume takes no footage now."""

    MISSING = "missing"
    READ_ONLY = "read_only"
    SWAPPED = "swapped"
    NEW = "new"
    """A disk that nobody has taken into use yet: which one lies at a path is for a person to know, not for us."""
    FULL = "full"
    FAILING = "failing"
    SLOW = "slow"
    """It takes fragments more slowly than they come; used only while nothing better is there."""
    HUNG = "hung"
    """It does not answer at all, as a share whose server is gone."""


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
    """Read a volume's identity and compare it with the one known; a folder of the system's disk is given one.

    With `known_uuid` the volume was used before: then a missing identity means an unmounted or swapped disk, and
    nothing is written. A disk of its own gets its identity from a person (`adopt`). Raises VolumeRefused.
    """
    try:
        _refuse_unmounted(volume, known_uuid)
        found = _read(volume)
    except OSError as error:
        raise trouble_of(volume, error) from error
    if found is None:
        if known_uuid is not None:
            raise VolumeRefused(
                VolumeTrouble.MISSING,
                f"volume {volume.id}: {volume.path} holds no {IDENTITY_FILE}: its disk is not mounted there; "
                f"if it is gone for good: edge-agent footage adopt {volume.id} --replace",
            )
        if volume.own_disk:
            raise VolumeRefused(
                VolumeTrouble.NEW,
                f"volume {volume.id}: the disk at {volume.path} was never used for footage; see that it is the right "
                f"one, then take it into use: edge-agent footage adopt {volume.id}",
            )
        found = _write(volume)
    if found.id != volume.id or (known_uuid is not None and found.uuid != known_uuid):
        raise VolumeRefused(
            VolumeTrouble.SWAPPED,
            f"volume {volume.id}: the disk at {volume.path} is another one (it says {found.id}, {found.uuid}); "
            f"put the right one back, or if that is gone for good: edge-agent footage adopt {volume.id} --replace",
        )
    try:
        read_only = not os.access(volume.path, os.W_OK) or os.statvfs(volume.path).f_flag & os.ST_RDONLY
    except OSError as error:
        raise trouble_of(volume, error) from error
    if read_only:
        raise VolumeRefused(VolumeTrouble.READ_ONLY, f"volume {volume.id}: {volume.path} cannot be written to")
    return found


def adopt(volume: Volume, *, former_uuid: str | None = None) -> VolumeIdentity:
    """Take a disk into use for footage, by a person's word: it says from now on which volume it is.

    With `former_uuid` it takes the place of that disk for good; it may then say already that it is this volume, as
    after an interruption. Raises VolumeRefused, also for a disk that is in use as what it says.
    """
    try:
        _refuse_unmounted(volume, None)
        found = _read(volume)
    except OSError as error:
        raise trouble_of(volume, error) from error
    if found is None:
        return _write(volume)
    if former_uuid is not None and found.id == volume.id and found.uuid != former_uuid:
        return found
    raise VolumeRefused(
        VolumeTrouble.SWAPPED,
        f"volume {volume.id}: the disk at {volume.path} is in use already (it says {found.id}, {found.uuid})",
    )


def is_mount_point(path: Path, mounts: Path = MOUNTS) -> bool:
    """Whether something is mounted exactly there, by the kernel's own list. Raises OSError."""
    wanted = os.path.realpath(path)
    lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return any(_unescaped(line.split(" ")[4]) == wanted for line in lines)


def _unescaped(place: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), place)  # a space is \040 there


def _refuse_unmounted(volume: Volume, known_uuid: str | None) -> None:
    if volume.own_disk and not is_mount_point(volume.path):
        raise VolumeRefused(
            VolumeTrouble.MISSING, f"volume {volume.id}: nothing is mounted at {volume.path}; mount its disk or share"
        )
    if not volume.path.is_dir():
        if known_uuid is not None or not volume.path.parent.is_dir():
            raise VolumeRefused(
                VolumeTrouble.MISSING, f"volume {volume.id}: {volume.path} is not there; mount the disk or share"
            )
        volume.path.mkdir(mode=0o750)


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
    if error.errno in _AWAY:
        return VolumeRefused(VolumeTrouble.MISSING, f"volume {volume.id}: {volume.path} went away; mount it again")
    if error.errno == errno.ETIMEDOUT:
        return VolumeRefused(
            VolumeTrouble.HUNG, f"volume {volume.id}: {volume.path} does not answer; see to the disk, share or server"
        )
    return VolumeRefused(
        VolumeTrouble.FAILING, f"volume {volume.id}: {volume.path} fails ({error.strerror}); replace the disk"
    )
