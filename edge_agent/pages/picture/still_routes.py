"""Stills of points as pages show them: /stills/POINT.jpg, now or at an instant, each look written down."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Protocol

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edge_agent.stills.still import (
    CameraRefused,
    CameraSilent,
    FootageUnreadable,
    NoCameraAddress,
    NoFootageThen,
    PointUnknown,
    Still,
    StillError,
    TookTooLong,
    TooManyLooking,
)
from foundation.clock import BEIJING, rfc3339, utc_ns_of
from web.duty import Right
from web.language import mark
from web.login import needs, person_of
from web.problem import PageProblem, Words

_NOT_A_TIME: Final = Words(mark("看不懂这个时间"), mark("请写成 2026-11-21T07:41:20（北京时间）。"))
_ANSWERS: Final[dict[type[StillError], tuple[int, Words]]] = {
    PointUnknown: (404, Words(mark("没有这个点位"), mark("点位可能改了名，请从点位列表里选择。"))),
    NoFootageThen: (404, Words(mark("这个时刻没有录像"), mark("请换一个时刻，或在录像页面查看缺失时段和原因。"))),
    FootageUnreadable: (
        503,
        Words(mark("这个时刻的录像读不出来"), mark("请再试一次；仍不行时请技术员检查存储盘。报警不受影响。")),
    ),
    NoCameraAddress: (
        503,
        Words(mark("现在没有录像，摄像机也没有给出截图地址"), mark("请查看该点位的录像状态和摄像机状态。")),
    ),
    CameraRefused: (
        503,
        Words(
            mark("现在没有录像，摄像机又拒绝登录"),
            mark("请技术员核对摄像机的账号和密码；在此之前不再尝试，以免账号被锁。"),
        ),
    ),
    CameraSilent: (
        503,
        Words(mark("现在没有录像，摄像机也没有回应"), mark("请检查摄像机的电源和网线。报警不受影响。")),
    ),
    TooManyLooking: (503, Words(mark("同时查看的人太多"), mark("请等几秒再试。"))),
    TookTooLong: (503, Words(mark("存储盘太慢，没有及时取到画面"), mark("请再试一次；仍不行时请技术员检查存储盘。"))),
}
_MILLISECONDS: Final = re.compile(r"\d{1,14}")
_LOST_PLUS: Final = re.compile(r"(T[\d:.]+) (\d\d:?\d\d)$")


class Looked(Protocol):
    """Writes a look into the access log; what it raises keeps the picture back."""

    def __call__(self, *, person: str, point: str, at_utc_ns: int, reason: str) -> None:
        """`at_utc_ns` is the instant that the picture shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillDeps:
    """What the route is made of."""

    still: Callable[..., Still]
    """`edge_agent.stills.stills.Stills.still`."""
    looked: Looked
    nobody: str = ""
    """Who looks when nobody is logged in: the gate screen's guard on duty."""


def router(deps: StillDeps) -> APIRouter:
    """GET /stills/{point_id}.jpg?at=…&largest=…&reason=…; without `at` it is now."""
    routes = APIRouter()

    @routes.get("/stills/{point_id}.jpg", dependencies=[needs(Right.SEE_FOOTAGE)])
    def still(
        request: Request,
        point_id: str,
        at: Annotated[str, Query(max_length=40)] = "",
        largest: Annotated[int | None, Query(ge=64, le=8192)] = None,
        reason: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        at_utc_ns = instant(at) if at else None
        try:
            found = deps.still(point_id, at_utc_ns, largest_px=largest)
        except StillError as error:
            status, words = _ANSWERS[type(error)]
            raise PageProblem(status, words) from error
        person = person_of(request)
        deps.looked(
            person=person.login if person else deps.nobody,
            point=point_id,
            at_utc_ns=found.shows_utc_ns,
            reason=reason,
        )
        return Response(
            found.jpeg,
            media_type="image/jpeg",
            headers={
                "X-Shows-At": rfc3339(found.shows_utc_ns),
                "X-Age-S": f"{found.age_s:.1f}",
                "X-Still-Source": found.source.value,
            },
        )

    return routes


def instant(written: str) -> int:
    """UTC nanoseconds of an ISO 8601 time (Beijing where it names no zone) or of milliseconds since 1970.

    Raises PageProblem.
    """
    if _MILLISECONDS.fullmatch(written) and written.isascii():
        return int(written) * 1_000_000
    try:
        # A plus sign that somebody wrote into an address as it is arrives as a blank.
        moment = datetime.fromisoformat(_LOST_PLUS.sub(r"\1+\2", written))
        return utc_ns_of(moment if moment.tzinfo else moment.replace(tzinfo=BEIJING))
    except (ValueError, OverflowError) as error:
        raise PageProblem(422, _NOT_A_TIME) from error
