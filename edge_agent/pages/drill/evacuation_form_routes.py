"""The forms of evacuation drills (应急疏散演练): the plan, what happened, the evaluation; and what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from config.every import Every
from edge_agent.pages.drill.evacuation_deps import BASE, EvacuationDeps, drill_or_404, evacuation_frame
from edge_agent.pages.drill.evacuation_form import (
    carried_of,
    evacuation_refusals,
    marks_of,
    plan_of,
    plan_values,
    said_by,
)
from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.incident.form import FALLBACK, OvertakenError
from foundation.clock import beijing_day
from foundation.ids import new_id
from safety.evacuation import EvacuationFile, EvacuationOrder, EvacuationStage
from safety.said import Said
from web.duty import Right
from web.form import FormTexts
from web.language import Catalogue
from web.login import needs
from web.page import page, texts_of


def evacuation_form_routes(deps: EvacuationDeps) -> APIRouter:
    """Forms under /drills/evacuation for who answers for incidents and drills."""
    routes = APIRouter(dependencies=[needs(Right.HANDLE_INCIDENTS)])
    _new(routes, deps)
    _order(routes, deps)
    _carry_out(routes, deps)
    _evaluate(routes, deps)
    return routes


def _new(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(request: Request, evacuation_id: str, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        return page(
            request,
            "drill/evacuation_new.html",
            evacuation_frame(deps, request) | {"errors": errors, "values": values},
            status=422 if errors else 200,
            evacuation_id=evacuation_id,
            kinds=deps.book.order().kinds,
        )

    @routes.get("/new")
    def empty(request: Request, like: str = "") -> Response:
        values: Mapping[str, str] = {"responsible": deps.book.settings.responsible}
        if like:
            values = plan_values(drill_or_404(deps, like).evacuation.plan)
        return show(request, new_id(), values, {})

    @routes.post("/new")
    def plan(request: Request, form: FormTexts) -> Response:
        texts, said = texts_of(request), said_by(form, signer(request))
        try:
            with evacuation_refusals(texts):
                deps.ledger.plan(said.form_id, plan_of(form, texts), said=said)
        except FieldError as wrong:
            return show(request, said.form_id, form, {wrong.field: wrong.text})
        return RedirectResponse(f"{BASE}/{said.form_id}", 303)


def _order(routes: APIRouter, deps: EvacuationDeps) -> None:
    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
        order = deps.book.order()
        kept = {
            "every": order.every.value,
            "boarders": "yes" if order.boarders else "no",
            "kinds": "\n".join(order.kinds),
        }
        return page(
            request,
            "drill/evacuation_order.html",
            evacuation_frame(deps, request) | {"errors": errors, "values": {**kept, **values}},
            status=422 if errors else 200,
            order=order,
            source_text=deps.book.settings.source_text,
        )

    @routes.get("/order")
    def standing(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("/order")
    def lay_down(request: Request, form: FormTexts) -> Response:
        every = form.get("every", "")
        if every not in (Every.MONTH, Every.QUARTER) or form.get("boarders") not in ("yes", "no"):
            raise HTTPException(400)
        order = EvacuationOrder(
            every=Every(every),
            boarders=form["boarders"] == "yes",
            kinds=tuple(line.strip() for line in form.get("kinds", "").splitlines()),
            person=signer(request),
            why=form.get("why", ""),
        )
        try:
            with evacuation_refusals(texts_of(request)):
                deps.ledger.lay_down(order)
        except FieldError as wrong:
            return show(request, form, {wrong.field: wrong.text})
        return RedirectResponse(BASE, 303)


def _step(
    routes: APIRouter,
    deps: EvacuationDeps,
    path: str,
    template: str,
    stage: EvacuationStage,
    start: Callable[[EvacuationFile], Mapping[str, str]],
    take: Callable[[EvacuationFile, Mapping[str, str], Said, Catalogue], None],
) -> None:
    """A form of its own for one step of a drill; `start` fills it, `take` writes what came back."""

    def show(
        request: Request, file: EvacuationFile, values: Mapping[str, str], errors: Mapping[str, str], status: int = 422
    ) -> Response:
        return page(
            request,
            template,
            evacuation_frame(deps, request) | {"errors": errors, "values": values},
            status=status if errors else 200,
            drill=file.evacuation,
            roll_calls=deps.roll_calls(),
        )

    @routes.get(f"/{{evacuation_id}}/{path}")
    def empty(request: Request, evacuation_id: str) -> Response:
        file = drill_or_404(deps, evacuation_id)
        if file.evacuation.stage is not stage:
            return RedirectResponse(f"{BASE}/{evacuation_id}", 303)
        return show(request, file, start(file), {})

    @routes.post(f"/{{evacuation_id}}/{path}")
    def filled(request: Request, evacuation_id: str, form: FormTexts) -> Response:
        file, texts, said = drill_or_404(deps, evacuation_id), texts_of(request), said_by(form, signer(request))
        try:
            with evacuation_refusals(texts):
                take(file, form, said, texts)
        except FieldError as wrong:
            return show(request, file, form, {wrong.field: wrong.text})
        except OvertakenError as overtaken:
            return show(request, file, form, {FALLBACK: str(overtaken)}, 409)
        return RedirectResponse(f"{BASE}/{evacuation_id}", 303)


def _carry_out(routes: APIRouter, deps: EvacuationDeps) -> None:
    def start(file: EvacuationFile) -> Mapping[str, str]:
        planned = beijing_day(file.evacuation.plan.planned_utc_ns)
        return {"began_day": min(planned, beijing_day(deps.book.clock.utc_ns())).isoformat()}

    def take(file: EvacuationFile, form: Mapping[str, str], said: Said, texts: Catalogue) -> None:
        deps.ledger.carry_out(file.evacuation.id, carried_of(form, deps.roll_calls(), texts), said=said)

    _step(routes, deps, "carry-out", "drill/evacuation_carry_out.html", EvacuationStage.PLANNED, start, take)


def _evaluate(routes: APIRouter, deps: EvacuationDeps) -> None:
    def start(file: EvacuationFile) -> Mapping[str, str]:
        if file.evaluation is None:
            return {}
        values = {"words": file.evaluation.summary}
        for one in file.evaluation.marks:
            values |= {f"rating-{one.point}": one.rating.value, f"mend-{one.point}": one.mend}
        return values

    def take(file: EvacuationFile, form: Mapping[str, str], said: Said, _texts: Catalogue) -> None:
        deps.ledger.evaluate(file.evacuation.id, marks_of(form), said=said)

    _step(routes, deps, "evaluate", "drill/evacuation_evaluate.html", EvacuationStage.DONE, start, take)
