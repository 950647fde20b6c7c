"""Vehicles in the book (车辆登记): in, out, passed first and written up afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from foundation.clock import beijing_day, beijing_day_start_ns
from foundation.record_keys import Keys, keys_file, open_keys
from foundation.sqlite import Row, Transaction, Value, open_read_only
from gate import known
from gate.admission import Admission, erase_admission, write_admission
from gate.facts import VehicleMoved
from gate.known import SearchKey
from gate.record import RecordBook, RecordConflictError, RecordRefusedError, UnknownRecordError, person_of
from gate.still import StillShelf, forget_still, want_still
from gate.vehicle import (
    Vehicle,
    VehicleEntry,
    VehicleKind,
    asked_plate,
    tidy_vehicle,
    vehicle_from,
    vehicle_texts,
    vehicle_troubles,
    vehicle_words,
)

_ENTRY: Final = (
    "SELECT v.id, v.day, v.gate_id, v.kind, v.in_utc_ns, v.in_guard, v.written_utc_ns, e.out_utc_ns, e.out_guard, "
    "v.undone_utc_ns, p.key_id, p.sealed FROM vehicle v LEFT JOIN person_part p ON p.record_id = 'vehicle:' || v.id "
    "LEFT JOIN vehicle_exit e ON e.vehicle_id = v.id AND e.undone_utc_ns IS NULL "
)


def vehicle_record(vehicle_id: str) -> str:
    """The record that a vehicle's audit entries, sealed part and picture belong to."""
    return f"vehicle:{vehicle_id}"


class VehicleInsideError(Exception):
    """A vehicle with this plate is inside by an earlier entry: sign that one out first."""

    def __init__(self, entry: VehicleEntry) -> None:
        super().__init__(f"vehicle {entry.id} of the same plate has not left")
        self.entry = entry


_NO_TERMS: Final = Admission()


