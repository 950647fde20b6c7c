"""What was discovered, as the part of a settings file that check-config accepts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import yaml

from camera.onvif.discovery import Enrolled, Found
from foundation.ids import is_slug


def device_id(found: Found, taken: set[str]) -> str:
    """A short name from what the device calls itself, never one that is taken."""
    host = re.sub(r"^https?://|/.*$", "", found.address)
    words = re.sub(r"[^a-z0-9]+", "-", (found.name or f"camera-{host}").lower()).strip("-")[:48].strip("-")
    base = words if is_slug(words) else re.sub(r"[^a-z0-9]+", "-", f"camera-{host}".lower()).strip("-")
    chosen, number = base, 2
    while chosen in taken:
        chosen, number = f"{base}-{number}", number + 1
    taken.add(chosen)
    return chosen


def devices_text(
    found: Iterable[Found], *, credential: str | None, known: Sequence[str] = (), ids: Collection[str] = ()
) -> str:
    """`devices:` for the settings file; addresses in `known` stand there already and are left out, `ids` are taken."""
    taken = set(ids)
    entries = [_device(one, credential, taken) for one in found if one.address not in known]
    return _text({"devices": entries})


def enrolled_text(
    enrolled: Iterable[Enrolled], *, credential: str | None, volume: str, retention: str, ids: Collection[str] = ()
) -> str:
    """`devices:` and `points:`, a point for each video source of each device; `ids` are taken."""
    taken = set(ids)
    devices: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for one in enrolled:
        entry = _device(one.found, credential, taken)
        devices.append(entry)
        several = len(one.sources) > 1
        for source in one.sources:
            number = source.source.number
            point: dict[str, Any] = {
                "id": f"{entry['id']}-{number + 1}" if several else entry["id"],
                "name": f"{entry['name']} {number + 1}" if several else entry["name"],
                "device": entry["id"],
            }
            if number:
                point["source"] = number
            points.append(point | {"volume": volume, "retention": retention})
    return _text({"devices": devices, "points": points})


def _device(found: Found, credential: str | None, taken: set[str]) -> dict[str, Any]:
    chosen = device_id(found, taken)
    entry: dict[str, Any] = {"id": chosen, "name": (found.name or chosen)[:80], "address": found.address}
    return entry if credential is None else entry | {"credential": credential}


def _text(values: dict[str, Any]) -> str:
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
