"""Logging in and out (登录), and what keeps pages from those who have not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Depends, Request, params
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web import figures
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.nearby import address_of, on_the_box
from web.page import page, texts_of
from web.password import BusyError, Weakness
from web.people import LockedOutError, PeopleBook, Person, WeakSecretError, WrongLoginError
from web.problem import NOT_ALLOWED, PageProblem, Words, answer
from web.stream import ends_with

COOKIE: Final = "session"
RENEWAL_HEADER: Final = "x-renewal"
"""Set by static/live.js on what a page asks for by itself."""
_COOKIE_AGE_S: Final = 30 * 24 * 3600
"""When a session ends is for PeopleBook to say; a browser must not forget it before, while the desk waits."""
_OPEN_PATHS: Final = ("/static/", "/login", "/authority.crt")
_NOT_LOGGED_IN: Final = Words(mark("需要先登录"), mark("请登录后再操作。报警不受影响。"))
_WRONG: Final = mark("账号或密码不对，请核对后再试")
_LOCKED: Final = mark("试错太多次，请等 %(wait)s 再试。报警不受影响。")
_BUSY: Final = mark("同时登录的人太多，请稍等再试")
WEAKNESSES: Final = {
    Weakness.TOO_SHORT: mark("密码至少 10 位"),
    Weakness.TOO_LONG: mark("密码最多 128 位"),
    Weakness.TOO_COMMON: mark("这个密码太常见，容易被猜到"),
    Weakness.HOLDS_LOGIN: mark("密码里不要包含账号"),
    Weakness.NOT_SIX_DIGITS: mark("口令是 6 位数字"),
    Weakness.TOO_SIMPLE: mark("口令不要用连号或重复的数字"),
}


class LoginRequired:
    """Lets pages be seen by those who are logged in; puts `person` into the request.

    Until the first account exists a browser on the box itself sees everything, and nobody else anything: a newcomer
    can look at the demonstration, a network cannot. A live page's stream ends with the session it was begun in.
    """

    def __init__(self, app: ASGIApp, *, people: PeopleBook) -> None:
        self._app = app
        self._people = people

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(_OPEN_PATHS):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        token = request.cookies.get(COOKIE)
        person = await run_in_threadpool(self._who, request, token, by_hand=_by_hand(request)) if token else None
        scope.setdefault("state", {})["person"] = person
        if token and person is not None:
            ends_with(request, lambda: self._who(request, token, by_hand=False) is not None)
            await self._app(scope, receive, send)
        elif on_the_box(request) and await run_in_threadpool(self._people.is_empty):
            ends_with(request, self._people.is_empty)
            await self._app(scope, receive, send)
        elif request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            await RedirectResponse(f"/login?next={quote(_own_path(str(request.url)))}", 303)(scope, receive, send)
        else:
            await answer(request, 401, _NOT_LOGGED_IN)(scope, receive, send)

    def _who(self, request: Request, token: str, *, by_hand: bool) -> Person | None:
        return self._people.who(token, address=address_of(request), by_hand=by_hand)


def _by_hand(request: Request) -> bool:
    return RENEWAL_HEADER not in request.headers and request.headers.get("accept") != "text/event-stream"


def person_of(request: Request) -> Person | None:
    """Who is logged in; None on the box before the first account exists."""
    person = getattr(request.state, "person", None)
    assert person is None or isinstance(person, Person)
    return person


def needs(right: Right) -> params.Depends:
    """A dependency that ends the request for somebody who may not."""

    def check(request: Request) -> Person | None:
        person = person_of(request)
        if person is not None and not person.duty.may(right):
            raise PageProblem(403, NOT_ALLOWED)
        return person

    return params.Depends(check)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginWords:
    """What the log-in page says besides its fields."""

    first_account: str
    """The command that makes the first account."""
    hint: str
    """What a person in need does without a log-in; key of the catalogue."""


_AT_CAMPUS: Final = LoginWords(
    first_account="edge-agent person add",
    hint=mark("报警不需要登录：请用门卫屏幕或墙上按钮，也可以拨打 110。"),
)


def login_routes(people: PeopleBook, words: LoginWords = _AT_CAMPUS) -> APIRouter:
    """/login, /logout and /password."""
    routes = APIRouter()

    def show(request: Request, target: str, *, login: str = "", error: str = "", status: int = 200) -> Response:
        return page(
            request,
            "login.html",
            status=status,
            next=target,
            login=login,
            error=error,
            first_account="" if error or not people.is_empty() else words.first_account,
            hint=words.hint,
        )

    @routes.get("/login")
    def ask(request: Request, next: str = "/") -> Response:
        return show(request, _own_path(next))

    @routes.post("/login")
    def log_in(request: Request, form: FormTexts) -> Response:
        texts, login = texts_of(request), form.get("login", "").strip()
        try:
            token = people.log_in(login, form.get("password", ""), address=address_of(request))
        except WrongLoginError:
            status, error = 401, texts(_WRONG)
        except LockedOutError as locked:
            status, error = 429, texts(_LOCKED, wait=figures.duration(locked.wait_s, texts))
        except BusyError:
            status, error = 503, texts(_BUSY)
        else:
            response = RedirectResponse(_own_path(form.get("next", "/")), 303)
            _set_cookie(request, response, token, _COOKIE_AGE_S)
            return response
        return show(request, _own_path(form.get("next", "/")), login=login, error=error, status=status)

    @routes.post("/logout")
    def log_out(request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if token:
            people.log_out(token)
        response = RedirectResponse("/login", 303)
        _set_cookie(request, response, "", 0)
        return response

    @routes.get("/password")
    def ask_password(request: Request, person: Annotated[Person | None, Depends(person_of)]) -> Response:
        return page(request, "password.html", person=person, errors={})

    @routes.post("/password")
    def change(request: Request, form: FormTexts, person: Annotated[Person | None, Depends(person_of)]) -> Response:
        if person is None:
            raise PageProblem(401, _NOT_LOGGED_IN)
        texts, errors = texts_of(request), {}
        try:
            # The old one is asked again: a computer left open must not give the account away.
            token = people.log_in(person.login, form.get("old", ""), address=address_of(request))
            people.log_out(token)
            if form.get("new") != form.get("again"):
                errors["again"] = texts(mark("两次输入不一样"))
            else:
                people.set_password(person.id, form.get("new", ""), by=person.login)
        except WrongLoginError:
            errors["old"] = texts(mark("原密码不对"))
        except LockedOutError as locked:
            errors["old"] = texts(_LOCKED, wait=figures.duration(locked.wait_s, texts))
        except BusyError:
            errors["old"] = texts(_BUSY)
        except WeakSecretError as weak:
            errors["new"] = texts(WEAKNESSES[weak.weakness])
        if errors:
            return page(request, "password.html", status=422, person=person, errors=errors)
        return RedirectResponse("/login", 303)

    return routes


def _set_cookie(request: Request, response: Response, token: str, age_s: int) -> None:
    secure = "; Secure" if request.url.scheme == "https" else ""
    MutableHeaders(raw=response.raw_headers).append(
        "Set-Cookie", f"{COOKIE}={token}; Path=/; Max-Age={age_s}; HttpOnly; SameSite=Strict{secure}"
    )


def _own_path(url: str) -> str:
    """Only a path on this server: a link must not lead a person who has just logged in somewhere else."""
    parts = urlsplit(url)
    path = "/" + parts.path.lstrip("/\\")
    if not parts.path or path.startswith(("/login", "/logout", "/api/")) or not path.isprintable() or "\\" in path:
        return "/"
    return f"{path}?{parts.query}" if parts.query else path
