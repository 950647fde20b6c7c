"""A report as a school signs it, and the names that somebody will type one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from foundation.clock import utc_ns_of
from web.document.column import Column, Kind
from web.document.report import Fact, Facts, Period, Report, Signature, Table, Text
from web.signs import State

HOSTILE_NAMES = {
    "formula": "=cmd|' /C calc'!A0",
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+9)*cmd|' /C calc'!A0",
    "tab formula": "\t=1+1",
    "carriage return formula": "\r=1+1",
    "full-width formula": "＝1+1",
    "typst": '#let x = panic("x") #import "@preview/x:0.1.0": * $a^2$ *b* _c_ `d` <label> @ref \\u{41} // /* ]})',
    "quotes": "\"'“”‘’「」`",
    "right to left": "abc\u202egpj.exe\u202c \u2066x\u2069\u200f",
    "controls": "a\x00\x01\x07\x1b[31mb\x7f\x9bc\td\r\ne\u2028f\u2029g\x0bh",
    "long": "张" * 10_000,
    "one long word": "A" * 10_000,
    "emoji": "😀👨‍👩‍👧‍👦🇨🇳🏳️‍🌈",
    "uyghur": "ئابدۇكېرىم مەمەت",
    "tibetan": "བསྟན་འཛིན་",
    "mongolian": "ᠪᠠᠲᠤ",
    "rare Chinese": "𠮷𪚥𫝂𬜬𭁈",
    "heap of accents": "Z" + "\u0335\u0322\u0311" * 300,
    "surrogate": "\ud800王\udfff\ufffe\uffff",
    "private": "\ue000\U000f0000",
    "escaped": "_x0041__x0000_",
    "markup": "<script>alert(1)</script>&amp;]]>",
    "blank": "   ",
    "selectors": "葛\U000e0100\ufe0f",
}

COLUMNS = (
    Column("日期", Kind.DATE),
    Column("姓名"),
    Column("人数", Kind.INTEGER, "人"),
    Column("时长", Kind.DECIMAL, "小时"),
    Column("时间", Kind.TIME),
    Column("登记时间", Kind.MOMENT),
    Column("已核验", Kind.YES_NO),
    Column("状态", Kind.STATE),
)


def make_report(names: list[str], **changes: Any) -> Report:
    """A report with one row for each name, and each name wherever a text may stand."""
    table = Table(
        "来访登记",
        COLUMNS,
        tuple(
            (
                date(2026, 11, 1 + at % 30),
                name,
                at,
                Decimal(at) / 4,
                time(at % 24, at % 60),
                datetime(2026, 11, 1 + at % 30, 7, 41, at % 60),
                at % 2 == 0,
                list(State)[at % len(State)],
            )
            for at, name in enumerate(names)
        ),
        total=("合计", None, sum(range(len(names))), None, None, None, None, None),
    )
    values: dict[str, Any] = {
        "title": "校园安全月报表",
        "school": "新平县第一小学",
        "period": Period(date(2026, 11, 1), date(2026, 11, 30)),
        "made_at_utc_ns": utc_ns_of(datetime.fromisoformat("2026-12-01T00:00:00+00:00")),
        "number": "XP-2026-11",
        "sections": (
            Facts("基本情况", (Fact(Column("点位", Kind.INTEGER, "个"), 16), Fact(Column("负责人"), names[0]))),
            Text("情况说明", tuple(names[:3])),
            table,
        ),
        "signatures": (Signature("制表人", names[0], date(2026, 12, 1)), Signature("负责人")),
        "seal": True,
        "sources": ("来访登记簿",),
    }
    return Report(**{**values, **changes})


@pytest.fixture(scope="session")
def hostile_names() -> dict[str, str]:
    return HOSTILE_NAMES


@pytest.fixture(scope="session")
def report_of() -> Callable[..., Report]:
    return make_report
