"""The one way to make an app: every page gets the same guard, face, languages and manner of failing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from fastapi import APIRouter, FastAPI, Request
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from foundation.clock import Clock
from web.guard import DEFAULT_BODY_LIMIT_BYTES, BodyLimit, SameOrigin, SecurityHeaders
from web.language import LanguageChoice
from web.page import OWN_PACKAGE, Pages, Theme
from web.problem import LastResort, answer_problems
from web.rate import RateLimit

_NO_LIMITS: Final[Mapping[str, int]] = {}


def make_app(
    *,
    title: str,
    theme: Theme,
    clock: Clock,
    packages: Sequence[str] = (),
    routers: Sequence[APIRouter] = (),
    middleware: Sequence[Middleware] = (),
    frame: Callable[[Request], Mapping[str, object]] | None = None,
    connect_ports: Sequence[int] = (),
    never_limited: Sequence[str] = (),
    body_limit_bytes: int = DEFAULT_BODY_LIMIT_BYTES,
    body_limit_by_path: Mapping[str, int] = _NO_LIMITS,
) -> FastAPI:
    """An app whose pages look and behave as all ours do.

    `packages` are Python packages with any of `templates/`, `static/` (served at /static/PACKAGE/) and `locale/en.po`;
    `title` is the Chinese name, translated by their catalogues. `frame` gives what every page of the app shows (who is
    logged in …) and must not fail, since error pages ask it too.
    `connect_ports` are other ports of this host that the pages' scripts talk to; `never_limited` begins
    paths without a rate limit (the alarm); `body_limit_by_path` allows uploads more at single paths.
    """
    app = FastAPI(
        title=title,
        # FastAPI's documentation pages load their scripts from outside; a campus has no internet.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        middleware=[
            Middleware(SecurityHeaders, connect_ports=connect_ports),
            Middleware(LanguageChoice),
            Middleware(LastResort),
            Middleware(RateLimit, clock=clock, never=never_limited),
            Middleware(BodyLimit, limit_bytes=body_limit_bytes, by_path=body_limit_by_path),
            Middleware(SameOrigin),
            *middleware,
        ],
    )
    app.state.pages = Pages(title=title, theme=theme, packages=packages, clock=clock, frame=frame)
    answer_problems(app)
    for package in (OWN_PACKAGE, *packages):
        folder = Path(str(resources.files(package).joinpath("static")))
        if folder.is_dir():
            app.mount(f"/static/{package}", StaticFiles(directory=folder), name=f"static-{package}")
    for router in routers:
        app.include_router(router)
    return app