class VehicleBook:
    """Writes vehicles; part of gate.sqlite, so it is made from the gate book."""

    def __init__(self, records: RecordBook, search_key: SearchKey) -> None:
        self._records = records
        self._key = search_key

    def enter(
        self,
        *,
        vehicle_id: str,
        gate_id: str,
        guard: str,
        vehicle: Vehicle,
        still_point: str | None = None,
        admission: Admission = _NO_TERMS,
    ) -> VehicleEntry:
        """Write down a vehicle that came in (车辆登记) and on what terms. The same again changes nothing.

        Raises RecordRefusedError, VehicleInsideError, RecordConflictError, DatabaseError.
        """
        vehicle = _fit(vehicle)
        with self._records.writing() as transaction:
            written = _one(transaction, self._records.keys, vehicle_id)
            if written is not None:
                if written.vehicle != vehicle:
                    raise RecordConflictError(f"vehicle {vehicle_id} is already written down as another")
                return written
            self._not_twice(transaction, vehicle)
            now = self._records.clock.utc_ns()
            self._insert(transaction, vehicle_id, gate_id, guard, vehicle.kind, now, written_utc_ns=now)
            self._keep(transaction, vehicle_id, vehicle, now)
            self._arrived(transaction, vehicle_id, still_point, now)
            body = {"gate": gate_id, "guard": guard, "vehicle": vehicle_texts(vehicle)}
            self._told(transaction, vehicle_id, gate_id, "in", body)
            write_admission(transaction, self._records.audit, vehicle_record(vehicle_id), admission)
            return self._read(transaction, vehicle_id)

    def pass_first(self, *, vehicle_id: str, gate_id: str, guard: str, still_point: str | None = None) -> VehicleEntry:
        """Let an emergency vehicle in at one touch (应急车辆先放行); it stays on the list until it is written up.

        Raises RecordConflictError, DatabaseError.
        """
        with self._records.writing() as transaction:
            written = _one(transaction, self._records.keys, vehicle_id)
            if written is not None:
                return written
            now = self._records.clock.utc_ns()
            self._insert(transaction, vehicle_id, gate_id, guard, VehicleKind.EMERGENCY, now, written_utc_ns=None)
            self._arrived(transaction, vehicle_id, still_point, now)
            self._told(transaction, vehicle_id, gate_id, "passed_first", {"gate": gate_id, "guard": guard})
            return self._read(transaction, vehicle_id)

    def write_up(self, *, vehicle_id: str, guard: str, vehicle: Vehicle) -> VehicleEntry:
        """Fill in what passed first (补登记), or put right what was written wrongly (更正); the audit chain keeps both.

        Raises RecordRefusedError, UnknownRecordError, RecordConflictError, DatabaseError.
        """
        vehicle = _fit(vehicle)
        with self._records.writing() as transaction:
            entry = self._read(transaction, vehicle_id)
            if entry.undone_utc_ns is not None or (entry.vehicle is None and entry.written_utc_ns is not None):
                raise RecordConflictError(f"vehicle {vehicle_id} was undone or erased")
            if entry.vehicle == vehicle:
                return entry
            now = self._records.clock.utc_ns()
            transaction.execute(
                "UPDATE vehicle SET kind = ?, written_utc_ns = coalesce(written_utc_ns, ?) WHERE id = ?",
                (vehicle.kind.value, now, vehicle_id),
            )
            self._keep(transaction, vehicle_id, vehicle, entry.in_utc_ns)
            body = {"guard": guard, "vehicle": vehicle_texts(vehicle)}
            what = "written_up" if entry.to_write_up else "corrected"
            self._told(transaction, vehicle_id, entry.gate_id, what, body)
            return self._read(transaction, vehicle_id)

    def leave(self, *, vehicle_id: str, exit_id: str, gate_id: str, guard: str) -> VehicleEntry:
        """Write down that a vehicle left; one that has already left stays as first written.

        Raises UnknownRecordError, RecordConflictError, DatabaseError.
        """
        with self._records.writing() as transaction:
            entry = self._read(transaction, vehicle_id)
            if entry.undone_utc_ns is not None:
                raise RecordConflictError(f"vehicle {vehicle_id} was undone")
            if entry.out_utc_ns is not None:
                return entry
            transaction.execute(
                "INSERT INTO vehicle_exit (id, vehicle_id, gate_id, out_utc_ns, out_guard) VALUES (?, ?, ?, ?, ?)",
                (exit_id, vehicle_id, gate_id, max(self._records.clock.utc_ns(), entry.in_utc_ns), guard),
            )
            transaction.execute("DELETE FROM vehicle_inside WHERE vehicle_id = ?", (vehicle_id,))
            self._told(transaction, vehicle_id, gate_id, "out", {"gate": gate_id, "guard": guard})
            return self._read(transaction, vehicle_id)

    def undo_entry(self, *, vehicle_id: str, guard: str) -> VehicleEntry:
        """Undo an entry made by mistake: it stays in the book, marked. Twice is as once.

        Raises UnknownRecordError, RecordConflictError if it has left meanwhile, DatabaseError.
        """
        with self._records.writing() as transaction:
            entry = self._read(transaction, vehicle_id)
            if entry.undone_utc_ns is not None:
                return entry
            if entry.out_utc_ns is not None:
                raise RecordConflictError(f"vehicle {vehicle_id} has left; undo the leaving first")
            self._records.undo(transaction, "vehicle", vehicle_id, guard)
            transaction.execute("DELETE FROM vehicle_inside WHERE vehicle_id = ?", (vehicle_id,))
            self._forget(transaction, vehicle_id)
            self._told(transaction, vehicle_id, entry.gate_id, "undone_in", {"guard": guard})
            return self._read(transaction, vehicle_id)

    def undo_exit(self, *, vehicle_id: str, guard: str) -> VehicleEntry:
        """Undo a leaving made by mistake: the vehicle is inside again. Twice is as once.

        Raises UnknownRecordError, DatabaseError.
        """
        with self._records.writing() as transaction:
            entry = self._read(transaction, vehicle_id)
            if entry.out_utc_ns is None:
                return entry
            transaction.execute(
                "UPDATE vehicle_exit SET undone_utc_ns = ?, undone_guard = ? "
                "WHERE vehicle_id = ? AND undone_utc_ns IS NULL",
                (self._records.clock.utc_ns(), guard, vehicle_id),
            )
            transaction.execute("INSERT INTO vehicle_inside (vehicle_id) VALUES (?)", (vehicle_id,))
            self._told(transaction, vehicle_id, entry.gate_id, "undone_out", {"guard": guard})
            return self._read(transaction, vehicle_id)

    def search(self, text: str, limit: int = 12) -> tuple[VehicleEntry, ...]:
        """The latest entry of each vehicle whose plate ends so. Raises DatabaseError, RecordKeysError."""
        path = self._records.database.path
        with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
            ids = known.found_records(reader, self._key, asked_plate(text), limit)
            found = [_one(reader, keys, vehicle_id) for vehicle_id in ids]
        return tuple(entry for entry in found if entry is not None and entry.vehicle is not None)

    def erase(self, transaction: Transaction, vehicle_id: str, reason: str, shelf: StillShelf) -> bool:
        """Forget plate and driver, in backups too; that a vehicle came and left stays."""
        self._forget(transaction, vehicle_id)
        forget_still(transaction, shelf, vehicle_record(vehicle_id))
        erase_admission(transaction, vehicle_record(vehicle_id))
        return self._records.erase(transaction, vehicle_record(vehicle_id), reason)

    def index_some(self) -> bool:
        """As `GateBook.index_some`, for vehicles."""
        with self._records.database.transaction() as transaction:
            ids = known.next_to_index(transaction, "vehicle")
            for vehicle_id in ids:
                entry = self._read(transaction, vehicle_id)
                if entry.vehicle is not None and entry.undone_utc_ns is None:
                    self._remember(transaction, vehicle_id, entry.vehicle, entry.in_utc_ns)
        return bool(ids)

    def _not_twice(self, transaction: Transaction, vehicle: Vehicle) -> None:
        if not vehicle.plate:
            return
        latest = known.record_of_person(transaction, self._person(vehicle))
        entry = _one(transaction, self._records.keys, latest) if latest else None
        if entry is not None and entry.inside:
            raise VehicleInsideError(entry)

    def _insert(
        self,
        transaction: Transaction,
        vehicle_id: str,
        gate_id: str,
        guard: str,
        kind: VehicleKind,
        now: int,
        *,
        written_utc_ns: int | None,
    ) -> None:
        transaction.execute(
            "INSERT INTO vehicle (id, day, gate_id, kind, in_utc_ns, in_guard, written_utc_ns) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (vehicle_id, beijing_day(now).isoformat(), gate_id, kind.value, now, guard, written_utc_ns),
        )

    def _keep(self, transaction: Transaction, vehicle_id: str, vehicle: Vehicle, in_utc_ns: int) -> None:
        record_id = vehicle_record(vehicle_id)
        self._records.keep_person(transaction, record_id, vehicle_texts(vehicle), day=beijing_day(in_utc_ns))
        self._forget(transaction, vehicle_id)
        self._remember(transaction, vehicle_id, vehicle, in_utc_ns)

    def _remember(self, transaction: Transaction, vehicle_id: str, vehicle: Vehicle, in_utc_ns: int) -> None:
        if vehicle.plate:
            known.remember(
                transaction,
                record_id=vehicle_id,
                person=self._person(vehicle),
                tokens=self._key.tokens(vehicle_words(vehicle)),
                at_utc_ns=in_utc_ns,
            )

    def _arrived(self, transaction: Transaction, vehicle_id: str, still_point: str | None, now: int) -> None:
        transaction.execute("INSERT INTO vehicle_inside (vehicle_id) VALUES (?)", (vehicle_id,))
        if still_point is not None:
            want_still(transaction, vehicle_record(vehicle_id), still_point, now)

    def _forget(self, transaction: Transaction, vehicle_id: str) -> None:
        def tokens_of(other_id: str) -> frozenset[bytes]:
            other = _one(transaction, self._records.keys, other_id)
            return self._key.tokens(vehicle_words(other.vehicle)) if other and other.vehicle else frozenset()

        known.forget(transaction, vehicle_id, tokens_of)

    def _person(self, vehicle: Vehicle) -> bytes:
        return self._key.sign(f"vehicle:{vehicle.plate}")

    def _told(
        self, transaction: Transaction, vehicle_id: str, gate_id: str, what: str, body: Mapping[str, object]
    ) -> None:
        self._records.note(transaction, vehicle_record(vehicle_id), f"vehicle.{what}", body)
        fact = VehicleMoved(vehicle_id=vehicle_id, gate_id=gate_id, what=what)
        self._records.journal.append(fact, transaction=transaction)

    def _read(self, transaction: Transaction, vehicle_id: str) -> VehicleEntry:
        entry = _one(transaction, self._records.keys, vehicle_id)
        if entry is None:
            raise UnknownRecordError(f"there is no vehicle {vehicle_id}")
        return entry


