"""Patrol checkpoints read by a guard's phone (巡查打卡).

The code on the wall opens the page, the PIN says who stands there; for the rest of the shift the phone is known.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.door.deps import DoorDeps, check
from edge_agent.pages.door.pin import PinRefused
from edge_agent.pages.record_words import ROUNDS
from foundation.clock import NS_PER_S, Clock, beijing_day
from foundation.ids import is_id, new_id
from gate.patrol import PatrolPoint, read_points, read_rounds
from gate.stations import Station
from web.form import FormTexts
from web.language import mark
from web.nearby import address_of
from web.page import page, texts_of
from web.people import PinHolder

COOKIE: Final = "patrol"
_KNOWN_S: Final = 10 * 3600
"""A shift; then the PIN is asked again."""
_MOST_PHONES: Final = 200


@dataclass(frozen=True, slots=True)
class _Known:
    person_id: str
    until_running_ns: int


class PatrolPhones:
    """Which phone is whose for a shift; forgotten when the gatehouse starts anew."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}

    def remember(self, person_id: str) -> str:
        """A token for a phone whose holder has just given the PIN."""
        token, now = secrets.token_urlsafe(24), self._clock.running_ns()
        with self._lock:
            self._known = {key: one for key, one in self._known.items() if one.until_running_ns > now}
            while len(self._known) >= _MOST_PHONES:
                self._known.pop(next(iter(self._known)))
            self._known[token] = _Known(person_id, now + _KNOWN_S * NS_PER_S)
        return token

    def person(self, token: str | None) -> str | None:
        """Whose phone it is."""
        with self._lock:
            known = self._known.get(token or "")
        return known.person_id if known and known.until_running_ns > self._clock.running_ns() else None


def patrol_phone_routes(deps: DoorDeps) -> APIRouter:
    """/patrol for phones on the school's network."""
    routes = APIRouter(prefix="/patrol")
    phones = PatrolPhones(deps.clock)

    def point_of(code: str) -> PatrolPoint:
        point = next((one for one in read_points(deps.orders) if secrets.compare_digest(one.code, code)), None)
        if point is None:
            raise HTTPException(404)
        return point

    def known(request: Request) -> PinHolder | None:
        person_id = phones.person(request.cookies.get(COOKIE))
        return deps.pins.holder(person_id) if person_id else None

    def show(
        request: Request, point: PatrolPoint, *, scan_id: str, status: int = 200, chosen: str = "", error: str = ""
    ) -> Response:
        return page(
            request,
            "door/patrol_phone.html",
            status=status,
            point=point,
            scan_id=scan_id,
            holder=known(request),
            holders=deps.pins.holders(),
            chosen=chosen,
            error=error,
        )

    @routes.get("/{code}")
    def open_point(request: Request, code: str) -> Response:
        return show(request, point_of(code.encode("ascii", "replace").decode()), scan_id=new_id())

    @routes.post("/{code}/{scan_id}")
    def scan(request: Request, code: str, scan_id: str, form: FormTexts) -> Response:
        check(scan_id)
        point, texts, token = point_of(code.encode("ascii", "replace").decode()), texts_of(request), ""
        holder = known(request)
        if holder is None:
            holder = deps.pins.holder(form.get("person", ""))
            if holder is None:
                error = texts(mark("请先选自己的名字"))
                return show(request, point, scan_id=scan_id, status=422, error=error)
            # Guesses are counted by the phone's address as they are by a screen.
            phone = Station(id=f"phone-{address_of(request)}", name="", gate_id="")
            try:
                deps.pins.check(holder, phone, form.get("pin", ""), texts)
            except PinRefused as refused:
                return show(
                    request, point, scan_id=scan_id, status=refused.status, chosen=holder.id, error=str(refused)
                )
            token = phones.remember(holder.id)
        deps.door.patrol.scan(scan_id=scan_id, point_id=point.id, person_id=holder.id, name=holder.name)
        response = RedirectResponse(f"/patrol/{code}/{scan_id}/done", 303)
        if token:
            response.set_cookie(
                COOKIE, token, max_age=_KNOWN_S, path="/patrol", httponly=True, samesite="lax",
                secure=request.url.scheme == "https",
            )  # fmt: skip
        return response

    @routes.get("/{code}/{scan_id}/done")
    def done(request: Request, code: str, scan_id: str) -> Response:
        point, now = point_of(code.encode("ascii", "replace").decode()), deps.clock.utc_ns()
        rounds = read_rounds(deps.orders, deps.book.path, beijing_day(now))
        current = next((one for one in rounds if one.begins_utc_ns <= now < one.ends_utc_ns), None)
        scanned = [one for round_ in rounds for one in round_.scans if one.id == scan_id] if is_id(scan_id) else []
        texts = texts_of(request)
        return page(
            request,
            "door/patrol_done.html",
            point=point,
            at_utc_ns=scanned[0].at_utc_ns if scanned else None,
            current=current,
            word=texts(ROUNDS[current.state(now)][1]) if current else "",
        )

    return routes
