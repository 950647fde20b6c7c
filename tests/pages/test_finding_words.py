"""Every finding that a role can open is explained to a person, with the next step."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from edge_agent.pages.finding_words import words_of

ROOMS = ("camera", "storage", "alarms", "gate", "safety", "uplink", "edge_agent")
KIND = re.compile(r"^[a-z_]+\.[a-z0-9_]+$")


def opened_kinds(file: Path) -> Iterator[str]:
    """Kinds given to `board.open(subject, kind, severity, …)`, as text or as a constant of the module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants = {
        target.id: node.value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "open"):
            continue
        if len(node.args) < 3:
            continue
        kind = node.args[1]
        value = kind.value if isinstance(kind, ast.Constant) else constants.get(getattr(kind, "id", ""))
        if isinstance(value, str) and KIND.match(value):
            yield value


def test_every_kind_of_finding_has_words(root: Path) -> None:
    kinds = {kind for room in ROOMS for file in (root / room).rglob("*.py") for kind in opened_kinds(file)}
    assert len(kinds) >= 8, "the search itself must find something"
    nothing_known = words_of("nobody.knows_this")
    assert sorted(kind for kind in kinds if words_of(kind) is nothing_known) == []
