"""Makes exports (录像导出) in the background, one at a time, and takes them away again after a week."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from edge_agent.access_log import Access, AccessKind, AccessLog, Who
from foundation.clock import NS_PER_S, Clock
from foundation.service import Service
from foundation.sqlite import DatabaseError, open_read_only
from storage.export import LONGEST_MS, Export, ExportRefused, ExportRequest, export_footage
from storage.mounted import Mounted
from storage.playback import DiskAway, by_copy, volume_of
from storage.query import read_segments
from storage.whole_film import TrackMismatch
from uplink.signature import SigningKey

KEPT_DAYS: Final = 7
_SPARE_BYTES: Final = 1_000_000_000
"""Stays free for alarms, visits and the catalogue, which lie on the same disk."""
_NS_PER_MS: Final = 1_000_000
_IDLE_S: Final = 60.0
_UNFINISHED: Final = ".part"

_log = structlog.get_logger("exports")


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    FAILED = "failed"
    STOPPED = "stopped"
    REMOVED = "removed"


class NoRoomError(Exception):
    """The disk under the state directory has no room for the films."""

    def __init__(self, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(f"{needed_bytes} bytes are needed beside {_SPARE_BYTES} to spare, {free_bytes} are free")
        self.needed_bytes = needed_bytes + _SPARE_BYTES
        self.free_bytes = free_bytes


class NothingThereError(Exception):
    """None of the points has any footage in the stretch."""


class Stopped(Exception):
    """A person, or the end of the role, stopped it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """An export as pages show it."""

    access: Access
    """Who asked for what, and why."""
    state: ExportState
    needed_bytes: int
    done_utc_ns: int | None
    size_bytes: int | None
    without: tuple[str, ...]
    trouble: str
    share: float
    """0 to 1 of the work."""
    left_s: float | None
    """Time left, once it can be told."""
    files: tuple[str, ...]


@dataclass(slots=True)
class _Work:
    """The export in hand."""

    id: str
    begun_ns: int
    share: float = 0.0
    stop: bool = False


