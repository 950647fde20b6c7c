"""Every finding that a role can open is explained to a person, with the next step."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from camera.device_findings import TROUBLES
from camera.picture.judgement import Condition
from gate.duty_check import KINDS as DUTY_KINDS
from safety.rule import DEFAULT_RULES, HAND, NOTICE
from storage.check import Trouble
from storage.volume import VolumeTrouble
from web.finding_words import described_kinds, words_of

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


def composed_kinds() -> set[str]:
    """Kinds whose second word is a device's trouble, a volume's trouble, what a picture suffers from, or what is wrong
    with duty."""
    return (
        set(TROUBLES)
        | {f"storage.volume_{trouble}" for trouble in VolumeTrouble}
        | {f"storage.footage_{trouble}" for trouble in (Trouble.MISSING, Trouble.ALTERED)}
        | {f"picture.{condition}" for condition in Condition}
        | set(DUTY_KINDS)
    )


def test_every_composed_kind_has_words() -> None:
    nothing_known = words_of("nobody.knows_this")
    assert sorted(kind for kind in composed_kinds() if words_of(kind) is nothing_known) == []


def test_every_kind_that_is_described_or_has_a_rule_is_told_by_some_room(root: Path) -> None:
    """A rule or a sentence for a kind that nobody tells any more is a promise that nobody keeps."""
    spoken = {
        node.value
        for room in (*ROOMS, "foundation")
        for file in (root / room).rglob("*.py")
        if file.name != "finding_words.py" and room != "safety"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and KIND.match(node.value)
    }
    told = spoken | composed_kinds()
    rules = {rule.kind for rule in DEFAULT_RULES if not rule.kind.endswith("*")} - {HAND, NOTICE}
    assert sorted((rules | described_kinds()) - told) == []
