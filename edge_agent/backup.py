"""Backups of the state directory (备份): consistent copies that name nobody who is erased, now or later (promise 7).

A copy holds every database and the photos. Personal data in it is sealed; the keys are not in it. They lie in one place
beside the copies, brought up to date in place with each backup, so that an erased key vanishes there too.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from edge_agent.role import Role
from foundation.audit import verify_audit
from foundation.clock import Clock, beijing, rfc3339
from foundation.record_keys import RecordKeys
from foundation.service import RefusedError
from foundation.sqlite import DatabaseError, open_read_only
from foundation.state import StateDirectory
from gate.book import GateBook
from gate.orders import GateOrders

MANIFEST: Final = "manifest.json"
KEYS: Final = "keys"
_PAGES_AT_ONCE: Final = 1_000
_PICTURES: Final = (("photos", "*.jpg"), ("alarm-stills", "*.jpg"), ("gate-stills", "*.sealed"))
"""Pictures of visitors are sealed: without their keys, which are in no copy, they show nobody."""


class BackupError(RefusedError):
    """The backup cannot be made or restored; nothing was changed. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished copy."""

    folder: Path
    files: int
    size_bytes: int


def make_backup(state: StateDirectory, target: Path, clock: Clock, keys: Path | None = None) -> Backup:
    """Copy everything into a new folder of `target`; the agent may be at work meanwhile. `keys` is where the keys go.

    Raises BackupError, DatabaseError, OSError.
    """
    databases = list(_databases(state.root))
    if not databases:
        raise BackupError(f"there is nothing to copy in {state.root}: name the state directory with --state")
    if target.resolve().is_relative_to(state.root.resolve()):
        raise BackupError(f"{target} lies in the state directory and would be lost with it: name a folder elsewhere")
    now_utc_ns = clock.utc_ns()
    folder = target / f"campus-edge-{beijing(now_utc_ns):%Y-%m-%d-%H%M%S}"
    part = folder.with_name(folder.name + ".part")
    part.mkdir(parents=True, mode=0o700)
    for name in databases:
        _copy_database(state.root / name, part / name)
    for pictures, ending in _PICTURES:
        for file in sorted((state.root / pictures).rglob(ending)):
            _copy_picture(file, part / file.relative_to(state.root))
    files = [file for file in sorted(part.rglob("*")) if file.is_file()]
    listed = {str(file.relative_to(part)): _sha256(file) for file in files}
    manifest = {"made_at": rfc3339(now_utc_ns), "files": listed}
    (part / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for file in (*files, part / MANIFEST):
        _sync(file)
    part.rename(folder)
    _sync(target)
    copy_keys(state, keys or target / KEYS)
    return Backup(folder, len(files), sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()))


def copy_keys(state: StateDirectory, keys: Path) -> None:
    """Bring the copy of the record keys up to date: new ones added, erased ones overwritten. Raises DatabaseError."""
    for file in sorted((state.root / KEYS).glob("*.keys")):
        live = RecordKeys(file)
        try:
            live.bring_up_to_date(keys / file.name)
        finally:
            live.close()


def restore_backup(state: StateDirectory, folder: Path, clock: Clock, keys: Path | None = None) -> Path | None:
    """Put a copy in the place of what is there; what was erased since stays erased. The agent must not run.

    Returns where the files lie that were replaced, None if there were none. Raises BackupError, DatabaseError, OSError.
    """
    running = [role for role in Role if state.is_running(role)]
    if running:
        raise BackupError(f"{', '.join(running)} is running on {state.root}: stop the agent first")
    names = _checked(folder)
    state.create()
    aside = state.root / "replaced" / f"{beijing(clock.utc_ns()):%Y-%m-%d-%H%M%S}"
    replaced = False
    for name in names:
        fresh = state.root / (name + ".restored")
        fresh.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, fresh)
        _sync(fresh)
        replaced = _set_aside(state.root, name, aside) or replaced
        fresh.rename(state.root / name)
        _sync(fresh.parent)
    for file in sorted((keys or folder.parent / KEYS).glob("*.keys")):
        live = RecordKeys(state.root / KEYS / file.name)
        try:
            live.take_over(file)
        finally:
            live.close()
    _rewind_cursors(state)
    if (state.database("gate")).exists():
        GateBook(state.database("gate"), clock).close()  # erases again whoever was erased since the copy was made
    if (state.database("gate_orders")).exists():
        GateOrders(state.database("gate_orders"), clock).close()
    return aside if replaced else None


def _databases(root: Path) -> Iterator[str]:
    for pattern in ("*.sqlite", "journal/*.sqlite"):
        for file in sorted(root.glob(pattern)):
            yield str(file.relative_to(root))


def _copy_picture(file: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(file, copy)
    except FileNotFoundError:  # erased just now: so be it
        copy.unlink(missing_ok=True)


def _copy_database(source: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    try:
        live = apsw.Connection(str(source), flags=apsw.SQLITE_OPEN_READONLY)
        live.set_busy_timeout(5_000)
        fresh = apsw.Connection(str(copy))
        with fresh.backup("main", live, "main") as backup:
            while not backup.done:
                backup.step(_PAGES_AT_ONCE)
        live.close()
        fresh.pragma("journal_mode", "delete")  # one file, so that it can be carried about
        sound = fresh.pragma("integrity_check")
        fresh.close()
    except apsw.Error as error:
        raise DatabaseError(f"{source} cannot be copied: {error}") from error
    if sound != "ok":
        raise BackupError(f"{source} is damaged ({sound}): restore an older backup before making a new one")
    _check_chain(copy)


def _check_chain(copy: Path) -> None:
    with open_read_only(copy) as reader:
        if not reader.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit'"):
            return
    verdict = verify_audit(copy, texts=False)
    if not verdict.holds:
        raise BackupError(f"the audit chain in {copy.name} does not hold: {verdict.trouble[0]}")


def _checked(folder: Path) -> list[str]:
    try:
        listed = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"]
        if any(".." in Path(name).parts or Path(name).is_absolute() for name in listed):
            raise BackupError(f"{folder} names files outside itself: take another")
        wrong = [name for name, sha256 in listed.items() if _sha256(folder / name) != sha256]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise BackupError(f"{folder} is not a whole backup ({error}): take another") from error
    if wrong:
        raise BackupError(f"{folder / wrong[0]} was changed since the backup was made: take another")
    for name in listed:
        if name.endswith(".sqlite"):
            _check_chain(folder / name)
    return sorted(listed)


def _set_aside(root: Path, name: str, aside: Path) -> bool:
    found = False
    for ending in ("", "-wal", "-shm"):
        old = root / (name + ending)
        if old.exists():
            place = aside / (name + ending)
            place.parent.mkdir(parents=True, exist_ok=True)
            old.rename(place)
            found = True
    return found


def _rewind_cursors(state: StateDirectory) -> None:
    # The files were copied one after the other: a reader may have read further than its speaker's copy goes. It would
    # pass over what is told under those numbers next; reading a few facts twice does nothing.
    last: dict[str, int] = {}
    paths = [state.root / name for name in _databases(state.root)]
    for path in paths:
        with open_read_only(path) as reader:
            if reader.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'fact'"):
                row = reader.row("SELECT coalesce(max(seq), 0) FROM fact")
                last[path.stem] = int(row[0]) if row else 0
    for path in paths:
        with open_read_only(path) as reader:
            if not reader.row("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'cursor'"):
                continue
        writer = apsw.Connection(str(path))
        try:
            with writer:
                for journal, seq in last.items():
                    writer.execute("UPDATE cursor SET seq = ? WHERE journal = ? AND seq > ?", (seq, journal, seq))
        except apsw.Error as error:
            raise DatabaseError(f"{path}: {error}") from error
        finally:
            writer.close()


def _sha256(file: Path) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
