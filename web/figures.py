"""Times, ages, shares and sizes as a screen shows them: Beijing time, 24 hours, units beside the number."""

from __future__ import annotations

from typing import Final

from foundation.clock import NS_PER_S, beijing
from web.language import Catalogue, mark

_WEEKDAYS: Final = (
    mark("星期一"),
    mark("星期二"),
    mark("星期三"),
    mark("星期四"),
    mark("星期五"),
    mark("星期六"),
    mark("星期日"),
)
_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


def clock_time(utc_ns: int) -> str:
    """07:41:20"""
    return beijing(utc_ns).strftime("%H:%M:%S")


def clock_minute(utc_ns: int) -> str:
    """07:41"""
    return beijing(utc_ns).strftime("%H:%M")


def day(utc_ns: int, texts: Catalogue) -> str:
    """2026-11-21 星期六"""
    moment = beijing(utc_ns)
    return f"{moment:%Y-%m-%d} {texts(_WEEKDAYS[moment.weekday()])}"


def moment(utc_ns: int) -> str:
    """2026-11-21 07:41:20"""
    return beijing(utc_ns).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float, texts: Catalogue) -> str:
    """The two largest units: 3 分 20 秒, 5 小时 2 分, 91 天 4 小时."""
    whole = max(0, round(seconds))
    if whole < _MINUTE_S:
        return texts(mark("%(s)s 秒"), s=whole)
    if whole < _HOUR_S:
        return texts(mark("%(m)s 分 %(s)s 秒"), m=whole // _MINUTE_S, s=whole % _MINUTE_S)
    if whole < _DAY_S:
        return texts(mark("%(h)s 小时 %(m)s 分"), h=whole // _HOUR_S, m=whole % _HOUR_S // _MINUTE_S)
    return texts(mark("%(d)s 天 %(h)s 小时"), d=whole // _DAY_S, h=whole % _DAY_S // _HOUR_S)


def age(seconds: float, texts: Catalogue) -> str:
    """3 分 20 秒前"""
    return texts(mark("%(duration)s前"), duration=duration(seconds, texts))


def age_of(utc_ns: int, now_utc_ns: int, texts: Catalogue) -> str:
    """How long ago a moment was."""
    return age((now_utc_ns - utc_ns) / NS_PER_S, texts)


def share(value: float) -> str:
    """A share of one as a percentage; never rounded up to 100 %."""
    percent = value * 100
    if 99.9 < percent < 100:
        return "99.9 %"
    return f"{percent:.1f} %"


def size(size_bytes: float) -> str:
    """3.4 MB, in powers of 1000 as disks are sold."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def bit_rate(bit_per_s: float) -> str:
    """1.94 Mb/s"""
    return f"{bit_per_s / 1e6:.2f} Mb/s"
