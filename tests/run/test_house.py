"""What stands where: the rooms' names are ours alone, and the ground floor holds only its closed list."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

PROJECT = "campus-edge-agent"

FOUNDATION = {
    "audit", "canonical", "clock", "finding", "ids", "journal", "log", "proven_time", "record_keys", "sealed",
    "service", "short_process", "sqlite", "state",
}  # fmt: skip
"""A module is added here only when a second room needs it and it knows no word of the domain."""


def rooms(root: Path) -> set[str]:
    return {init.parent.name for init in root.glob("*/__init__.py")}


def test_no_other_distribution_owns_one_of_our_top_level_names(root: Path) -> None:
    owners = importlib.metadata.packages_distributions()
    ours = rooms(root) | {"tests", "benchmarks", "deploy"}
    assert {"edge_agent", "camera", "storage", "config"} <= ours
    taken = {name: owners[name] for name in ours if set(owners.get(name, [])) - {PROJECT}}
    assert taken == {}, f"an installed package would shadow our rooms: {taken}"


def test_the_ground_floor_holds_only_its_closed_list_of_modules(root: Path) -> None:
    modules = {
        path.relative_to(root / "foundation").with_suffix("").as_posix() for path in root.glob("foundation/**/*.py")
    }
    assert modules - {"__init__"} <= FOUNDATION


def test_every_room_is_typed_for_those_who_import_it(root: Path) -> None:
    assert {room for room in rooms(root) if not (root / room / "py.typed").exists()} == set()
