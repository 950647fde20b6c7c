"""The vehicle form (车辆登记): from what was typed to a vehicle, and the keys of a plate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Final

from gate.spelling import count_in
from gate.vehicle import Vehicle, VehicleKind

PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使"
SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
ENDINGS: Final = ("警", "学", "挂", "港", "澳", "领", "使", "临", "试", "应急")
FIELDS: Final = tuple(item.name for item in fields(Vehicle))


def vehicle_of(form: Mapping[str, str]) -> Vehicle:
    """The vehicle that was typed in; what cannot be read becomes a value that the book refuses."""
    kind, people = form.get("kind", ""), count_in(form.get("people", "").strip() or "0")
    return Vehicle(
        kind=VehicleKind(kind) if kind in set(VehicleKind) else VehicleKind.OTHER,
        plate=form.get("plate", ""),
        plate_note=form.get("plate_note", ""),
        driver=form.get("driver", ""),
        phone=form.get("phone", ""),
        organisation=form.get("organisation", ""),
        cargo=form.get("cargo", ""),
        host=form.get("host", ""),
        people=-1 if people is None else people,
    )


def values_of(vehicle: Vehicle) -> dict[str, str]:
    """The form as filled in for a vehicle."""
    values = {name: str(getattr(vehicle, name)) for name in FIELDS}
    return values | {"people": str(vehicle.people) if vehicle.people > 0 else ""}
