"""Every finding that a role can open is explained to a person, with the next step."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from camera.device_findings import TROUBLES
from camera.picture.verdict import Condition
from gate.duty_check import KINDS as DUTY_KINDS
from safety.rule import DEFAULT_RULES, HAND, NOTICE
from storage.check import Trouble
from storage.volume import VolumeTrouble
from web.finding_words import described_kinds, words_of

ROOMS = ("camera", "storage", "alarms", "gate", "safety", "uplink", "edge_agent")
KIND = re.compile(r"^[a-z_]+\.[a-z0-9_]+$")


CALLS = frozenset({"open", "clear", "is_open", "end", "_switch"})
"""What is done to findings, with subject and kind first; whatever is cleared is opened somewhere."""


def assigned(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Names and the constants that they stand for, also side by side: `subject, kind = …, "room.what"`."""
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        for target in targets:
            pairs = [(target, getattr(node, "value", None))]
            if isinstance(target, ast.Tuple) and isinstance(pairs[0][1], ast.Tuple):
                pairs = list(zip(target.elts, pairs[0][1].elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant):
                    yield name.id, value.value


def opened_kinds(file: Path) -> Iterator[str]:
    """Kinds given to `board.open(subject, kind, …)` and its like, as text or by a name of the module."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    constants: dict[str, set[object]] = defaultdict(set)
    for name, value in assigned(tree):
        constants[name].add(value)
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
            continue
        if len(node.args) < 2:
            continue
        kind = node.args[1]
        values = {kind.value} if isinstance(kind, ast.Constant) else constants.get(getattr(kind, "id", ""), set())
        yield from (value for value in values if isinstance(value, str) and KIND.match(value))


def test_every_kind_of_finding_has_words(root: Path) -> None:
    kinds = {kind for room in ROOMS for file in (root / room).rglob("*.py") for kind in opened_kinds(file)}
    assert {"uplink.certificate_ending", "alarm.no_receipt", "alarm.input_stuck"} <= kinds, "the search itself finds"
    nothing_known = words_of("nobody.knows_this")
    facts = {"role.started", "role.stopped"}
    assert sorted(kind for kind in kinds - facts if words_of(kind) is nothing_known) == []


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
