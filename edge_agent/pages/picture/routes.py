"""The points' pictures on the office pages (图像完好): what is wrong, both pictures side by side, "this is fine"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from camera.facts import PictureAccepted
from camera.picture.query import PictureEpisode, PictureStatus, episode_pictures, picture_episodes, picture_states
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.picture.still_routes import Looked
from edge_agent.pages.picture.words import LIGHTS, TROUBLES, measured, not_judged
from foundation.clock import NS_PER_S, Clock
from foundation.ids import is_id
from foundation.journal import Journal, read_entries
from foundation.sqlite import DatabaseError
from web.duty import Right
from web.finding_words import words_of
from web.language import mark
from web.login import needs, person_of
from web.page import page, texts_of
from web.problem import PageProblem, Words
from web.signs import State
from web.stream import live

_SHOWN_NS: Final = 30 * 86_400 * NS_PER_S
_MOST_ACCEPTED: Final = 10_000  # read at most: at ten a week these are twenty years
_REASON: Final = "图像异常"
_NOTHING_OPEN: Final = Words(mark("这个点位现在没有图像异常"), mark("可能已经恢复，或别人刚确认过。请看最新的状态。"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureDeps:
    """What the pages are made of."""

    clock: Clock
    cameras: Path
    """cameras.sqlite, written by the inspector."""
    names: Mapping[str, str]
    """Of the points, by id."""
    journal: Journal
    """The office's own: what people accept is told there."""
    looked: Looked
    """Writes each look into the access log."""


def picture_routes(deps: PictureDeps) -> APIRouter:
    """/pictures for everybody who may see how the campus stands; pictures for those who may see footage."""
    routes = APIRouter(prefix="/pictures", dependencies=[needs(Right.SEE_STATUS)])
    _list(routes, deps)
    _picture(routes, deps)
    _one(routes, deps)
    return routes


def _may(request: Request, right: Right) -> bool:
    person = person_of(request)
    return person is not None and person.duty.may(right)


def _states(deps: PictureDeps) -> dict[str, PictureStatus]:
    try:
        return {one.point_id: one for one in picture_states(deps.cameras, now_utc_ns=deps.clock.utc_ns())}
    except DatabaseError:  # the inspector has not run yet
        return {}


def _episodes(deps: PictureDeps) -> Sequence[PictureEpisode]:
    """Of the last 30 days and those that still go on, latest first."""
    try:
        found = picture_episodes(deps.cameras, from_utc_ns=0, until_utc_ns=deps.clock.utc_ns() + NS_PER_S)
    except DatabaseError:
        return ()
    oldest = deps.clock.utc_ns() - _SHOWN_NS
    return [one for one in reversed(found) if one.ended_utc_ns is None or one.ended_utc_ns >= oldest]


@dataclass(frozen=True, slots=True)
class _Accepted:
    at_utc_ns: int
    by: str


def _accepted(deps: PictureDeps, point_id: str) -> Sequence[_Accepted]:
    """Who said in the last 30 days that the picture is fine, latest first."""
    told = read_entries(deps.journal.database.path, after=0, limit=_MOST_ACCEPTED, kind=PictureAccepted.kind)
    oldest = deps.clock.utc_ns() - _SHOWN_NS
    return [
        _Accepted(entry.at_utc_ns, fact.by)
        for entry in reversed(told)
        if entry.at_utc_ns >= oldest and (fact := entry.read(PictureAccepted)).point_id == point_id
    ]


def _frame(deps: PictureDeps, request: Request) -> dict[str, object]:
    texts = texts_of(request)
    return {
        "names": deps.names,
        "states": _states(deps),
        "sign_of": lambda status: State(status.state.value) if status is not None else State.UNKNOWN,
        "titles": lambda condition: words_of(f"picture.{condition}"),
        "measured": lambda condition, figure, limit: measured(condition, figure, limit, texts),
        "not_judged": lambda status: not_judged(status.unjudged, status.unseen, texts),
        "trouble_words": TROUBLES,
        "lights": LIGHTS,
        "may_see": _may(request, Right.SEE_FOOTAGE),
        "live_url": "/pictures/live",
    }


def _list(routes: APIRouter, deps: PictureDeps) -> None:
    @routes.get("")
    def everything(request: Request) -> Response:
        return page(request, "picture/list.html", _frame(deps, request))

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        def version() -> str:
            shown = {
                point_id: (status.state, status.unjudged, status.unseen, status.open, status.trouble)
                for point_id, status in _states(deps).items()
            }
            return f"{hash(repr(sorted(shown.items()))):x}"

        return live(request, version, every_s=5.0)


def _picture(routes: APIRouter, deps: PictureDeps) -> None:
    @routes.get("/{point_id}/{episode_id}/{which}.jpg", dependencies=[needs(Right.SEE_FOOTAGE)])
    def show(request: Request, point_id: str, episode_id: str, which: str) -> Response:
        episode = next((one for one in _episodes(deps) if one.id == episode_id and one.point_id == point_id), None)
        found = episode_pictures(deps.cameras, episode_id) if episode is not None and is_id(episode_id) else None
        if episode is None or found is None or which not in ("seen", "reference"):
            raise HTTPException(404)
        jpeg = found[0] if which == "seen" else found[1]
        if jpeg is None:
            raise HTTPException(404)
        person = person_of(request)
        deps.looked(
            person=person.login if person is not None else "",
            point=point_id,
            at_utc_ns=episode.opened_utc_ns,
            reason=_REASON,
        )
        return Response(jpeg, media_type="image/jpeg", headers={"cache-control": "private, no-store"})


def _one(routes: APIRouter, deps: PictureDeps) -> None:
    def known(point_id: str) -> None:
        if point_id not in deps.names:
            raise HTTPException(404)

    @routes.get("/{point_id}")
    def one(request: Request, point_id: str) -> Response:
        known(point_id)
        episodes = [episode for episode in _episodes(deps) if episode.point_id == point_id]
        return page(
            request,
            "picture/point.html",
            _frame(deps, request),
            point_id=point_id,
            running=[episode for episode in episodes if episode.ended_utc_ns is None],
            over=[episode for episode in episodes if episode.ended_utc_ns is not None],
            accepted="accepted" in request.query_params,
            acceptances=_accepted(deps, point_id),
        )

    @routes.post("/{point_id}/accept", dependencies=[needs(Right.SEE_FOOTAGE)])  # who judges it must see it
    def accept(request: Request, point_id: str) -> Response:
        known(point_id)
        by = signer(request)
        if not any(one.point_id == point_id and one.ended_utc_ns is None for one in _episodes(deps)):
            raise PageProblem(409, _NOTHING_OPEN)
        deps.journal.append(PictureAccepted(point_id=point_id, by=by))
        return RedirectResponse(f"/pictures/{point_id}?accepted", 303)
