"""A report as a file to take away from a page; what keeps a PDF from being made is a sentence."""

from __future__ import annotations

from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from web.document.comma_separated import render_csv
from web.document.fonts import FontsMissingError
from web.document.pdf import PdfError, render_pdf
from web.document.report import Report
from web.document.spreadsheet import render_spreadsheet
from web.document.word import render_word
from web.language import mark
from web.problem import PageProblem, Words

_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_NO_PDF: Final = Words(mark("PDF 没有做成"), mark("请按这句话处理，再试一次：%(why)s"))


def pdf_response(report: Report, name: str) -> Response:
    """The report as PDF, shown in the browser. Raises PageProblem."""
    try:
        pdf = render_pdf(report)
    except (PdfError, FontsMissingError) as error:
        raise PageProblem(503, _NO_PDF, why=str(error)) from error
    return Response(
        pdf.content, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def spreadsheet_response(report: Report, name: str) -> Response:
    """The report as a spreadsheet to keep."""
    return _to_keep(render_spreadsheet(report), _EXCEL, name)


def word_response(report: Report, name: str) -> Response:
    """The report as a Word document to keep and to go on writing in."""
    return _to_keep(render_word(report), _WORD, name)


def csv_response(report: Report, name: str) -> Response:
    """The report's one table as comma-separated text to keep."""
    return _to_keep(render_csv(report.tables[0]), "text/csv; charset=utf-8", name)


def sheet_response(report: Report, stem: str, form: str) -> Response:
    """A report of one table as PDF, spreadsheet or CSV. Raises PageProblem, HTTPException."""
    made = {"pdf": pdf_response, "xlsx": spreadsheet_response, "csv": csv_response}.get(form)
    if made is None:
        raise HTTPException(404)
    return made(report, f"{stem}.{form}")


def _to_keep(content: bytes, media_type: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
