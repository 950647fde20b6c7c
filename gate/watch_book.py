"""The watchlist on the disk (布控名单): written by the office, kept in memory by the gatehouse."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day
from foundation.ids import new_id
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sealed import UnsealError, unseal
from foundation.sqlite import Row, Transaction, open_read_only
from gate.facts import WatchHit
from gate.record import RecordBook, UnknownRecordError, person_of, refuse
from gate.watch import Certainty, Watched, WatchEntry, WatchIndex, tidy_watched, watched_troubles

_LISTS: Final = ("names", "phones", "plates", "documents")
_BETWEEN: Final = "\n"
_FACTS_LOOKED_AT: Final = 200_000
"""A school's gate tells some hundred a day."""
_SUREST_FIRST: Final = tuple(Certainty)
_ENTRY: Final = (
    "SELECT w.id, w.from_day, w.until_day, w.by_name, w.added_utc_ns, p.key_id, p.sealed, "
    "EXISTS (SELECT 1 FROM watch_picture q WHERE q.watch_id = w.id) "
    "FROM watch w JOIN person_part p ON p.record_id = 'watch:' || w.id WHERE w.ended_utc_ns IS NULL "
)


def watch_record(watch_id: str) -> str:
    """The record that an entry's audit entries and sealed parts belong to."""
    return f"watch:{watch_id}"


class WatchBook:
    """The office's list; part of gate_orders.sqlite."""

    def __init__(self, records: RecordBook) -> None:
        self._records = records

    def add(self, rows: Sequence[Watched], *, by: str, picture: bytes | None = None) -> tuple[str, ...]:
        """Put people on the list, all or none; ids in their order. A picture belongs to a single one.

        Raises RecordRefusedError, DatabaseError.
        """
        plain = [tidy_watched(row) for row in rows]
        for row in plain:
            refuse(watched_troubles(row))
        now = self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            ids = []
            for row in plain:
                watch_id = new_id()
                ids.append(watch_id)
                until = row.until_day.isoformat() if row.until_day else None
                transaction.execute(
                    "INSERT INTO watch (id, from_day, until_day, by_name, added_utc_ns) VALUES (?, ?, ?, ?, ?)",
                    (watch_id, row.from_day.isoformat(), until, by, now),
                )
                # A list of persons ages from its last day; one without an end is in use until it is ended.
                self._records.keep_person(transaction, watch_record(watch_id), _texts(row), day=row.until_day)
                body = {"by": by, "from": row.from_day.isoformat(), "until": until or "", **_texts(row)}
                self._records.note(transaction, watch_record(watch_id), "watch.added", body)
            if picture is not None and len(ids) == 1:
                record_id = watch_record(ids[0])
                _, sealed = self._records.audit.seal(transaction, record_id=record_id, plain=picture)
                transaction.execute("INSERT INTO watch_picture VALUES (?, ?)", (ids[0], sealed))
        return tuple(ids)

    def end(self, watch_id: str, *, by: str) -> None:
        """Take somebody off the list; twice is as once. Raises UnknownRecordError, DatabaseError."""
        now = self._records.clock.utc_ns()
        with self._records.writing() as transaction:
            if transaction.row("SELECT 1 FROM watch WHERE id = ?", (watch_id,)) is None:
                raise UnknownRecordError(f"there is no watch entry {watch_id}")
            changed = transaction.execute(
                "UPDATE watch SET ended_utc_ns = ?, ended_by = ? WHERE id = ? AND ended_utc_ns IS NULL",
                (now, by, watch_id),
            )
            if changed:
                # The picture is only for finding somebody; the rest stays for as long as the gate book does.
                transaction.execute("DELETE FROM watch_picture WHERE watch_id = ?", (watch_id,))
                self._records.ages_from(transaction, watch_record(watch_id), beijing_day(now))
                self._records.note(transaction, watch_record(watch_id), "watch.ended", {"by": by})


