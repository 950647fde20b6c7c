"""The one source of time: every other room is handed a `Clock` and never reads the host's clock itself."""

from __future__ import annotations

import ctypes
import errno
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from zoneinfo import ZoneInfo

BEIJING: Final = ZoneInfo("Asia/Shanghai")
NS_PER_S: Final = 1_000_000_000
WALL_CLOCK_WITHIN_NS: Final = 3 * NS_PER_S // 2
"""A wall clock that may be further off is not kept by a time server. systemd-timesyncd asks at least every 2048 s, and
the kernel adds half a millisecond for each second since: a little over 1 s is a clock in good hands."""

_BOOT_ID_FILE: Final = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR: Final = 5
"""What adjtimex(2) returns while no time server disciplines the clock."""
_TIMEX_REST_BYTES: Final = 400  # struct timex goes on; it is 208 bytes on Linux


class Clock(Protocol):
    """What a room may ask of time."""

    def utc_ns(self) -> int:
        """Wall time as the box believes it, nanoseconds since 1970 UTC; may step either way."""

    def running_ns(self) -> int:
        """Nanoseconds since this boot, sleep included; never steps, starts anew at each boot."""

    def boot_id(self) -> str:
        """Names the boot that `running_ns` counts from."""


class SystemClock:
    """The host's clock."""

    def __init__(self) -> None:
        self._boot_id = _BOOT_ID_FILE.read_text(encoding="ascii").strip()

    def utc_ns(self) -> int:
        return time.time_ns()

    def running_ns(self) -> int:
        # CLOCK_BOOTTIME goes on while the machine sleeps; CLOCK_MONOTONIC would make footage look younger than it is.
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def boot_id(self) -> str:
        return self._boot_id


class Timex(ctypes.Structure):
    """The beginning of struct timex (adjtimex(2)); modes 0 only reads."""

    _fields_ = [
        ("modes", ctypes.c_int),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_char * _TIMEX_REST_BYTES),
    ]


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)  # opening it costs more than asking it, and each alarm asks


def read_timex(timex: Timex) -> int:
    """Have the kernel fill in how it keeps the wall clock; returns adjtimex's state. Raises OSError."""
    try:
        state = int(_libc().adjtimex(ctypes.byref(timex)))
    except AttributeError as error:
        raise OSError(errno.ENOSYS, "this kernel has no adjtimex") from error
    if state < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return state


def wall_clock_is_kept(read: Callable[[Timex], int] = read_timex) -> bool:
    """Whether a time server keeps this host's wall clock right (校时), to `WALL_CLOCK_WITHIN_NS`.

    The flag alone is not enough: chronyd sets it while it still works off seconds by slewing, and it stands for nine
    hours after chronyd has died; the kernel's bound of the error tells both. Raises OSError if the kernel does not say.
    """
    timex = Timex()
    state = read(timex)
    return state != _TIME_ERROR and int(timex.maxerror) * 1000 <= WALL_CLOCK_WITHIN_NS


@dataclass(slots=True)
class ManualClock:
    """A clock that its holder moves by hand: for tests and for proofs that run apart from the live agent."""

    now_utc_ns: int = 1_700_000_000 * NS_PER_S
    now_running_ns: int = 0
    boot: str = "boot-1"
    on_advance: Callable[[], None] | None = field(default=None, repr=False)

    def utc_ns(self) -> int:
        return self.now_utc_ns

    def running_ns(self) -> int:
        return self.now_running_ns

    def boot_id(self) -> str:
        return self.boot

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Let time pass for wall and running clock alike."""
        step_ns = round((seconds + days * 86_400) * NS_PER_S)
        if step_ns < 0:
            raise ValueError("running time does not go back; use step_wall for a wrong wall clock")
        self.now_utc_ns += step_ns
        self.now_running_ns += step_ns
        if self.on_advance is not None:
            self.on_advance()

    def step_wall(self, *, seconds: float = 0, days: float = 0) -> None:
        """Move the wall clock alone, as NTP, a person or a dead battery would."""
        self.now_utc_ns += round((seconds + days * 86_400) * NS_PER_S)

    def reboot(self, *, off_s: float, boot: str) -> None:
        """Power off for `off_s` true seconds; the wall clock keeps going, the running clock starts anew."""
        self.now_utc_ns += round(off_s * NS_PER_S)
        self.now_running_ns = 0
        self.boot = boot


def utc_datetime(utc_ns: int) -> datetime:
    """Aware UTC datetime, exact to the microsecond (integer arithmetic, no float rounding)."""
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=utc_ns // 1_000)


def utc_ns_of(moment: datetime) -> int:
    """Nanoseconds since 1970 of an aware datetime; refuses a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1) * 1_000


def rfc3339(utc_ns: int) -> str:
    """Time as the wire and logs write it: 2026-11-21T07:41:20.123456Z."""
    return utc_datetime(utc_ns).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def beijing(utc_ns: int) -> datetime:
    """The moment as a wall clock in China shows it (screens and paths)."""
    return utc_datetime(utc_ns).astimezone(BEIJING)


def beijing_day(utc_ns: int) -> date:
    """The Beijing day that holds the moment; a day of footage, visits and duty is always this one."""
    return beijing(utc_ns).date()


def beijing_day_start_ns(day: date) -> int:
    """UTC nanoseconds of Beijing midnight at which the day begins."""
    return utc_ns_of(datetime(day.year, day.month, day.day, tzinfo=BEIJING))
