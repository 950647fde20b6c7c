"""Does in a demonstration what people do, and writes down what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from edge_agent.demo.campus import CAMPUS_ID
from edge_agent.demo.layout import DemoLayout
from edge_agent.demo.page_client import PageError, get, post_form, post_json
from edge_agent.demo.stages import CenterSeen, PressSeen, Sights, VisitSeen
from edge_agent.pages.status.model import AlarmStatus, CampusStatus
from foundation.clock import Clock
from foundation.ids import new_id
from storage.proof import prove_retention

_FORM: Final = {
    "name": "王建国",
    "host": "李老师",
    "reason": "家长来访",
    "document_kind": "none",
    "phone": "13800000000",
    "companions": "0",
}


class Visitor:
    """Signs in, presses, signs out, looks; each step again and again until it was seen to work."""

    def __init__(self, layout: DemoLayout, clock: Clock, *, press: bool = True) -> None:
        self._layout = layout
        self._clock = clock
        self._gate = f"http://127.0.0.1:{layout.gatehouse_port}"
        self._office = f"http://127.0.0.1:{layout.office_port}"
        self._center = f"http://127.0.0.1:{layout.center_port}"
        self._press_wanted = press
        self.sights = Sights()

    def step(self) -> None:
        """Do what can be done now and look at everything once; a page that does not answer is asked again later."""
        for part in (self._look, self._prove, self._visit, self._press, self._ask_center):
            _unless_silent(part)

    def _look(self) -> None:
        status = CampusStatus.model_validate_json(get(f"{self._office}/api/status"))
        files = list(self._layout.footage.rglob("*.mp4"))
        self.sights = replace(
            self.sights,
            status=status,
            footage_files=len(files),
            footage_bytes=sum(file.stat().st_size for file in files if file.exists()),
        )

    def _prove(self) -> None:
        if self.sights.proof is None:
            # A clock of its own in a folder of its own: nothing sets the clock of the agent that runs beside it.
            proof = prove_retention(self._layout.scratch)
            self.sights = replace(self.sights, proof=proof)

    def _visit(self) -> None:
        visit = self.sights.visit
        if visit is None:
            visit = VisitSeen(visit_id=new_id(), signed_in=False, signed_out=False)
            post_form(f"{self._gate}/visits/{visit.visit_id}", _FORM)
        elif visit.signed_in and not visit.signed_out:
            post_form(f"{self._gate}/visits/{visit.visit_id}/leave/{visit.visit_id}", {})
        status = CampusStatus.model_validate_json(get(f"{self._office}/api/status"))
        inside = {row.id for row in status.visits.inside}
        left = {row.id for row in status.visits.today if row.out_utc_ns is not None}
        visit = replace(
            visit,
            signed_in=visit.signed_in or visit.visit_id in inside,
            signed_out=visit.signed_out or visit.visit_id in left,
        )
        self.sights = replace(self.sights, visit=visit)

    def _press(self) -> None:
        press = self.sights.press
        if press is None:
            if not self._press_wanted or not self._center_hears():
                return
            answer = post_json(f"{self._gate}/api/alarm/press", json.dumps({"id": new_id()}).encode())
            press = PressSeen(alarm_id=json.loads(answer)["alarm_id"], stored=False, press_to_receipt_ms=None)
            self.sights = replace(self.sights, press=press)  # before anything else: it is pressed only once
        alarm = AlarmStatus.model_validate_json(get(f"{self._gate}/api/alarm/{press.alarm_id}"))
        received = alarm.received_utc_ns
        self.sights = replace(
            self.sights,
            press=PressSeen(
                alarm_id=press.alarm_id,
                stored=alarm.stored_utc_ns is not None,
                press_to_receipt_ms=None if received is None else round((received - alarm.pressed_utc_ns) / 1e6, 1),
            ),
        )

    def _center_hears(self) -> bool:
        # Only so that the time to the receipt tells of the way and not of the start; a real press waits for nothing.
        status = self.sights.status
        return status is not None and any(path.state.value == "ok" for path in status.paths)

    def _ask_center(self) -> None:
        told = json.loads(get(f"{self._center}/api/status"))
        campus = next((row for row in told["campuses"] if row["id"] == CAMPUS_ID), None)
        alarm_id = self.sights.press.alarm_id if self.sights.press else ""
        self.sights = replace(
            self.sights,
            center=CenterSeen(
                campus_online=campus is not None and campus["state"] == "ok",
                points=sum(1 for point in campus["points"] if point["recording"] == "ok") if campus else 0,
                alarms=len(told["alarms"]),
                alarm_receipted=any(row["id"] == alarm_id and row["receipted_at"] for row in told["alarms"]),
            ),
        )


def _unless_silent(part: Callable[[], None]) -> None:
    try:
        part()
    except PageError:
        return