def vehicle_by_id(path: Path, vehicle_id: str) -> VehicleEntry | None:
    """One entry. Raises DatabaseError, RecordKeysError."""
    return next(iter(_entries(path, "WHERE v.id = ?", (vehicle_id,))), None)


def vehicles_inside(path: Path) -> tuple[VehicleEntry, ...]:
    """Vehicles on the campus (在校车辆), longest first. Raises DatabaseError, RecordKeysError."""
    return _entries(path, "JOIN vehicle_inside i ON i.vehicle_id = v.id ORDER BY v.in_utc_ns")


def vehicles_to_write_up(path: Path) -> tuple[VehicleEntry, ...]:
    """Emergency vehicles that passed first and still have to be written up (待补登记), longest first.

    Raises DatabaseError, RecordKeysError.
    """
    return _entries(path, "WHERE v.written_utc_ns IS NULL AND v.undone_utc_ns IS NULL ORDER BY v.in_utc_ns")


def vehicles_between(path: Path, first: date, last: date, limit: int = 20_000) -> tuple[VehicleEntry, ...]:
    """Entries that began on these Beijing days, undone ones too, earliest first. Raises DatabaseError."""
    return _entries(
        path,
        "WHERE v.in_utc_ns >= ? AND v.in_utc_ns < ? ORDER BY v.in_utc_ns LIMIT ?",
        (beijing_day_start_ns(first), beijing_day_start_ns(last + timedelta(days=1)), limit),
    )


