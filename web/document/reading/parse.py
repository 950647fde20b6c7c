"""What a cell may mean: each parser takes a cell as it came and gives a value, or says what would be right."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, TypeAlias, TypeVar

from web.document.cell_text import unguarded
from web.document.plain_text import clean
from web.document.reading.mistake import Sentence, WrongValue
from web.document.reading.raw_sheet import Cell
from web.language import mark

T = TypeVar("T")
Parser: TypeAlias = Callable[[Cell], T]
"""Never called with a blank cell. Raises WrongValue."""

_EXACT_DIGITS: Final = 15
"""Spreadsheet programs keep no more of a number: an 18-digit identity number has lost its end."""
_SERIAL_ORIGIN: Final = date(1899, 12, 30)
_SERIALS: Final = range(20_000, 73_051)
"""Days that a cell without a date format may mean: 1954 to 2099."""
_YEARS: Final = range(1900, 2100)
_DATE: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_DATE_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})")
_TIME: Final = re.compile(r"(\d{1,2})[:时点](?:(\d{1,2})分?(?:[:]?(\d{1,2})秒?)?)?")
_CHINESE_DATE: Final = re.compile(
    "([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,3})月([一二三四五六七八九十廿卅]{1,3})[日号]"
)
_CHINESE_DIGITS: Final = {
    digit: value for value, digits in enumerate(("〇零○", *"一二三四五六七八九")) for digit in digits
}
_WRITE_DAY: Final = Sentence(mark("请写成 2026-11-21 或 2026年11月21日。"))
_WRITE_TIME: Final = Sentence(mark("请写成 07:41 或 7时41分。"))
_YES: Final = frozenset({"是", "有", "对", "√", "✓", "✔", "y", "yes", "true", "1"})
_NO: Final = frozenset({"否", "无", "没有", "不是", "×", "✗", "x", "n", "no", "false", "0"})


def is_blank(cell: Cell) -> bool:
    """Nothing, or nothing that can be seen."""
    return cell is None or (isinstance(cell, str) and not clean(cell).strip())


def as_text(cell: Cell) -> str:
    """A cell as its sheet shows it, without what cannot be seen and without blanks around it. Raises WrongValue."""
    match cell:
        case str():
            return unguarded(clean(cell).strip())
        case bool():
            return "是" if cell else "否"
        case int() | float():
            return _digits(cell)
        case datetime():
            return cell.strftime("%Y-%m-%d %H:%M:%S")
        case date() | time():
            return cell.isoformat()
        case None:
            return ""


def _digits(number: float) -> str:
    if abs(number) >= 10**_EXACT_DIGITS:
        raise WrongValue(
            Sentence(mark("这一格是数字，表格软件已丢掉它的末几位")),
            Sentence(mark("请把整列设为“文本”格式，再重新填写这个号码。")),
        )
    if not float(number).is_integer():
        return f"{Decimal(repr(number)):f}"
    return str(int(number))


def _folded(cell: Cell) -> str:
    # Full-width digits and signs become plain ones.
    return unicodedata.normalize("NFKC", as_text(cell)).strip()


def _wrong(cell: Cell, what: str, right: Sentence) -> NoReturn:
    raise WrongValue(Sentence(what, {"value": as_text(cell)[:40]}), right)


def text(*, longest: int = 100) -> Parser[str]:
    """Any text of one line."""

    def parse(cell: Cell) -> str:
        found = as_text(cell)
        if len(found) > longest:
            raise WrongValue(
                Sentence(mark("共 %(count)s 字，太长"), {"count": len(found)}),
                Sentence(mark("最多 %(most)s 字。"), {"most": longest}),
            )
        return found

    return parse


def code(pattern: str, example: str) -> Parser[str]:
    """A number or code that fits a regular expression as a whole; blanks and full-width digits are forgiven."""
    shape = re.compile(pattern)

    def parse(cell: Cell) -> str:
        found = re.sub(r"\s", "", _folded(cell))
        if not shape.fullmatch(found):
            _wrong(cell, mark("“%(value)s”的格式不对"), Sentence(mark("应类似 %(example)s。"), {"example": example}))
        return found

    return parse


def phone() -> Parser[str]:
    """A Chinese mobile or landline number; its digits only."""
    shape = re.compile(r"(?:\+?86)?(1[3-9]\d{9}|0\d{9,11}|[2-9]\d{6,7})")

    def parse(cell: Cell) -> str:
        found = shape.fullmatch(re.sub(r"[\s()-]", "", _folded(cell)))
        if found is None:
            _wrong(cell, mark("“%(value)s”不是电话号码"), Sentence(mark("应为 11 位手机号，或带区号的座机号。")))
        return found[1]

    return parse


def integer(*, least: int = 0, most: int = 1_000_000) -> Parser[int]:
    """A whole number within bounds."""

    def parse(cell: Cell) -> int:
        found = _number(cell)
        if found != found.to_integral_value() or not least <= found <= most:
            right = Sentence(mark("应为 %(least)s 到 %(most)s 之间的整数。"), {"least": least, "most": most})
            _wrong(cell, mark("“%(value)s”不对"), right)
        return int(found)

    return parse


def decimal(*, least: Decimal = Decimal(0), most: Decimal = Decimal(1_000_000)) -> Parser[Decimal]:
    """A number within bounds."""

    def parse(cell: Cell) -> Decimal:
        found = _number(cell)
        if not least <= found <= most:
            right = Sentence(mark("应为 %(least)s 到 %(most)s 之间的数。"), {"least": least, "most": most})
            _wrong(cell, mark("“%(value)s”不对"), right)
        return found

    return parse


def _number(cell: Cell) -> Decimal:
    if isinstance(cell, float | int) and not isinstance(cell, bool) and math.isfinite(cell):
        return Decimal(repr(cell))  # a workbook's "not a number" is refused below like any other word
    plain = re.sub(r"[,\s]", "", _folded(cell)).replace("−", "-")
    try:
        found = Decimal(plain) if re.fullmatch(r"[+-]?\d{1,18}(\.\d{1,9})?", plain) and plain.isascii() else None
    except InvalidOperation:  # pragma: no cover - the pattern leaves nothing to refuse
        found = None
    if found is None:
        _wrong(cell, mark("“%(value)s”不是数字"), Sentence(mark("请只填数字，不要带单位。")))
    return found


def day() -> Parser[date]:
    """A calendar day, in whatever of the usual ways it is written; never without its year."""

    def parse(cell: Cell) -> date:
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        if isinstance(cell, int | float) and not isinstance(cell, bool) and cell in _SERIALS:
            return _SERIAL_ORIGIN + timedelta(days=int(cell))
        found = _day(_folded(cell))
        if found is None:
            _wrong(cell, mark("“%(value)s”不是日期"), _WRITE_DAY)
        return found

    return parse


def _day(written: str) -> date | None:
    plain = re.sub(r"\s", "", written.removesuffix("00:00:00"))
    found = _DATE.fullmatch(plain) or _DATE_DIGITS.fullmatch(plain)
    if found:
        numbers = [int(part) for part in found.groups()]
    elif chinese := _CHINESE_DATE.fullmatch(plain):
        year = int("".join(str(_CHINESE_DIGITS[digit]) for digit in chinese[1]))
        numbers = [year, _chinese_number(chinese[2]), _chinese_number(chinese[3])]
    else:
        return None
    try:
        return date(*numbers) if numbers[0] in _YEARS else None
    except ValueError:
        return None


def _chinese_number(written: str) -> int:
    """一 to 三十一; 0 for what is no number."""
    written = written.replace("廿", "二十").replace("卅", "三十")
    tens, ten, ones = written.rpartition("十")
    if len(tens) > 1 or len(ones) > 1:
        return 0
    return (_CHINESE_DIGITS.get(tens, 1) * 10 if ten else 0) + _CHINESE_DIGITS.get(ones, 0)


def time_of_day() -> Parser[time]:
    """A time of day."""

    def parse(cell: Cell) -> time:
        if isinstance(cell, time):
            return cell
        found = _time(_folded(cell))
        if found is None:
            _wrong(cell, mark("“%(value)s”不是时间"), _WRITE_TIME)
        return found

    return parse


def _time(written: str) -> time | None:
    found = _TIME.fullmatch(re.sub(r"\s", "", written))
    try:
        return time(int(found[1]), int(found[2] or 0), int(found[3] or 0)) if found else None
    except ValueError:
        return None


def moment() -> Parser[datetime]:
    """A day with a time, Beijing time."""

    def parse(cell: Cell) -> datetime:
        if isinstance(cell, datetime):
            return cell
        written = _folded(cell)
        at = max(written.rfind(" "), written.rfind("日"), written.rfind("T"))
        found_day, found_time = _day(written[: at + 1].rstrip("T ")), _time(written[at + 1 :])
        if found_day is None or found_time is None:
            _wrong(cell, mark("“%(value)s”不是日期和时间"), Sentence(mark("请写成 2026-11-21 07:41。")))
        return datetime.combine(found_day, found_time)

    return parse


def yes_no() -> Parser[bool]:
    """是 or 否, in the usual ways."""

    def parse(cell: Cell) -> bool:
        if isinstance(cell, bool):
            return cell
        written = _folded(cell).casefold()
        if written not in _YES and written not in _NO:
            _wrong(cell, mark("“%(value)s”不清楚"), Sentence(mark("请填 是 或 否。")))
        return written in _YES

    return parse


def choice(values: Mapping[str, T]) -> Parser[T]:
    """One of several words; two words may mean the same."""
    by_word = {unicodedata.normalize("NFKC", word).casefold(): value for word, value in values.items()}

    def parse(cell: Cell) -> T:
        written = re.sub(r"\s", "", _folded(cell)).casefold()
        if written not in by_word:
            right = Sentence(mark("只能填：%(words)s。"), {"words": "、".join(values)})
            _wrong(cell, mark("没有“%(value)s”这一项"), right)
        return by_word[written]

    return parse
