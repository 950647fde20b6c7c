"""Findings on Today: what was measured in words with units, and one button that leads to what mends each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.pages import PACKAGE
from edge_agent.pages.navigation import GATE, GROUPS
from edge_agent.pages.status.evidence import Value, evidence_text, worded_keys
from edge_agent.pages.status.model import FindingStatus
from edge_agent.pages.status.remedy import remedy_of
from web.duty import Duty, Right
from web.finding_words import described_kinds
from web.language import Language, catalogue
from web.signs import State

CHINESE = catalogue(Language.CHINESE, (PACKAGE, "web"))
ENGLISH = catalogue(Language.ENGLISH, (PACKAGE, "web"))
ROOT = Path(__file__).parents[2]
SPEAKERS = ("camera", "storage", "alarms", "gate", "safety", "edge_agent")


def finding(kind: str, subject: str = "device:cam") -> FindingStatus:
    return FindingStatus(
        id="f1", role="x", subject=subject, subject_name="x", kind=kind, state=State.FAILING, since_utc_ns=0
    )


def path_of(kind: str, subject: str, duty: Duty = Duty.LEADER) -> str:
    return remedy_of(finding(kind, subject), {"cam": "east-gate"}, duty.may).path


def told_keys() -> Iterator[str]:
    """Keys of evidence as the code writes them: literals given as `evidence`, or returned or kept as that."""
    for file in (file for room in SPEAKERS for file in (ROOT / room).rglob("*.py")):
        source = file.read_text(encoding="utf-8")
        if "vidence" not in source:
            continue
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.keyword(arg="evidence") | ast.Assign(targets=[ast.Name(id="evidence")]):
                    told: list[ast.AST] = [node.value]
                case ast.AnnAssign(target=ast.Name(id="evidence" | "found"), value=ast.expr() as value) if (
                    "Evidence" in ast.unparse(node.annotation) or "bool" in ast.unparse(node.annotation)
                ):
                    told = [value]
                case ast.Call(func=ast.Name(id="Wanted" | "DutyTrouble")):
                    told = [*node.args, *(given.value for given in node.keywords)]
                case ast.FunctionDef(name="_first" | "_days" | "_evidence"):
                    told = list(node.body)
                case _:
                    continue
            for plain in (plain for one in told for plain in ast.walk(one) if isinstance(plain, ast.Dict)):
                yield from (str(key.value) for key in plain.keys if isinstance(key, ast.Constant))


def test_whatever_is_measured_has_a_name_and_a_unit() -> None:
    told = set(told_keys())
    assert {"area_m2", "from", "oldest", "offset_ms"} <= told
    assert told - worded_keys() == set()


def test_evidence_is_read_in_words_with_units_and_beijing_time() -> None:
    measured: dict[str, Value] = {
        "area_m2": 12.50,
        "points": "gate east-gate",
        "poses": "declared",
        "since": "2026-11-23T04:00:00.000000Z",
        "missing_bytes": 3_400_000_000,
        "supervised": False,
        "episode": "01a2",
        "error": "",
        "unheard_of": 3,
    }
    shown = evidence_text(measured, CHINESE, {"gate": "东门", "east-gate": "东门人行"})
    assert shown == (
        "面积 12.5 m² · 点位 东门 东门人行 · 安装位置 申报 · 从 2026-11-23 12:00:00 · "
        "还差 3.4 GB · 线路监测 否 · unheard_of 3"
    )
    assert evidence_text({"area_m2": 3, "poses": "measured"}, ENGLISH) == "area 3 m² · place of mounting Measured"


@pytest.mark.parametrize(
    ("kind", "subject", "path"),
    [
        ("camera.unreachable", "device:cam", "/cameras/east-gate"),
        ("camera.unreachable", "device:unknown", "/cameras"),
        ("camera.codec_changed", "point:yard", "/cameras/yard"),
        ("camera.tamper_reported", "point:yard", "/pictures/yard"),
        ("picture.covered", "point:yard", "/pictures/yard"),
        ("picture.many_at_once", "campus:demo", "/pictures"),
        ("storage.volume_full", "volume:main", "/volumes"),
        ("storage.stalled", "point:yard", "/cameras/yard"),
        ("coverage.blind_spot", "zone:z", "/coverage"),
        ("gate.roster_gap", "campus:demo", "/gate/roster"),
        ("safety.phone_report_late", "incident:i1", "/incidents/i1"),
        ("drill.night_missed", "campus:demo", "/drills/evacuation"),
        ("role.unclean_end", "role:recorder", "/faults/of/f1"),
        ("nobody.knows", "campus:demo", "/faults/of/f1"),
    ],
)
def test_each_finding_leads_to_what_mends_it(kind: str, subject: str, path: str) -> None:
    assert path_of(kind, subject) == path


@pytest.mark.parametrize("duty", [duty for duty in Duty if duty.may(Right.SEE_STATUS)])
def test_nobody_is_led_to_a_page_that_is_closed_to_them(duty: Duty) -> None:
    rights = {entry.path: entry.right for group in (*GROUPS, GATE) for entry in group}
    for kind in described_kinds():
        path = path_of(kind, "campus:demo", duty)
        start = path if path in rights else f"/{path.split('/')[1]}"
        assert duty.may(rights[start]), (kind, path)
