"""What went wrong, as a person reads it: what happened and what to do, in both languages, never a traceback."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from foundation.ids import new_id
from web.language import mark
from web.page import page, texts_of

_log = structlog.get_logger("web")


@dataclass(frozen=True, slots=True)
class Words:
    """A heading and the next step; both are keys of the catalogue."""

    what: str
    to_do: str


class PageProblem(Exception):
    """Ends a request with a page (or JSON, for who asked for that) that says what to do."""

    def __init__(self, status: int, words: Words, **values: object) -> None:
        super().__init__(words.what)
        self.status = status
        self.words = words
        self.values = values


NOT_ALLOWED: Final = Words(mark("您没有权限做这一步"), mark("请登录有权限的账号，或请负责人操作。报警不受影响。"))
FORGED: Final = Words(
    mark("这次提交不是从本系统页面发出的，已拒绝"), mark("请回到本系统页面重新操作一次。没有任何内容被改动。")
)
TOO_LARGE: Final = Words(mark("提交的内容太大，没有接收"), mark("最多 %(limit)s。请压缩或分几次提交。"))
TOO_OFTEN: Final = Words(mark("操作太频繁"), mark("请等 %(wait)s 再试。报警不受影响。"))
BROKEN: Final = Words(
    mark("系统内部出错，这一步没有完成"),
    mark("请再试一次；仍不行时把编号 %(number)s 告诉技术人员。报警不受影响。"),
)
_BY_STATUS: Final = {
    HTTPStatus.BAD_REQUEST: Words(mark("看不懂这次请求"), mark("请返回上一页重新填写。")),
    HTTPStatus.UNAUTHORIZED: Words(mark("需要先登录"), mark("请登录后再操作。报警不受影响。")),
    HTTPStatus.FORBIDDEN: NOT_ALLOWED,
    HTTPStatus.NOT_FOUND: Words(mark("没有这个页面"), mark("地址可能写错了，或内容已不在。请返回首页。")),
    HTTPStatus.METHOD_NOT_ALLOWED: Words(mark("这个地址不支持这种操作"), mark("请返回首页重新操作。")),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: Words(mark("提交的内容太大，没有接收"), mark("请压缩或分几次提交。")),
    HTTPStatus.UNPROCESSABLE_ENTITY: Words(mark("填写的内容不对"), mark("请检查后重新填写。")),
    HTTPStatus.SERVICE_UNAVAILABLE: Words(mark("暂时无法完成"), mark("请稍后再试。报警不受影响。")),
}


def answer(request: Request, status: int, words: Words, **values: object) -> Response:
    """The problem as a page for a browser, as JSON for a program."""
    texts = texts_of(request)
    what, to_do = texts(words.what, **values), texts(words.to_do, **values)
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "problem.html", status=status, what=what, to_do=to_do)
    return JSONResponse({"error": what, "to_do": to_do}, status_code=status)


def answer_problems(app: FastAPI) -> None:
    """Teach an app to answer every expected error in this way."""

    async def page_problem(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, PageProblem)
        return answer(request, problem.status, problem.words, **problem.values)

    async def http_problem(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        words = _BY_STATUS.get(HTTPStatus(problem.status_code))
        if words is None:
            words = _BY_STATUS[HTTPStatus.BAD_REQUEST if problem.status_code < 500 else HTTPStatus.SERVICE_UNAVAILABLE]
        response = answer(request, problem.status_code, words)
        response.headers.update(problem.headers or {})
        return response

    async def wrong_input(request: Request, problem: Exception) -> Response:
        assert isinstance(problem, RequestValidationError)
        fields = sorted({".".join(str(part) for part in error["loc"][1:]) for error in problem.errors()})
        _log.info("a request was refused", path=request.url.path, fields=fields)
        response = answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, _BY_STATUS[HTTPStatus.UNPROCESSABLE_ENTITY])
        response.headers["X-Wrong-Fields"] = ",".join(fields).encode("ascii", "replace").decode()[:500]
        return response

    app.add_exception_handler(PageProblem, page_problem)
    app.add_exception_handler(HTTPException, http_problem)
    app.add_exception_handler(RequestValidationError, wrong_input)


class LastResort:
    """Catches what nobody expected: the log gets traceback and number, the person the number and the next step."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noting_send(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception:  # noqa: BLE001 - logged whole; nothing is deleted or sent here
            number = new_id()[-8:]
            _log.exception("a page failed", path=scope["path"], number=number)
            if not begun:
                request = Request(scope, receive)
                response = answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, BROKEN, number=number)
                await response(scope, receive, send)
