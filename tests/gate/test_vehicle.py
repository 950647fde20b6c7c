"""Vehicles: every plate that drives in China, in and out, passed first and written up afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from foundation.ids import new_id
from gate.book import GateBook
from gate.plate import PlateKind, plate_kind, tidy_plate
from gate.record import RecordConflictError, RecordRefusedError
from gate.vehicle import Vehicle, VehicleEntry, VehicleKind, vehicle_from, vehicle_texts
from gate.vehicle_book import (
    VehicleInsideError,
    recent_vehicles,
    vehicle_by_id,
    vehicles_between,
    vehicles_inside,
    vehicles_to_write_up,
)

MILK = Vehicle(kind=VehicleKind.DELIVERY, plate="京A12345", driver="赵六", cargo="牛奶 20 箱", phone="13800000001")
EARLY = 1_795_240_800_000_000_000  # 2026-11-21 14:00 in Beijing


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(now_utc_ns=EARLY)


@pytest.fixture
def book(tmp_path: Path, clock: ManualClock) -> Iterator[GateBook]:
    opened = GateBook(tmp_path / "gate.sqlite", clock)
    yield opened
    opened.close()


def enter(book: GateBook, vehicle: Vehicle = MILK) -> VehicleEntry:
    return book.vehicles.enter(vehicle_id=new_id(), gate_id="east", guard="王师傅", vehicle=vehicle)


def leave(book: GateBook, entry: VehicleEntry) -> VehicleEntry:
    return book.vehicles.leave(vehicle_id=entry.id, exit_id=new_id(), gate_id="west", guard="李师傅")


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("京A·12345", PlateKind.CAR),
        ("京a 1234b", PlateKind.CAR),
        ("粤BD12345", PlateKind.NEW_ENERGY),
        ("粤B12345D", PlateKind.NEW_ENERGY),
        ("京A1234警", PlateKind.POLICE),
        ("鲁B5678学", PlateKind.LEARNER),
        ("冀C2468挂", PlateKind.TRAILER),
        ("粤Z1234港", PlateKind.BORDER),
        ("粤ZA123澳", PlateKind.BORDER),
        ("使224001", PlateKind.EMBASSY),
        ("224001使", PlateKind.EMBASSY),
        ("沪A1234领", PlateKind.EMBASSY),
        ("VA12345", PlateKind.MILITARY),
        ("WJ京1234X", PlateKind.ARMED_POLICE),
        ("WJ0112345", PlateKind.ARMED_POLICE),
        ("京X1234应急", PlateKind.RESCUE),
        ("民航A1234", PlateKind.CIVIL_AVIATION),
        ("京A12345临", PlateKind.TEMPORARY),
        ("京A1234试", PlateKind.TEMPORARY),
        ("苏0112345", PlateKind.FARM),
        ("京A1234", None),
        ("京AABC12", None),
        ("京AI2345", None),
        ("ABC 123", None),
        ("", None),
    ],
)
def test_each_plate_is_known_by_its_form(typed: str, kind: PlateKind | None) -> None:
    assert plate_kind(tidy_plate(typed)) is kind


def test_a_vehicle_is_inside_until_it_leaves_and_once_a_plate(book: GateBook, clock: ManualClock) -> None:
    entry = enter(book, replace(MILK, plate="京a·12345 "))
    assert entry.vehicle == MILK
    assert vehicles_inside(book.path) == (entry,)
    with pytest.raises(VehicleInsideError):
        enter(book)
    clock.advance(seconds=60)
    left = leave(book, entry)
    assert (left.out_utc_ns, left.out_guard) == (EARLY + 60_000_000_000, "李师傅")
    assert leave(book, entry) == left
    assert vehicles_inside(book.path) == ()
    assert vehicles_between(book.path, date(2026, 11, 21), date(2026, 11, 21)) == (left,)
    enter(book)
    assert verify_audit(book.path).holds


def test_an_unknown_plate_goes_in_with_a_reason_only(book: GateBook) -> None:
    with pytest.raises(RecordRefusedError) as refused:
        enter(book, replace(MILK, plate="DE-AB 123", driver=""))
    assert set(refused.value.troubles) == {"plate", "driver"}
    assert enter(book, replace(MILK, plate="DE-AB 123", plate_note="外国车牌")).inside
    assert enter(book, replace(MILK, plate="", plate_note="电动三轮，无牌")).inside


def test_an_emergency_vehicle_passes_first_and_stays_on_the_list_until_written_up(
    book: GateBook, clock: ManualClock
) -> None:
    vehicle_id = new_id()
    first = book.vehicles.pass_first(vehicle_id=vehicle_id, gate_id="east", guard="王师傅")
    assert first == book.vehicles.pass_first(vehicle_id=vehicle_id, gate_id="east", guard="王师傅")
    leave(book, first)
    assert [entry.id for entry in vehicles_to_write_up(book.path)] == [vehicle_id]
    clock.advance(seconds=900)
    ambulance = Vehicle(kind=VehicleKind.EMERGENCY, plate="京A1234应急".replace("A", "X"), cargo="急救")
    written = book.vehicles.write_up(vehicle_id=vehicle_id, guard="王师傅", vehicle=ambulance)
    assert written.vehicle == ambulance
    assert written.in_utc_ns == EARLY
    assert written.written_utc_ns == EARLY + 900_000_000_000
    assert vehicles_to_write_up(book.path) == ()


def test_a_regular_vehicle_is_offered_and_found_by_the_end_of_its_plate(book: GateBook, clock: ManualClock) -> None:
    entry = enter(book)
    assert recent_vehicles(book.path) == ()
    assert [found.id for found in book.vehicles.search("345")] == [entry.id]
    leave(book, entry)
    clock.advance(seconds=60)
    again = enter(book)
    leave(book, again)
    assert [found.id for found in recent_vehicles(book.path)] == [again.id]
    assert [found.id for found in book.vehicles.search("A12345")] == [again.id]
    assert book.vehicles.search("45") == ()
    assert book.search("2345") == (), "a vehicle's plate finds no visitor"


def test_undoing_is_possible_both_ways_and_stays_in_the_book(book: GateBook) -> None:
    entry = enter(book)
    leave(book, entry)
    with pytest.raises(RecordConflictError):
        book.vehicles.undo_entry(vehicle_id=entry.id, guard="王师傅")
    assert book.vehicles.undo_exit(vehicle_id=entry.id, guard="王师傅").inside
    undone = book.vehicles.undo_entry(vehicle_id=entry.id, guard="王师傅")
    assert undone == book.vehicles.undo_entry(vehicle_id=entry.id, guard="王师傅")
    assert vehicles_inside(book.path) == ()
    assert vehicles_between(book.path, date(2026, 11, 21), date(2026, 11, 21)) == (undone,)
    assert book.vehicles.search("12345") == ()


def test_a_correction_is_shown_and_the_chain_keeps_what_stood_before(book: GateBook) -> None:
    entry = enter(book)
    right = replace(MILK, plate="京A54321")
    corrected = book.vehicles.write_up(vehicle_id=entry.id, guard="王师傅", vehicle=right)
    assert corrected.vehicle == right
    assert [found.id for found in book.vehicles.search("54321")] == [entry.id]
    assert book.vehicles.search("12345") == ()
    verdict = verify_audit(book.path)
    assert (verdict.entries, verdict.holds) == (2, True)


def test_what_is_sealed_of_a_vehicle_reads_back_as_it_was() -> None:
    assert vehicle_from(vehicle_texts(MILK)) == MILK
    bus = Vehicle(kind=VehicleKind.SCHOOL_BUS, plate="京A1234D", people=45, host="校车队")
    assert vehicle_from(vehicle_texts(bus)) == bus


def test_the_file_names_no_vehicle(book: GateBook) -> None:
    entry = enter(book)
    everything = b"".join(file.read_bytes() for file in book.path.parent.rglob("*") if file.is_file())
    assert MILK.driver.encode() not in everything
    assert MILK.plate.encode() not in everything
    found = vehicle_by_id(book.path, entry.id)
    assert found is not None
    assert found.vehicle == MILK
