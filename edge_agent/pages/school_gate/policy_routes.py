"""Measures that hold for a while (临时管控措施) in the office: switched on with who, why and until when."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.record_words import NO_TIME, POLICIES, POLICY_MEANINGS, errors_of, moment_of_form
from edge_agent.pages.school_gate.deps import SchoolGateDeps, by_of
from foundation.clock import NS_PER_S
from foundation.ids import is_id, new_id
from gate.policy import PolicyKind, read_policies
from gate.record import RecordRefusedError, UnknownRecordError
from web.duty import Right
from web.form import FormTexts
from web.language import mark
from web.login import needs
from web.page import page, texts_of

_SHOWN_NS = 30 * 24 * 3600 * NS_PER_S


def policy_routes(deps: SchoolGateDeps) -> APIRouter:
    """/gate/policies."""
    routes = APIRouter(prefix="/gate/policies", dependencies=[needs(Right.ARRANGE_GATE)])

    def show(request: Request, values: Mapping[str, str], errors: Mapping[str, str], policy_id: str = "") -> Response:
        texts, now = texts_of(request), deps.clock.utc_ns()
        policies = read_policies(deps.orders.path, since_utc_ns=now - _SHOWN_NS)
        return page(
            request,
            "school_gate/policies.html",
            status=422 if errors else 200,
            policies=[(one, texts(POLICIES[one.kind]), one.holds_at(now)) for one in policies],
            kinds=[(kind.value, texts(word), texts(POLICY_MEANINGS[kind])) for kind, word in POLICIES.items()],
            values=values,
            errors=errors,
            policy_id=policy_id or new_id(),
        )

    @routes.get("")
    def everything(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("/{policy_id}")
    def switch_on(request: Request, policy_id: str, form: FormTexts) -> Response:
        if not is_id(policy_id):
            raise HTTPException(404)
        texts, now = texts_of(request), deps.clock.utc_ns()
        until, kind = moment_of_form(form, "until_day", "until_time"), form.get("kind", "")
        begins = moment_of_form(form, "begins_day", "begins_time") if form.get("begins_day") else now
        errors = {} if kind in set(PolicyKind) else {"kind": texts(mark("请选一种措施"))}
        if until is None or begins is None:
            errors["until"] = texts(NO_TIME)
        if errors or until is None or begins is None:
            return show(request, form, errors, policy_id)
        try:
            deps.orders.policies.switch_on(
                policy_id=policy_id,
                kind=PolicyKind(kind),
                begins_utc_ns=begins,
                until_utc_ns=until,
                by=by_of(request),
                note=form.get("note", ""),
            )
        except RecordRefusedError as refused:
            return show(request, form, errors_of(refused, texts), policy_id)
        return RedirectResponse("/gate/policies", 303)

    @routes.post("/{policy_id}/off")
    def switch_off(request: Request, policy_id: str) -> Response:
        try:
            deps.orders.policies.switch_off(policy_id, by=by_of(request))
        except UnknownRecordError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/gate/policies", 303)

    return routes
