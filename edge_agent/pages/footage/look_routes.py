"""Looking at footage (查看录像): each look is written down with person and reason before its first byte."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.access_log import Access, AccessKind
from edge_agent.pages.footage.deps import NO_CATALOGUE, NOT_NOTED, FootageDeps, who_of
from edge_agent.pages.footage.drawing import bar
from edge_agent.pages.footage.film import ENDED, Films, answer_range, etag_of, unreadable
from edge_agent.pages.footage.words import cause_word
from foundation.ids import is_id
from foundation.sqlite import DatabaseError
from storage.playback import codecs_of, live_tail, open_playback
from storage.timeline import timeline
from web.language import mark
from web.page import page
from web.problem import PageProblem, Words

LOOK_S: Final = 12 * 3600
"""A look ends with the shift it began in."""
LIVE_MS: Final = 3_600_000
"""Looking on needs a new look each hour, so that the log says how long."""
_LIVE_BACK_MS: Final = 10_000
_NOT_YOURS: Final = Words(mark("这是别人的一次查看"), mark("请从时间轴自己选择时段，写明原因。"))


def look_routes(routes: APIRouter, deps: FootageDeps) -> Films:
    """/footage/looks/…; returns the films, for whoever begins a look."""
    films = Films(lambda point, start, end: open_playback(deps.catalogue, deps.volumes(), point, start, end))

    @routes.get("/looks/{look_id}.mp4")
    @routes.head("/looks/{look_id}.mp4")
    def film_bytes(request: Request, look_id: str) -> Response:
        film = films.of(_mine(deps, request, look_id, AccessKind.PLAY))
        return answer_range(request, size=film.size, etag=etag_of(film), read=film.read, media_type="video/mp4")

    @routes.get("/looks/{look_id}/tail")
    def tail(request: Request, look_id: str, after: Annotated[int, Query(ge=0, le=2**53)] = 0) -> Response:
        look = _mine(deps, request, look_id, AccessKind.LIVE)
        now_ms = deps.now_ms()
        if now_ms > look.to_ms:
            raise PageProblem(410, ENDED)
        try:
            piece = live_tail(
                deps.catalogue,
                deps.volumes(),
                look.points[0],
                after_ms=max(after, look.from_ms),
                base_ms=look.from_ms,
                now_ms=now_ms,
            )
        except DatabaseError as error:
            raise PageProblem(503, NO_CATALOGUE) from error
        except OSError as error:
            raise unreadable(error) from error
        if piece is None:
            return Response(status_code=204, headers={"X-Now-Ms": str(now_ms)})
        return Response(
            piece.head + piece.data,
            media_type="application/octet-stream",
            headers={
                "X-Codecs": piece.codecs,
                "X-Head-Bytes": str(len(piece.head)),
                "X-Head": hashlib.sha256(piece.head).hexdigest()[:16],
                "X-End-Ms": str(piece.end_ms),
                "X-Now-Ms": str(now_ms),
            },
        )

    @routes.get("/looks/{look_id}")
    def watch(request: Request, look_id: str, start: int = 0, end: int = 0) -> Response:
        look = _mine(deps, request, look_id, AccessKind.PLAY, AccessKind.LIVE)
        point = look.points[0]
        shared = {"look": look, "point": point, "name": deps.name(point), "cause_word": cause_word}
        if look.kind is AccessKind.LIVE:
            return page(request, "footage/live.html", shared)
        film = films.of(look)
        drawn = bar(timeline(deps.catalogue, point, film.start_ms, film.end_ms, deps.now_ms()))
        return page(
            request,
            "footage/player.html",
            shared,
            film=film,
            bar=drawn,
            codecs=codecs_of(film.head),
            asked_ms=min(max(start, film.start_ms), film.end_ms),
            end_ms=max(end, film.end_ms),
            next_ms=film.next_ms if film.next_ms is not None and film.next_ms < end else None,
        )

    return films


def note(
    deps: FootageDeps,
    kind: AccessKind,
    request: Request,
    point: str,
    span_ms: tuple[int, int],
    reason: str,
    *,
    about: str = "",
) -> Access:
    """An entry in the log, on the disk. Raises PageProblem."""
    try:
        return deps.log.note(kind, who_of(request), [point], span_ms, reason, about=about)
    except DatabaseError as error:
        raise PageProblem(503, NOT_NOTED) from error


def begin(
    deps: FootageDeps, films: Films, request: Request, point: str, asked_ms: tuple[int, int], reason: str
) -> Response:
    """Open a film, write the look down as far as the film goes, and lead to its page.

    Raises NoFootage, PageProblem, DatabaseError, OSError.
    """
    film = films.open(point, *asked_ms)
    look = note(deps, AccessKind.PLAY, request, point, (film.start_ms, film.end_ms), reason)
    films.keep(look.id, film)
    return _begun(look, start=asked_ms[0], end=asked_ms[1])


def begin_live(deps: FootageDeps, request: Request, point: str, reason: str) -> Response:
    """Write a live look down and lead to its page. Raises PageProblem."""
    now_ms = deps.now_ms()
    return _begun(note(deps, AccessKind.LIVE, request, point, (now_ms - _LIVE_BACK_MS, now_ms + LIVE_MS), reason))


def _begun(look: Access, **at: int) -> Response:
    query = "&".join(f"{name}={value}" for name, value in at.items())
    return RedirectResponse(f"/footage/looks/{look.id}{'?' if query else ''}{query}", 303)


def _mine(deps: FootageDeps, request: Request, look_id: str, *kinds: AccessKind) -> Access:
    look = deps.log.find(look_id) if is_id(look_id) else None
    if look is None or look.kind not in kinds:
        raise HTTPException(404)
    if look.who is None or look.who.login != who_of(request).login:
        raise PageProblem(403, _NOT_YOURS)
    if not 0 <= deps.clock.utc_ns() - look.at_utc_ns < LOOK_S * 10**9:
        raise PageProblem(410, ENDED)
    return look


def fields_of(form: Mapping[str, str]) -> dict[str, str]:
    """What was typed, to be shown again."""
    return {name: form.get(name, "") for name in ("from", "to", "reason", "until")}
