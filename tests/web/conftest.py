"""A small app made by the kit, served by the real server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from foundation.clock import SystemClock
from foundation.log import configure_log
from web.app import make_app
from web.form import FormTexts
from web.page import Theme, page
from web.server import PageServer
from web.stream import live

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


class Counted(BaseModel):
    """A body."""

    count: int


@pytest.fixture(scope="session", autouse=True)
def log_as_the_roles_do() -> None:
    configure_log("test")


def small_routes() -> APIRouter:
    routes = APIRouter()

    @routes.get("/")
    def home(request: Request) -> Response:
        return page(request, "problem.html", what=HOSTILE, to_do=HOSTILE)

    @routes.get("/broken")
    def broken() -> Response:
        raise ValueError("the secret of the box")

    @routes.post("/form")
    def form(form: FormTexts) -> Response:
        return JSONResponse(form)

    @routes.post("/count")
    def count(body: Counted) -> Response:
        return JSONResponse(body.count)

    @routes.post("/upload")
    async def upload(request: Request) -> Response:
        return JSONResponse(len(await request.body()))

    @routes.get("/live")
    async def beats(request: Request) -> Response:
        return live(request, lambda: "1")

    return routes


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    app = make_app(
        title="试验",
        theme=Theme.OFFICE,
        clock=SystemClock(),
        routers=(small_routes(),),
        connect_ports=(8090,),
        body_limit_bytes=100_000,
        body_limit_by_path={"/upload": 1_000_000},
    )
    serving = PageServer("test-pages", app, host="127.0.0.1", port=0)
    serving.start()
    yield serving
    serving.close()


@pytest.fixture
def client(server: PageServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers={"accept": "text/html"}, trust_env=False) as opened:
        yield opened
