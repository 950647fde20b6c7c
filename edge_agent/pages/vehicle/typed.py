"""The driver's phone masked in a form that was filled in from an earlier entry, as a visitor's numbers are (遮盖)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from edge_agent.pages.vehicle.form import values_of, vehicle_of
from edge_agent.pages.visit.typed import FILLED_FROM
from foundation.ids import is_id
from gate.vehicle import Vehicle
from gate.vehicle_book import vehicle_by_id
from gate.visit import masked


def masked_values(vehicle: Vehicle, vehicle_id: str) -> dict[str, str]:
    """The form as filled in from an entry."""
    return values_of(vehicle) | {"phone": masked(vehicle.phone), FILLED_FROM: vehicle_id}


def typed_vehicle(book: Path, form: Mapping[str, str]) -> Vehicle:
    """The vehicle that was typed in; a masked phone that nobody touched is the earlier one. Raises DatabaseError."""
    typed, earlier = vehicle_of(form), form.get(FILLED_FROM, "")
    entry = vehicle_by_id(book, earlier) if is_id(earlier) else None
    if entry is None or entry.vehicle is None or typed.phone != masked(entry.vehicle.phone):
        return typed
    return replace(typed, phone=entry.vehicle.phone)


def shown_again(form: Mapping[str, str], vehicle: Vehicle) -> dict[str, str]:
    """The form with what is not right: tidied, the phone as it was shown."""
    return {**form, **values_of(vehicle), "phone": form.get("phone", "")}