class ExportDesk(Service):
    """Takes orders, works them off in order of asking; an order outlives a restart, which begins it anew."""

    def __init__(
        self,
        *,
        log: AccessLog,
        folder: Path,
        catalogue: Path,
        volumes: Callable[[], Sequence[Mounted]],
        names: Callable[[str], str],
        campus_name: str,
        signing_key: SigningKey,
        clock: Clock,
        free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        """`folder` is made where need be; `names` gives a point's name, `volumes` raises DatabaseError."""
        super().__init__("exports")
        self._log = log
        self._folder = folder
        self._catalogue = catalogue
        self._volumes = volumes
        self._names = names
        self._campus_name = campus_name
        self._key = signing_key
        self._clock = clock
        self._free_bytes = free_bytes
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._work: _Work | None = None
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)

    # ── what persons do ──

    def order(self, who: Who, points: Sequence[str], span_ms: tuple[int, int], reason: str) -> Access:
        """Ask for an export; it is in the access log and in the queue when this returns.

        Raises ExportRefused, NothingThereError, NoRoomError, DatabaseError, OSError (DiskAway where nothing of it can
        be read now).
        """
        if not 0 < span_ms[1] - span_ms[0] <= LONGEST_MS:
            raise ExportRefused("one export holds at most 24 hours; ask for a shorter stretch")
        needed_bytes = self._needed_bytes(points, span_ms)
        self._check_room(needed_bytes)
        with self._log.database.transaction() as transaction:
            access = self._log.note(AccessKind.EXPORT, who, points, span_ms, reason, transaction=transaction)
            transaction.execute(
                "INSERT INTO export (id, state, needed_bytes) VALUES (?, ?, ?)",
                (access.id, ExportState.WAITING.value, needed_bytes),
            )
        self._wake.set()
        return access

    def stop(self, export_id: str) -> None:
        """End an export that waits or is being made; nothing of it stays. Raises DatabaseError."""
        with self._lock:
            if self._work is not None and self._work.id == export_id:
                self._work.stop = True
                return
            self._settle(export_id, ExportState.STOPPED, only=ExportState.WAITING)

    def rows(self, *, limit: int = 50) -> list[ExportRow]:
        """Exports, newest first. Raises DatabaseError."""
        found = self._log.database.rows(
            "SELECT e.id, e.state, e.needed_bytes, e.done_utc_ns, e.size_bytes, e.without, e.trouble "
            "FROM export e JOIN access a USING (id) ORDER BY a.seq DESC LIMIT ?",
            (limit,),
        )
        with self._lock:
            work = self._work
        rows = []
        for export_id, state, needed_bytes, done_utc_ns, size_bytes, without, trouble in found:
            access = self._log.find(export_id)
            assert access is not None
            mine = work if work is not None and work.id == export_id else None
            rows.append(
                ExportRow(
                    access=access,
                    state=ExportState(state),
                    needed_bytes=needed_bytes,
                    done_utc_ns=done_utc_ns,
                    size_bytes=size_bytes,
                    without=tuple(json.loads(without)),
                    trouble=trouble,
                    share=mine.share if mine else 0.0,
                    left_s=self._left_s(mine) if mine else None,
                    files=self._files(export_id) if state == ExportState.READY else (),
                )
            )
        return rows

    def version(self) -> str:
        """Another one whenever a page would show something else. Raises DatabaseError."""
        row = self._log.database.row("SELECT group_concat(id || state) FROM (SELECT id, state FROM export ORDER BY id)")
        with self._lock:
            return f"{row[0] if row else ''}:{round(self._work.share, 2) if self._work else ''}"

    def file(self, export_id: str, name: str) -> Path | None:
        """A file of an export that is ready; None if there is none of that name."""
        return self._folder / export_id / name if name in self._files(export_id) else None

    def _files(self, export_id: str) -> tuple[str, ...]:
        folder = self._folder / export_id
        return tuple(sorted(path.name for path in folder.iterdir())) if folder.is_dir() else ()

    def _left_s(self, work: _Work) -> float | None:
        passed_s = (self._clock.running_ns() - work.begun_ns) / NS_PER_S
        return passed_s / work.share * (1 - work.share) if work.share > 0.02 else None

    # ── the room ──

    def _needed_bytes(self, points: Sequence[str], span_ms: tuple[int, int]) -> int:
        volumes = self._volumes()
        needed, growing, away = 0, False, None
        with open_read_only(self._catalogue) as reader:
            for point in points:
                rows = read_segments(reader, point, *span_ms)
                here, unread = by_copy(rows, volumes)
                needed += sum(segment.size_bytes for segment in here)
                growing = growing or any(segment.state == 0 for segment in here)
                away = away or volume_of(reader, unread)
        if needed or growing:
            return needed
        if away is not None:
            raise DiskAway("、".join(points), away)
        raise NothingThereError

    def _check_room(self, needed_bytes: int) -> None:
        free_bytes = self._free_bytes(self._folder)
        if free_bytes < needed_bytes + _SPARE_BYTES:
            raise NoRoomError(needed_bytes, free_bytes)

    # ── the work ──

    def close(self) -> None:
        self._wake.set()
        with self._lock:
            if self._work is not None:
                self._work.stop = True
        super().close()

    def _loop(self) -> None:
        self._clear_unfinished()
        while not self.stopping.is_set():
            self._wake.clear()
            try:
                self.remove_old()
                worked = self.work_one()
            except (DatabaseError, OSError) as error:
                _log.error("exports cannot go on; trying again", error=str(error))
                worked = False
            if not worked and not self.stopping.is_set():
                self._wake.wait(_IDLE_S)

    def _clear_unfinished(self) -> None:
        for folder in self._folder.glob(f"*{_UNFINISHED}"):
            shutil.rmtree(folder, ignore_errors=True)
        with self._log.database.transaction() as transaction:
            transaction.execute(
                "UPDATE export SET state = ? WHERE state = ?", (ExportState.WAITING.value, ExportState.WORKING.value)
            )

    def work_one(self) -> bool:
        """Make the export that has waited longest; False if none waits. Raises DatabaseError, OSError."""
        row = self._log.database.row(
            "SELECT e.id, e.needed_bytes FROM export e JOIN access a USING (id) WHERE e.state = ? "
            "ORDER BY a.seq LIMIT 1",
            (ExportState.WAITING.value,),
        )
        access = self._log.find(row[0]) if row else None
        if row is None or access is None:
            return False
        with self._lock:
            if not self._settle(access.id, ExportState.WORKING, only=ExportState.WAITING):
                return True
            work = self._work = _Work(access.id, self._clock.running_ns())
        part = self._folder / (access.id + _UNFINISHED)
        try:
            self._check_room(row[1])
            made = self._make(access, work, part)
            self._ready(access, made, part)
        except Stopped:
            shutil.rmtree(part, ignore_errors=True)
            if self.stopping.is_set():
                self._settle(access.id, ExportState.WAITING)  # the role ends; its next run begins it anew
            else:
                self._settle(access.id, ExportState.STOPPED)
        except (ExportRefused, TrackMismatch, NoRoomError, NothingThereError, DatabaseError, OSError) as error:
            shutil.rmtree(part, ignore_errors=True)
            _log.warning("an export failed", export=access.id, error=str(error))
            self._settle(access.id, ExportState.FAILED, trouble=type(error).__name__)
        finally:
            with self._lock:
                self._work = None
        return True

    def _make(self, access: Access, work: _Work, part: Path) -> Export:
        def progress(share: float) -> None:
            if work.stop or self.stopping.is_set():
                raise Stopped
            work.share = share

        shutil.rmtree(self._folder / access.id, ignore_errors=True)  # made, but a crash came before its row said so
        who = access.who.signature if access.who else ""
        made = export_footage(
            ExportRequest(
                points={point: self._names(point) for point in access.points},
                start_ms=access.from_ms,
                end_ms=access.to_ms,
                person=who,
                reason=access.reason,
                campus=self._campus_name,
            ),
            catalogue=self._catalogue,
            volumes=self._volumes(),
            folder=part,
            sign=self._key.sign,
            public_key=self._key.public_key,
            now_ms=self._clock.utc_ns() // _NS_PER_MS,
            progress=progress,
        )
        if not made.films:
            raise NothingThereError
        return made

    def _ready(self, access: Access, made: Export, part: Path) -> None:
        size_bytes = sum(path.stat().st_size for path in part.iterdir())
        manifest = json.loads(made.manifest.read_bytes())
        part.rename(self._folder / access.id)
        with self._log.database.transaction() as transaction:
            transaction.execute(
                "UPDATE export SET state = ?, done_utc_ns = ?, size_bytes = ?, without = ? WHERE id = ?",
                (
                    ExportState.READY.value,
                    self._clock.utc_ns(),
                    size_bytes,
                    json.dumps(list(made.without_footage)),
                    access.id,
                ),
            )
            films = {film["file"]: film["sha256"] for film in manifest["films"]}
            self._log.add(transaction, access.id, "export.made", {"manifest": made.id, "films": films})

    def _settle(
        self, export_id: str, state: ExportState, *, only: ExportState | None = None, trouble: str = ""
    ) -> bool:
        done_utc_ns = None if state in (ExportState.WAITING, ExportState.WORKING) else self._clock.utc_ns()
        with self._log.database.transaction() as transaction:
            changed = transaction.execute(
                "UPDATE export SET state = ?1, done_utc_ns = coalesce(?2, done_utc_ns), trouble = ?3 "
                "WHERE id = ?4 AND (?5 IS NULL OR state = ?5)",
                (state.value, done_utc_ns, trouble, export_id, only.value if only else None),
            )
            if changed and done_utc_ns is not None:
                self._log.add(transaction, export_id, f"export.{state}", {"trouble": trouble})
        return bool(changed)

    def remove_old(self) -> int:
        """Delete exports that have been ready for a week; returns how many. Raises DatabaseError, OSError."""
        before_utc_ns = self._clock.utc_ns() - KEPT_DAYS * 86_400 * NS_PER_S
        rows = self._log.database.rows(
            "SELECT id FROM export WHERE state = ? AND done_utc_ns < ?", (ExportState.READY.value, before_utc_ns)
        )
        for (export_id,) in rows:
            with suppress(FileNotFoundError):
                shutil.rmtree(self._folder / export_id)
            self._settle(export_id, ExportState.REMOVED)
        return len(rows)
