"""Enrolled gate screens (门卫终端). Asked at every press, so the answer is in memory and never waits for a disk."""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from foundation.audit import AUDIT_SQL, AuditChain
from foundation.clock import Clock
from foundation.ids import new_id
from foundation.sqlite import Database, Schema, open_read_only

SCHEMA: Final = Schema.load("stations", AUDIT_SQL, ("gate", "stations.sql"))
BOX: Final = "box"
"""The screen on the box itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A screen and the gate it stands at."""

    id: str
    name: str
    gate_id: str


@dataclass(frozen=True, slots=True)
class EnrolledStation:
    """A screen as the register has it."""

    station: Station
    enrolled_utc_ns: int
    ended_utc_ns: int | None


def enrolled_stations(path: Path) -> tuple[EnrolledStation, ...]:
    """Every screen that ever was, those in use first, for other roles; none before the file exists.

    Raises DatabaseError.
    """
    if not path.exists():
        return ()
    with open_read_only(path) as reader:
        rows = reader.rows(
            "SELECT id, name, gate_id, enrolled_utc_ns, ended_utc_ns FROM station "
            "ORDER BY ended_utc_ns IS NOT NULL, enrolled_utc_ns DESC"
        )
    return tuple(EnrolledStation(Station(id=row[0], name=row[1], gate_id=row[2]), row[3], row[4]) for row in rows)


class Stations:
    """The register, written by the gatehouse."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._database = Database(path, SCHEMA)
        self._audit = AuditChain(clock)
        self._lock = threading.Lock()
        self._by_digest: dict[bytes, Station] = {}
        self._load()

    def enrol(self, *, name: str, gate_id: str) -> tuple[Station, str]:
        """Take a screen in; its token is given out once, here. Raises DatabaseError."""
        station, token = Station(id=new_id(), name=name, gate_id=gate_id), secrets.token_urlsafe(32)
        with self._database.transaction() as transaction:
            transaction.execute(
                "INSERT INTO station (id, name, gate_id, token_digest, enrolled_utc_ns) VALUES (?, ?, ?, ?, ?)",
                (station.id, name, gate_id, digest_of(token), self._clock.utc_ns()),
            )
            body: dict[str, object] = {"name": name, "gate": gate_id}
            self._audit.append(transaction, record_id=f"station:{station.id}", action="station.enrolled", body=body)
        self._load()
        return station, token

    def end(self, station_id: str, *, by: str) -> None:
        """Let a screen go (lost, replaced): its token is worth nothing from now on. Raises DatabaseError."""
        with self._database.transaction() as transaction:
            changed = transaction.execute(
                "UPDATE station SET ended_utc_ns = ? WHERE id = ? AND ended_utc_ns IS NULL",
                (self._clock.utc_ns(), station_id),
            )
            if changed:
                self._audit.append(
                    transaction, record_id=f"station:{station_id}", action="station.ended", body={"by": by}
                )
        self._load()

    def of_token(self, token: str) -> Station | None:
        """The screen that holds this token; from memory, by digest, so that timing tells nothing of it."""
        with self._lock:
            return self._by_digest.get(digest_of(token))

    def all(self) -> tuple[Station, ...]:
        """Screens in use."""
        with self._lock:
            return tuple(self._by_digest.values())

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _load(self) -> None:
        rows = self._database.rows(
            "SELECT token_digest, id, name, gate_id FROM station WHERE ended_utc_ns IS NULL ORDER BY enrolled_utc_ns"
        )
        found = {bytes(row[0]): Station(id=row[1], name=row[2], gate_id=row[3]) for row in rows}
        with self._lock:
            self._by_digest = found


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
