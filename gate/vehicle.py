"""A vehicle at the gate (车辆) and what may be written of it; rules only, nothing is stored here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Final

from gate.plate import plate_kind, tidy_plate
from gate.spelling import tidy_number, tidy_text
from gate.visit import COMPANIONS_LIMIT, NAME_LIMIT, TEXT_LIMIT, Trouble, is_phone


class VehicleKind(StrEnum):
    """What a vehicle comes for."""

    DELIVERY = "delivery"
    """送货"""
    SCHOOL_BUS = "school_bus"
    """校车"""
    PARENT = "parent"
    """家长"""
    STAFF = "staff"
    """教职工"""
    WORKS = "works"
    """施工维修"""
    EMERGENCY = "emergency"
    """急救、消防、警车: passes first, is written up afterwards"""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """Plate, driver and cargo. Build it with `tidy_vehicle`, judge it with `vehicle_troubles`."""

    kind: VehicleKind
    plate: str = ""
    plate_note: str = ""
    """Why a plate of no known form, or none, is right all the same."""
    driver: str = ""
    phone: str = ""
    organisation: str = ""
    cargo: str = ""
    host: str = ""
    people: int = 0
    """In the vehicle beside the driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleEntry:
    """A vehicle as it stands in the book."""

    id: str
    day: str
    gate_id: str
    kind: VehicleKind
    in_utc_ns: int
    in_guard: str
    written_utc_ns: int | None
    """None while it passed first and still has to be written up (待补登记)."""
    out_utc_ns: int | None = None
    out_guard: str = ""
    undone_utc_ns: int | None = None
    vehicle: Vehicle | None
    """None while not written up, and once erased."""

    @property
    def inside(self) -> bool:
        """Still on the campus."""
        return self.out_utc_ns is None and self.undone_utc_ns is None

    @property
    def to_write_up(self) -> bool:
        """Passed first and on the list until somebody writes it up."""
        return self.written_utc_ns is None and self.undone_utc_ns is None


_TEXTS: Final = ("plate_note", "driver", "organisation", "cargo", "host")


def tidy_vehicle(vehicle: Vehicle) -> Vehicle:
    """The same in one form, as `gate.visit.tidy`."""
    return Vehicle(
        kind=vehicle.kind,
        plate=tidy_plate(vehicle.plate),
        phone=tidy_number(vehicle.phone),
        people=vehicle.people,
        **{name: tidy_text(getattr(vehicle, name)) for name in _TEXTS},
    )


def vehicle_troubles(vehicle: Vehicle) -> dict[str, Trouble]:
    """What keeps a tidy vehicle out of the book, by field; empty if it may be written."""
    found: dict[str, Trouble] = {}
    if not vehicle.plate_note:
        if not vehicle.plate:
            found["plate"] = Trouble.MISSING
        elif plate_kind(vehicle.plate) is None:
            found["plate"] = Trouble.WRONG_PLATE
    if vehicle.kind not in (VehicleKind.EMERGENCY, VehicleKind.SCHOOL_BUS) and not vehicle.driver:
        found["driver"] = Trouble.MISSING
    for item in fields(Vehicle):
        value = getattr(vehicle, item.name)
        limit = NAME_LIMIT if item.name in {"driver", "host"} else TEXT_LIMIT
        if isinstance(value, str) and len(value) > limit:
            found[item.name] = Trouble.TOO_LONG
    if not 0 <= vehicle.people <= COMPANIONS_LIMIT:
        found["people"] = Trouble.OUT_OF_RANGE
    if vehicle.phone and not is_phone(vehicle.phone):
        found["phone"] = Trouble.WRONG_FORM
    return found


def vehicle_words(vehicle: Vehicle) -> frozenset[str]:
    """What a vehicle is found by among vehicles: every end of its plate from the last three signs on."""
    plate = vehicle.plate.casefold()
    return frozenset(f"vehicle:{plate[start:]}" for start in range(max(len(plate) - 2, 0)))


def asked_plate(text: str) -> list[frozenset[str]]:
    """What was typed to find a vehicle; empty if it is too short to find one."""
    plate = tidy_plate(text).casefold()
    return [frozenset({f"vehicle:{plate}"})] if len(plate) >= 3 else []


def vehicle_texts(vehicle: Vehicle) -> dict[str, str]:
    """A vehicle as it is sealed: what is not empty, as texts."""
    return {item.name: str(value) for item in fields(Vehicle) if (value := getattr(vehicle, item.name))}


def vehicle_from(texts: Mapping[str, str]) -> Vehicle:
    """A vehicle from what was sealed."""
    kept = {item.name: texts[item.name] for item in fields(Vehicle) if item.name in texts and item.type == "str"}
    return Vehicle(kind=VehicleKind(texts["kind"]), people=int(texts.get("people", "0")), **kept)