class WatchView:
    """The list as the gatehouse knows it: read again when it has changed, compared in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._noted: int | None = None
        self._index = WatchIndex(())

    def index(self) -> WatchIndex:
        """The list as it stands now. Raises DatabaseError, RecordKeysError."""
        with self._lock:
            noted = _last_noted(self._path)
            if noted != self._noted:
                self._index = WatchIndex(read_watchlist(self._path))
                self._noted = noted
            return self._index


def read_watchlist(path: Path) -> tuple[WatchEntry, ...]:
    """Everybody on the list, also those whose days have not begun or are over, latest first.

    Raises DatabaseError, RecordKeysError.
    """
    if not path.exists():
        return ()
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        if reader.row("SELECT 1 FROM sqlite_master WHERE name = 'watch'") is None:
            return ()  # the office has not been updated yet
        rows = reader.rows(_ENTRY + "ORDER BY w.added_utc_ns DESC, w.rowid DESC")
        return tuple(entry for row in rows if (entry := _entry(row, keys)) is not None)


def watched_by_id(path: Path, watch_id: str) -> WatchEntry | None:
    """One entry that is on the list. Raises DatabaseError, RecordKeysError."""
    if not path.exists():
        return None
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        row = reader.row(_ENTRY + "AND w.id = ?", (watch_id,))
        return _entry(row, keys) if row else None


def watch_picture(path: Path, watch_id: str) -> bytes | None:
    """The picture of an entry, JPEG. Raises DatabaseError, RecordKeysError."""
    if not path.exists():
        return None
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        return _picture(reader, keys, watch_id)


@dataclass(frozen=True, slots=True)
class Hit:
    """Somebody who may be on the list stood at a gate (布控命中)."""

    at_utc_ns: int
    watch_id: str
    certainty: Certainty
    record: str


def recent_hits(book: Path, limit: int = 30) -> tuple[Hit, ...]:
    """The latest hits, newest first, the surest of each record, among the last two hundred thousand facts of the gate.

    Raises DatabaseError.
    """
    with open_read_only(book) as reader:
        rows = reader.rows(
            "SELECT at_utc_ns, body FROM fact WHERE kind = ? AND seq > (SELECT ifnull(max(seq), 0) FROM fact) - ? "
            "ORDER BY seq DESC LIMIT ?",
            (WatchHit.kind, _FACTS_LOOKED_AT, limit * len(Certainty)),
        )
    found: dict[tuple[str, str], Hit] = {}
    for at_utc_ns, body in rows:
        told = WatchHit.model_validate_json(body)
        hit = Hit(at_utc_ns, told.watch_id, Certainty(told.certainty), told.record)
        same = (hit.watch_id, hit.record)
        found[same] = min(found.get(same, hit), hit, key=lambda one: _SUREST_FIRST.index(one.certainty))
    return tuple(found.values())[:limit]


def _picture(reader: Transaction, keys: Keys, watch_id: str) -> bytes | None:
    row = reader.row(
        "SELECT p.sealed, k.id FROM watch_picture p JOIN audit_key k ON k.record_id = 'watch:' || p.watch_id "
        "WHERE p.watch_id = ?",
        (watch_id,),
    )
    key = keys.key(row[1]) if row else None
    if row is None or key is None:
        return None
    try:
        return unseal(key, row[0], watch_record(watch_id))
    except UnsealError:
        return None


def _texts(watched: Watched) -> dict[str, str]:
    told = {name: _BETWEEN.join(getattr(watched, name)) for name in _LISTS}
    return {name: text for name, text in told.items() if text} | {"reason": watched.reason}


def _entry(row: Row, keys: Keys) -> WatchEntry | None:
    watch_id, from_day, until_day, by, added_utc_ns, key_id, sealed, picture = row
    told: Mapping[str, str] = person_of(keys, watch_record(watch_id), key_id, sealed)
    if not told:
        return None
    lists = {name: tuple(told.get(name, "").split(_BETWEEN)) if told.get(name) else () for name in _LISTS}
    return WatchEntry(
        id=watch_id,
        watched=Watched(
            **lists,
            reason=told.get("reason", ""),
            from_day=date.fromisoformat(from_day),
            until_day=date.fromisoformat(until_day) if until_day else None,
        ),
        by=by,
        added_utc_ns=added_utc_ns,
        picture=bool(picture),
    )


def _last_noted(path: Path) -> int | None:
    # Every change of the list is noted in the audit chain with it. The file's own stamps are not enough: SQLite stamps
    # its log before the sync and shows the change after it, which on a disk that hangs is later than this look.
    if not path.exists():
        return None
    with open_read_only(path) as reader:
        row = reader.row("SELECT ifnull(max(seq), 0) FROM audit")
        return int(row[0]) if row else 0
