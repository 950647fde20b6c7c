"""A report as a file to take away from a page; what keeps a PDF from being made is a sentence."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from web.document.fonts import FontsMissingError
from web.document.pdf import PdfError, render_pdf
from web.document.report import Report
from web.document.spreadsheet import render_spreadsheet
from web.language import mark
from web.problem import PageProblem, Words

_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
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
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(render_spreadsheet(report), media_type=_EXCEL, headers=headers)
