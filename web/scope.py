"""Which schools a person at the center may see (管辖范围)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from foundation.sqlite import Transaction

SCOPE_COLUMN: Final = (
    "(SELECT json_group_array(json_array(kind, name)) FROM person_scope WHERE person_scope.person_id = person.id)"
)
"""Reads as text what `read_scope` takes; an expression over the table `person`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Everything, or the schools of some districts and some schools by id; without either nothing at all."""

    whole: bool = False
    districts: frozenset[str] = frozenset()
    campuses: frozenset[str] = frozenset()

    def holds(self, *, campus: str, district: str) -> bool:
        """Whether a school lies within it."""
        return self.whole or campus in self.campuses or district in self.districts


WHOLE: Final = Scope(whole=True)
NOTHING: Final = Scope()


def write_scope(transaction: Transaction, person_id: str, scope: Scope) -> None:
    """Replace what a person may see."""
    transaction.execute("DELETE FROM person_scope WHERE person_id = ?", (person_id,))
    rows = [("whole", "")] if scope.whole else []
    rows += [("district", name) for name in sorted(scope.districts)]
    rows += [("campus", name) for name in sorted(scope.campuses)]
    transaction.execute_many(
        "INSERT INTO person_scope (person_id, kind, name) VALUES (?, ?, ?)",
        [(person_id, kind, name) for kind, name in rows],
    )


def read_scope(column: str) -> Scope:
    """What SCOPE_COLUMN gave."""
    pairs = json.loads(column)
    return Scope(
        whole=any(kind == "whole" for kind, _ in pairs),
        districts=frozenset(name for kind, name in pairs if kind == "district"),
        campuses=frozenset(name for kind, name in pairs if kind == "campus"),
    )


def scope_evidence(scope: Scope) -> dict[str, object]:
    """As the audit chain keeps it."""
    return {"whole": scope.whole, "districts": sorted(scope.districts), "campuses": sorted(scope.campuses)}
