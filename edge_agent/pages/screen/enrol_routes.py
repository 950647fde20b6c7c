"""Where a new gate screen gives its one-time code back (登记门卫终端)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.screen.enrolment import Enrolment
from edge_agent.pages.screen.station import NOT_A_STATION, token_cookie
from web import figures
from web.form import FormTexts
from web.guessing import GuessCounter, Subject
from web.language import mark
from web.nearby import address_of
from web.page import page, texts_of

_FREE: Final = 5


def enrol_routes(
    *, take: Callable[[str], Enrolment | None], enrol: Callable[[Enrolment], str], guesses: GuessCounter
) -> APIRouter:
    """POST /enrol: `take` gives what a code stands for, `enrol` the token of the new screen."""
    routes = APIRouter()

    @routes.post("/enrol")
    def give_back(request: Request, form: FormTexts) -> Response:
        texts = texts_of(request)
        # From everywhere together too: eight digits would not last against a network of guessers otherwise.
        subjects = (Subject(f"enrol:{address_of(request)}", _FREE), Subject("enrol", 4 * _FREE))
        wait_s = guesses.wait_s(subjects)
        if wait_s > 0:
            error = texts(mark("试错太多次，请等 %(wait)s 再试。报警不受影响。"), wait=figures.duration(wait_s, texts))
            return _again(request, 429, error)
        enrolment = take(form.get("code", ""))
        if enrolment is None:
            guesses.count_wrong(subjects)
            return _again(request, 403, texts(mark("登记码不对、已用过或已过期，请技术人员重新生成")))
        response = RedirectResponse("/", 303)
        MutableHeaders(raw=response.raw_headers).append("Set-Cookie", token_cookie(request, enrol(enrolment)))
        return response

    return routes


def _again(request: Request, status: int, error: str) -> Response:
    return page(
        request, "screen/enrol.html", status=status, what=NOT_A_STATION.what, to_do=NOT_A_STATION.to_do, error=error
    )
