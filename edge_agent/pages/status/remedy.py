"""Where a finding is put right (去处理): the one page that the button beside it leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from edge_agent.pages.status.model import FindingStatus
from web.duty import Right
from web.language import mark

_BY_HAND: Final = mark("去处理")
_POINTS_PAGES: Final = ("/cameras", "/pictures")


@dataclass(frozen=True, slots=True)
class Remedy:
    """A page and what is done there."""

    path: str
    word: str
    right: Right = Right.SEE_STATUS


_CAMERA: Final = Remedy("/cameras", mark("看摄像机"))
_PICTURE: Final = Remedy("/pictures", mark("看画面"))
_DISKS: Final = Remedy("/volumes", mark("看录像硬盘"))
_PLAN: Final = Remedy("/coverage", mark("看平面图"))
_ROSTER: Final = Remedy("/gate/roster", mark("去排班"), Right.ARRANGE_GATE)
_EVACUATION: Final = Remedy("/drills/evacuation", mark("登记演练"))
_INCIDENT: Final = Remedy("/incidents", mark("去报告"))
_PAGES: Final[Mapping[str, Remedy]] = {
    "alarm.input_untested": Remedy("/drills", mark("布置演练")),
    "alarm.no_receipt": Remedy("/alarms", mark("看报警")),
    "camera.": _CAMERA,
    "camera.blurry_reported": _PICTURE,
    "camera.signal_loss": _PICTURE,
    "camera.tamper_reported": _PICTURE,
    "camera.too_bright_reported": _PICTURE,
    "camera.too_dark_reported": _PICTURE,
    "coverage.": _PLAN,
    "drill.": _EVACUATION,
    "gate.erasure_held_back": Remedy("/gate/book", mark("看来访台账"), Right.SEE_VISITS),
    "gate.escort_gap": _ROSTER,
    "gate.leader_gap": _ROSTER,
    "gate.nobody_on_duty": Remedy("/gate", mark("看值班"), Right.ARRANGE_GATE),
    "gate.patrol_missed": Remedy("/gate/patrol", mark("看巡查"), Right.ARRANGE_GATE),
    "gate.roster_gap": _ROSTER,
    "picture.": _PICTURE,
    "safety.": _INCIDENT,
    "storage.": _CAMERA,
    "storage.footage_altered": _DISKS,
    "storage.footage_missing": _DISKS,
    "storage.catalogue_failed": _DISKS,
    "storage.volume_": _DISKS,
    "storage.when_full_": _DISKS,
    "storage.will_not_fit": _DISKS,
}
"""By kind, or by how a kind begins; the longest that fits counts. What is not here is worked on in the fault ledger."""


def remedy_of(finding: FindingStatus, point_of: Mapping[str, str], may: Callable[[Right], bool]) -> Remedy:
    """The page for a finding; `point_of` says which point a device belongs to.

    Whoever may not open that page is led to the finding's fault, as is everything that only a person's hands put right.
    """
    fitting = [start for start in _PAGES if finding.kind.startswith(start)]
    remedy = _PAGES[max(fitting, key=len)] if fitting else None
    if remedy is None or not may(remedy.right):
        return Remedy(f"/faults/of/{finding.id}", _BY_HAND)
    sort, _, name = finding.subject.partition(":")
    if remedy.path in _POINTS_PAGES:
        point = name if sort == "point" else point_of.get(name, "") if sort == "device" else ""
        return Remedy(f"{remedy.path}/{point}" if point else remedy.path, remedy.word)
    if remedy is _INCIDENT and sort == "incident":
        return Remedy(f"{remedy.path}/{name}", remedy.word)
    return remedy
