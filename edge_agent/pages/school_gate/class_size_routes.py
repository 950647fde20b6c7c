"""How many pupils each class has (班级人数) in the office: one line a class, written once."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from gate.class_size import ClassSize, class_size_of, read_class_sizes
from gate.record import RecordRefusedError
from gate.visit import Trouble
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs
from web.page import page, texts_of

_WORDS: Final = {
    Trouble.OUT_OF_RANGE: mark("人数要在 1 到 20000 之间"),
    Trouble.WRONG_FORM: mark("有的班写了两次"),
    Trouble.TOO_LONG: mark("太长了，请写短些"),
}


def class_size_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/classes."""
    routes = APIRouter(prefix="/gate/classes", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(request: Request, typed: str, error: str = "") -> Response:
        sizes = read_class_sizes(deps.orders.path)
        return page(
            request,
            "school_gate/class_sizes.html",
            status=422 if error else 200,
            typed=typed or "\n".join(f"{one.class_name} {one.pupils}" for one in sizes),
            error=error,
            classes=len(sizes),
            pupils=sum(one.pupils for one in sizes),
        )

    @routes.get("")
    def laid_down(request: Request) -> Response:
        return show(request, "")

    @routes.post("")
    def lay_down(request: Request, form: FormTexts) -> Response:
        texts, typed = texts_of(request), form.get("sizes", "")
        sizes: list[ClassSize] = []
        for number, line in enumerate(typed.splitlines(), start=1):
            size = class_size_of(line)
            if size is not None:
                sizes.append(size)
            elif line.strip():
                return show(request, typed, texts(mark("第 %(n)s 行看不懂，请写成“一1班 42”"), n=number))
        try:
            deps.orders.class_sizes.replace(sizes, by=by_of(request))
        except RecordRefusedError as refused:
            return show(request, typed, texts(_WORDS[refused.troubles["sizes"]]))
        return RedirectResponse("/gate/classes", 303)

    return routes
