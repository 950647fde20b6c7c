"""The locks name what pyproject.toml asks for: a dependency added or dropped without `./run lock` is found here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ASKED_BY_US = "campus-edge-agent (pyproject.toml)"


def name_of(requirement: str) -> str:
    """`psycopg[binary]>=3` is psycopg; PEP 503 spells names in lower case with single dashes."""
    name = re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def entries(lock: Path) -> dict[str, str]:
    """Each locked package with its hashes and the comment that says who asked for it."""
    found = re.split(r"^(?=[a-zA-Z0-9])", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {name_of(entry): entry for entry in found if entry.strip()}


@pytest.mark.parametrize(
    ("lock", "extras"), [("lock.txt", ("center", "simulator", "dev", "build")), ("agent.txt", ("build",))]
)
def test_a_lock_holds_what_is_asked_for_and_nothing_that_is_not(root: Path, lock: str, extras: tuple[str, ...]) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *(word for extra in extras for word in project["optional-dependencies"][extra])]
    locked = {name for name, entry in entries(root / "requirements" / lock).items() if ASKED_BY_US in entry}
    assert locked == {name_of(requirement) for requirement in asked}


@pytest.mark.parametrize("lock", ["lock.txt", "agent.txt"])
def test_every_locked_package_has_a_hash_and_no_place_to_come_from(root: Path, lock: str) -> None:
    found = entries(root / "requirements" / lock)
    assert len(found) > 40
    assert [name for name, entry in found.items() if "--hash=sha256:" not in entry] == []
    assert "://" not in (root / "requirements" / lock).read_text(encoding="utf-8")


def test_the_agent_alone_is_locked_to_the_versions_that_were_tested(root: Path) -> None:
    def first_lines(lock: str) -> set[str]:
        return {entry.splitlines()[0] for entry in entries(root / "requirements" / lock).values()}

    assert first_lines("agent.txt") - first_lines("lock.txt") == set()
