"""The written report of an incident on the office pages (书面报告): drafted, kept in versions, as PDF or Word."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.fault.form import FieldError
from edge_agent.pages.fault.routes import signer
from edge_agent.pages.incident.form import incident_words, number_of, said_of, sort_of, text_of
from edge_agent.pages.incident.report import drafted, written_report
from edge_agent.pages.incident.routes import IncidentDeps, file_or_404, incident_frame
from edge_agent.pages.paper import pdf_response, word_response
from safety.incident import IncidentFile, ReportSort
from web.duty import Right
from web.form import FormTexts
from web.login import needs
from web.page import page, texts_of

_NOTHING: Final[Mapping[str, str]] = {}


def incident_report_routes(deps: IncidentDeps) -> APIRouter:
    """/incidents/ID/report for who answers for incidents."""
    routes = APIRouter(prefix="/incidents", dependencies=[needs(Right.HANDLE_INCIDENTS)])

    @routes.get("/{incident_id}/report")
    def write(request: Request, incident_id: str) -> Response:
        file = file_or_404(deps, incident_id)
        return _form(deps, request, file, _start(deps, request, file), _NOTHING)

    @routes.post("/{incident_id}/report")
    def keep(request: Request, incident_id: str, form: FormTexts) -> Response:
        file, texts, person = file_or_404(deps, incident_id), texts_of(request), signer(request)
        try:
            said = said_of(form, person, deps.clock.utc_ns(), texts)
            with incident_words(texts):
                deps.ledger.draft(
                    incident_id,
                    sort=sort_of(form, texts),
                    text=text_of(form),
                    said=said,
                    seen_version=number_of(form, "seen"),
                )
        except FieldError as wrong:
            return _form(deps, request, file_or_404(deps, incident_id), form, {wrong.field: wrong.text})
        return RedirectResponse(f"/incidents/{file.incident.id}#incident-versions", 303)

    @routes.get("/{incident_id}/report-{version}.{form}")
    def paper(request: Request, incident_id: str, version: str, form: str) -> Response:
        file = file_or_404(deps, incident_id)
        kept = next((one for one in file.reports if str(one.version) == version), None)
        if kept is None or form not in ("pdf", "docx"):
            raise HTTPException(404)
        report = written_report(file, kept, campus=deps.campus)
        name = f"incident-{file.incident.number}-report-{kept.version}"
        if form == "pdf":
            return pdf_response(report, f"{name}.pdf")
        return word_response(report, f"{name}.docx")

    return routes


def _start(deps: IncidentDeps, request: Request, file: IncidentFile) -> Mapping[str, str]:
    """The latest version to go on from, or a draft from what is known."""
    if file.reports:
        text, sort = file.reports[-1].text, ReportSort.FURTHER if file.reports[-1].submitted else file.reports[-1].sort
    else:
        recipient = deps.reports.report_to
        text = drafted(file, campus=deps.campus, recipient=recipient, person=signer(request))
        sort = ReportSort.FIRST
    return {**asdict(text), "sort": sort.value}


def _form(
    deps: IncidentDeps, request: Request, file: IncidentFile, values: Mapping[str, str], errors: Mapping[str, str]
) -> Response:
    return page(
        request,
        "incident/report.html",
        incident_frame(deps, request) | {"errors": errors, "values": values},
        status=422 if errors else 200,
        incident=file.incident,
        both=deps.deadlines(file.incident),
        latest=file.reports[-1] if file.reports else None,
    )
