"""How soon a report is there: `python -m benchmarks.document [--quick]`.

A visitors' list of 500 rows and eight typed columns as PDF/A (typst in a process of its own), workbook and CSV, and the
workbook read back as an upload is.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from datetime import date, datetime
from datetime import time as time_of_day
from decimal import Decimal
from typing import Any

from benchmarks.alarm_district import percentile, say
from web.document.column import Column, Kind
from web.document.comma_separated import render_csv
from web.document.pdf import render_pdf
from web.document.reading import parse
from web.document.reading.header import Field
from web.document.reading.upload import read_upload
from web.document.report import Period, Report, Signature, Table
from web.document.spreadsheet import render_spreadsheet
from web.signs import State

ROWS = 500
TURNS, QUICK_TURNS = 20, 5
NAMES = ("张伟", "欧阳娜娜", "阿卜杜拉·买买提", "司马𠮷")


def visitors(rows: int) -> Report:
    """A month's visitors."""
    columns = (
        Column("日期", Kind.DATE),
        Column("来访人员"),
        Column("事由"),
        Column("人数", Kind.INTEGER, "人"),
        Column("时长", Kind.DECIMAL, "小时"),
        Column("到校时间", Kind.TIME),
        Column("登记时间", Kind.MOMENT),
        Column("状态", Kind.STATE),
    )
    table = Table(
        "来访登记",
        columns,
        tuple(
            (
                date(2026, 11, 1 + at % 30),
                f"{NAMES[at % len(NAMES)]}{at}",
                "到三年级二班取学生遗落的作业本",
                at % 5 + 1,
                Decimal(at % 40) / 4,
                time_of_day(8 + at % 9, at % 60),
                datetime(2026, 11, 1 + at % 30, 8, 0, at % 60),  # noqa: DTZ001 - Beijing time, as a report has it
                State.OK,
            )
            for at in range(rows)
        ),
    )
    return Report(
        title="来访人员登记表",
        school="示范小学",
        period=Period(date(2026, 11, 1), date(2026, 11, 30)),
        made_at_utc_ns=1_796_083_200 * 10**9,
        sections=(table,),
        signatures=(Signature("制表人"), Signature("负责人")),
    )


def main() -> None:
    """Measure, print one JSON line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    turns = QUICK_TURNS if parser.parse_args().quick else TURNS
    report = visitors(ROWS)
    workbook = render_spreadsheet(report)
    fields = (Field(name="来访人员", parse=parse.text()), Field(name="日期", parse=parse.day()))
    work: dict[str, Callable[[], Any]] = {
        "pdf": lambda: render_pdf(report),
        "workbook": lambda: render_spreadsheet(report),
        "csv": lambda: render_csv(report.tables[0]),
        "upload": lambda: read_upload(workbook, fields),
    }
    figures: dict[str, float] = {"rows": ROWS, "pdf_kilobytes": round(len(render_pdf(report).content) / 1000, 1)}
    for name, make in work.items():
        taken_ms = []
        for _ in range(turns):
            start = time.perf_counter()
            make()
            taken_ms.append((time.perf_counter() - start) * 1000)
        say(f"{name}: {turns} turns")
        figures |= {
            f"{name}_p50_ms": round(percentile(taken_ms, 0.5), 1),
            f"{name}_longest_ms": round(max(taken_ms), 1),
        }
    print(json.dumps({"benchmark": "document", "figures": figures}))


if __name__ == "__main__":
    main()
