"""The inspector's register of devices: the only writer of cameras.sqlite."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from camera.device_state import DeviceState, LoginHold, Standing
from camera.facts import (
    CLOCK_SET,
    DeviceChanged,
    DeviceStateChanged,
    InputChanged,
    RelayChanged,
    StreamMeasured,
    StreamsChanged,
)
from camera.onvif.model import DeviceEvent, DeviceTime, Identity, SourceStreams
from camera.query import StreamAddress
from camera.stream_health import StreamAsSet
from foundation.clock import NS_PER_S, Clock
from foundation.journal import JOURNAL_SQL, Fact, Journal
from foundation.proven_time import TimeReading
from foundation.sqlite import Database, Row, Schema, Transaction, Value

_SCHEMA: Final = (
    JOURNAL_SQL,
    ("camera", "schema.sql"),
    ("camera.picture", "schema.sql"),
    ("camera", "migrations/0002_mac.sql"),
    ("camera", "migrations/0003_stream_measure.sql"),
    ("camera", "migrations/0004_held_footage.sql"),
)
_PASSING: Final = tuple(
    fact.kind for fact in (DeviceStateChanged, StreamsChanged, InputChanged, RelayChanged, TimeReading)
)
_FACTS_KEPT_NS: Final = 30 * 86_400 * NS_PER_S
"""A role that was away longer asks for the state, not for how it came about."""
_TOPIC_CHARACTERS: Final = 200
_EXAMPLE_CHARACTERS: Final = 1000
_MOST_TOPICS: Final = 100
_ADDRESS: Final = ("uri", "profile", "codec", "width_px", "height_px", "fps", "bitrate_bps")
_WHO: Final = ("manufacturer", "model", "firmware", "serial", "hardware")


class Register:
    """Rows and the facts about them are committed together."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.database = Database(path, Schema.load("cameras", *_SCHEMA))
        self.journal = Journal(self.database, clock)
        self._clock = clock

    def keep_only(self, addresses: Mapping[str, str]) -> tuple[str, ...]:
        """Make the rows those of the settings (device id to address); returns the ids that left.

        A device at another address is asked everything anew.
        """
        with self.database.transaction() as transaction:
            known = {row[0]: row[1] for row in transaction.rows("SELECT id, address FROM device")}
            gone = tuple(device_id for device_id in known if device_id not in addresses)
            for device_id, address in known.items():
                if addresses.get(device_id) != address:
                    transaction.execute("DELETE FROM device WHERE id = ?", (device_id,))
            transaction.execute_many(
                "INSERT INTO device (id, address, state, since_utc_ns) VALUES (?, ?, 'unknown', ?) "
                "ON CONFLICT (id) DO NOTHING",
                [(device_id, address, self._clock.utc_ns()) for device_id, address in addresses.items()],
            )
        return gone

    def standings(self) -> dict[str, tuple[Standing, LoginHold | None]]:
        """Standing and log-in hold of every device, as last written."""
        rows = self.database.rows(
            "SELECT id, state, trouble, message, since_utc_ns, recent, held_until_utc_ns, held_login FROM device"
        )
        return {row[0]: (_standing(row[1:6]), _hold(row[6], row[7])) for row in rows}

    def identity(self, device_id: str) -> Identity | None:
        """Who the device said it was."""
        row = self.database.row(f"SELECT {', '.join(_WHO)} FROM device WHERE id = ?", (device_id,))  # noqa: S608 - our own names
        return Identity(*row) if row and row[0] is not None else None

    def streams_known(self, device_id: str) -> bool:
        """Whether any stream of the device is written down."""
        return self.database.row("SELECT 1 FROM stream WHERE device_id = ?", (device_id,)) is not None

    def note_visit(
        self, transaction: Transaction, device_id: str, standing: Standing, hold: LoginHold | None, *, good: bool
    ) -> None:
        """How a device stands after a visit; tells a fact if state or trouble changed."""
        now = self._clock.utc_ns()
        before = transaction.row("SELECT state, trouble FROM device WHERE id = ?", (device_id,))
        transaction.execute(
            "UPDATE device SET state = ?, trouble = ?, message = ?, since_utc_ns = ?, recent = ?, "
            "held_until_utc_ns = ?, held_login = ?, last_visit_utc_ns = ?, "
            "last_seen_utc_ns = iif(?, ?, last_seen_utc_ns) WHERE id = ?",
            (
                standing.state.value,
                standing.trouble,
                standing.message,
                standing.since_utc_ns,
                standing.recent,
                hold.until_utc_ns if hold else None,
                hold.login_mark if hold else None,
                now,
                int(good),
                now,
                device_id,
            ),
        )
        if before != (standing.state.value, standing.trouble):
            self.tell(
                transaction,
                DeviceStateChanged(
                    device_id=device_id,
                    state=standing.state,
                    trouble=standing.trouble,
                    message=standing.message,
                    since_utc_ns=standing.since_utc_ns,
                ),
            )

    def note_clock_set(self, transaction: Transaction, device_id: str, after: DeviceTime) -> None:
        """We set a device's clock: told with what it was before, so that the camera file has it.

        A device that says it follows a time server does so no longer.
        """
        row = transaction.row("SELECT clock_offset_ns, clock_by_ntp FROM device WHERE id = ?", (device_id,))
        before = f"{row[0] / NS_PER_S:+.1f} s{' (NTP)' if row[1] else ''}" if row and row[0] is not None else ""
        change = DeviceChanged(
            device_id=device_id, what=CLOCK_SET, before=before, after=f"{after.offset_ns / NS_PER_S:+.1f} s"
        )
        self.tell(transaction, change)

    def note_time(self, transaction: Transaction, device_id: str, time: DeviceTime) -> None:
        """A device's clock beside ours."""
        transaction.execute(
            "UPDATE device SET clock_offset_ns = ?, clock_error_ns = ?, clock_asked_utc_ns = ?, clock_by_ntp = ?, "
            "time_zone = ? WHERE id = ?",
            (time.offset_ns, time.error_ns, time.asked_utc_ns, int(time.by_ntp), time.time_zone, device_id),
        )

    def note_identity(self, transaction: Transaction, device_id: str, identity: Identity) -> None:
        """Who a device says it is; what changed is told."""
        row = transaction.row(f"SELECT {', '.join(_WHO)} FROM device WHERE id = ?", (device_id,))  # noqa: S608
        values = tuple(getattr(identity, name) for name in _WHO)
        if row is None or row == values:
            return
        transaction.execute(
            "UPDATE device SET manufacturer = ?, model = ?, firmware = ?, serial = ?, hardware = ? WHERE id = ?",
            (*values, device_id),
        )
        for name, old, new in zip(_WHO, row, values, strict=True):
            if old is not None and old != new:
                self.tell(transaction, DeviceChanged(device_id=device_id, what=name, before=old, after=new))

    def note_mac(self, transaction: Transaction, device_id: str, mac: str) -> None:
        """The hardware address; an empty one is not told and changes nothing."""
        row = transaction.row("SELECT mac FROM device WHERE id = ?", (device_id,))
        if not mac or row is None or row[0] == mac:
            return
        transaction.execute("UPDATE device SET mac = ? WHERE id = ?", (mac, device_id))
        if row[0] is not None:
            self.tell(transaction, DeviceChanged(device_id=device_id, what="mac", before=row[0], after=mac))

    def note_streams(self, transaction: Transaction, device_id: str, streams: Iterable[SourceStreams]) -> None:
        """What a device's sources give; told if anything is another than before."""
        sources: list[tuple[Value, ...]] = []
        parts: list[tuple[Value, ...]] = []
        for found in streams:
            configuration = found.main.profile.configuration_token
            sources.append((device_id, found.source.number, found.source.token, configuration, found.snapshot_uri))
            for part, stream in (("main", found.main), ("sub", found.sub)):
                if stream is not None:
                    profile = stream.profile
                    size = (profile.width_px, profile.height_px, profile.fps, profile.bitrate_bps)
                    parts.append(
                        (device_id, found.source.number, part, stream.uri, profile.token, profile.codec.value, *size)
                    )
        before = (
            transaction.rows("SELECT * FROM source WHERE device_id = ? ORDER BY number", (device_id,)),
            transaction.rows("SELECT * FROM stream WHERE device_id = ? ORDER BY source, part", (device_id,)),
        )
        if before == (sources, parts):
            return
        transaction.execute("DELETE FROM source WHERE device_id = ?", (device_id,))
        transaction.execute_many("INSERT INTO source VALUES (?, ?, ?, ?, ?)", sources)
        transaction.execute_many("INSERT INTO stream VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", parts)
        self.tell(transaction, StreamsChanged(device_id=device_id))
        told: dict[tuple[int, str], str] = {(row[1], row[2]): _told(row) for row in before[1]}
        now = transaction.rows("SELECT * FROM stream WHERE device_id = ? ORDER BY source, part", (device_id,))
        for row in now:
            known, words = told.get((row[1], row[2])), _told(row)
            if known is not None and known != words:
                what = f"{row[2]}_stream"
                change = DeviceChanged(device_id=device_id, what=what, before=known, after=words, source=row[1])
                self.tell(transaction, change)

    def note_measure(self, fact: StreamMeasured, device_id: str, at_utc_ns: int) -> None:
        """How a point's main stream came, in place of the measure before."""
        with self.database.transaction() as transaction:
            transaction.execute(
                "INSERT OR REPLACE INTO stream_measure VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    fact.point_id,
                    device_id,
                    at_utc_ns,
                    fact.seconds,
                    fact.codec,
                    fact.bits_per_s,
                    fact.fps,
                    fact.keyframe_s,
                    fact.packets_lost,
                    fact.damaged_frames,
                ),
            )

    def main_as_set(self, device_id: str, source: int) -> StreamAsSet | None:
        """What the camera says of a source's main stream; None while it has not told."""
        row = self.database.row(
            "SELECT codec, fps, bitrate_bps FROM stream WHERE device_id = ? AND source = ? AND part = 'main'",
            (device_id, source),
        )
        return StreamAsSet(codec=row[0], fps=row[1], bitrate_bps=row[2]) if row else None

    def main_codecs(self, device_id: str) -> dict[int, str]:
        """Codec of each source's main stream, as the device last told."""
        rows = self.database.rows(
            "SELECT source, codec FROM stream WHERE device_id = ? AND part = 'main'", (device_id,)
        )
        return {int(row[0]): str(row[1]) for row in rows}

    def source_number(self, device_id: str, token: str) -> int:
        """The source that an event's token names; 0 where the device has one source, -1 where nobody knows."""
        rows = self.database.rows("SELECT number, token, configuration FROM source WHERE device_id = ?", (device_id,))
        if len(rows) == 1:
            return int(rows[0][0])
        return next((int(row[0]) for row in rows if token and token in row[1:]), -1)

    def count_topics(self, transaction: Transaction, device_id: str, events: Sequence[DeviceEvent]) -> None:
        """Keep events' topics that nobody taught us; the oldest of too many make room."""
        for event in events:
            example = json.dumps([*event.source, *event.data], ensure_ascii=False)[:_EXAMPLE_CHARACTERS]
            transaction.execute(
                "INSERT INTO unknown_topic VALUES (?1, ?2, 1, ?3, ?4) ON CONFLICT DO UPDATE SET "
                "seen = seen + 1, last_utc_ns = excluded.last_utc_ns, example = excluded.example",
                (device_id, event.topic[:_TOPIC_CHARACTERS], self._clock.utc_ns(), example),
            )
        transaction.execute(
            "DELETE FROM unknown_topic WHERE device_id = ?1 AND topic NOT IN (SELECT topic FROM unknown_topic "
            "WHERE device_id = ?1 ORDER BY last_utc_ns DESC LIMIT ?2)",
            (device_id, _MOST_TOPICS),
        )

    def tell(self, transaction: Transaction, fact: Fact) -> None:
        """Append a fact to the journal in the same file."""
        self.journal.append(fact, transaction=transaction)

    def prune(self, transaction: Transaction) -> None:
        """Let go of facts that mean nothing any more; what changed about a device stays, the camera file needs it."""
        old_utc_ns = self._clock.utc_ns() - _FACTS_KEPT_NS
        self.journal.prune(_PASSING, before_utc_ns=old_utc_ns, transaction=transaction)

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()


def _standing(row: Row) -> Standing:
    state, trouble, message, since_utc_ns, recent = row
    return Standing(
        state=DeviceState(state), trouble=trouble, message=message, since_utc_ns=since_utc_ns, recent=recent
    )


def _told(stream: Row) -> str:
    # What a person would call another stream; its address and profile may change by a reboot and mean nothing.
    return StreamAddress(**dict(zip(_ADDRESS, stream[3:], strict=True))).words


def _hold(until_utc_ns: int | None, mark: bytes | None) -> LoginHold | None:
    return LoginHold(until_utc_ns, mark) if until_utc_ns is not None and mark is not None else None