def recent_vehicles(path: Path, limit: int = 12) -> tuple[VehicleEntry, ...]:
    """The last entry of each of the latest vehicles that are not inside now, latest first. Raises DatabaseError."""
    latest = _entries(path, "WHERE v.undone_utc_ns IS NULL ORDER BY v.in_utc_ns DESC LIMIT ?", (limit * 8,))
    found: dict[str, VehicleEntry] = {}
    for entry in latest:
        if entry.vehicle is not None and entry.vehicle.plate:
            found.setdefault(entry.vehicle.plate, entry)
    return tuple(entry for entry in found.values() if not entry.inside)[:limit]


def _entries(path: Path, condition: str, bindings: Sequence[Value] = ()) -> tuple[VehicleEntry, ...]:
    with open_read_only(path) as reader, open_keys(keys_file(path)) as keys:
        return tuple(_entry(row, keys) for row in reader.rows(_ENTRY + condition, bindings))


def _one(reader: Transaction, keys: Keys, vehicle_id: str) -> VehicleEntry | None:
    row = reader.row(_ENTRY + "WHERE v.id = ?", (vehicle_id,))
    return _entry(row, keys) if row else None


def _entry(row: Row, keys: Keys) -> VehicleEntry:
    vehicle_id, day, gate_id, kind, in_utc_ns, in_guard, written, out_utc_ns, out_guard, undone, key_id, sealed = row
    told = person_of(keys, vehicle_record(vehicle_id), key_id, sealed)
    return VehicleEntry(
        id=vehicle_id,
        day=day,
        gate_id=gate_id,
        kind=VehicleKind(kind),
        in_utc_ns=in_utc_ns,
        in_guard=in_guard,
        written_utc_ns=written,
        out_utc_ns=out_utc_ns,
        out_guard=out_guard or "",
        undone_utc_ns=undone,
        vehicle=vehicle_from(told) if told else None,
    )


def _fit(vehicle: Vehicle) -> Vehicle:
    vehicle = tidy_vehicle(vehicle)
    found = vehicle_troubles(vehicle)
    if found:
        raise RecordRefusedError(found)
    return vehicle
