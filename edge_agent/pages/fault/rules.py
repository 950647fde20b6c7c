"""The rules of the fault ledger on a page (隐患规则): every row may be edited, by those who may close faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import FieldError, ledger_words
from edge_agent.pages.fault.words import GRADES
from safety.grade import Grade
from safety.ledger import FaultLedger
from safety.query import rules
from safety.rule import ANY, HAND, NOTICE, Merge
from web.duty import Right
from web.finding_words import words_of
from web.form import FormTexts
from web.language import Catalogue, mark
from web.login import needs
from web.page import page, texts_of

MERGES: Final = {Merge.CAUSE: mark("同一原因"), Merge.DEVICE: mark("同一设备")}
_KINDS: Final = {
    ANY: mark("其他一切"),
    HAND: mark("人工登记"),
    NOTICE: mark("整改通知书"),
    "camera.*": mark("其他设备异常"),
    "storage.*": mark("其他录像异常"),
    "uplink.*": mark("其他线路异常"),
    "picture.*": mark("图像异常"),
    "coverage.*": mark("覆盖异常"),
    "drill.*": mark("应急演练异常"),
    "gate.*": mark("值班巡查异常"),
    "role.*": mark("程序异常"),
}


def rule_routes(routes: APIRouter, ledger: FaultLedger, person: Callable[[Request], str]) -> None:
    """Add /rules."""

    def show(request: Request, errors: dict[str, str]) -> Response:
        texts = texts_of(request)
        return page(
            request,
            "fault/rules.html",
            {"errors": errors},
            status=422 if errors else 200,
            rows=[(rule, kind_words(rule.kind, texts), edited_by) for rule, edited_by in rules(ledger.path)],
            grades=GRADES,
            merges=MERGES,
        )

    @routes.get("/rules", dependencies=[needs(Right.CLOSE_FAULTS)])
    def all_rules(request: Request) -> Response:
        return show(request, {})

    @routes.post("/rules", dependencies=[needs(Right.CLOSE_FAULTS)])
    def edit(request: Request, form: FormTexts) -> Response:
        known = {rule.kind: rule for rule, _ in rules(ledger.path)}
        rule, texts, who = known.get(form.get("kind", "")), texts_of(request), person(request)
        if rule is None or form.get("grade") not in set(Grade) or form.get("merge") not in set(Merge):
            raise HTTPException(422)
        try:
            with ledger_words(texts):
                ledger.edit_rule(
                    replace(
                        rule,
                        grade=Grade(form["grade"]),
                        owner=form.get("owner", "").strip(),
                        due_h=_hours(form.get("due_h", "")),
                        reopen_h=_hours(form.get("reopen_h", "")),
                        closes_itself=form.get("closes_itself") == "yes",
                        merge=Merge(form["merge"]),
                    ),
                    person=who,
                )
        except FieldError:
            return show(request, {rule.kind: texts(mark("责任人要填；小时数写 1 到 8784"))})
        return RedirectResponse("/faults/rules", 303)


def kind_words(kind: str, texts: Catalogue) -> str:
    """What a rule is about."""
    return texts(_KINDS[kind]) if kind in _KINDS else texts(words_of(kind).what)


def _hours(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else -1
