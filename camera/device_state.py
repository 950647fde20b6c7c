"""How a device stands, judged from visits. Pure rules: nothing here asks a device or a clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from camera.device_error import LoginRefused

_NS_PER_S: Final = 1_000_000_000


class DeviceState(StrEnum):
    """正常, 异常, 未知."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class StateRules:
    """Of the last `window` visits so many must agree; one lost packet says nothing about a camera."""

    window: int = 3
    failing: int = 2
    recovery: int = 2
    hold_s: float = 3600.0
    """After a refused log-in: a try an hour stays under what locks an account."""

    def __post_init__(self) -> None:
        if not (0 < self.failing <= self.window and 0 < self.recovery <= self.window):
            raise ValueError("failing and recovery must be from 1 to window")
        if self.failing + self.recovery <= self.window:
            raise ValueError("failing and recovery could both hold at once: their sum must exceed window")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a device."""

    state: DeviceState = DeviceState.UNKNOWN
    trouble: str = ""
    message: str = ""
    since_utc_ns: int = 0
    recent: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit went; an empty trouble is a good one."""

    trouble: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class LoginHold:
    """A log-in was refused: it is not tried again before `until_utc_ns`, another one at once."""

    until_utc_ns: int
    login_mark: bytes


def judge(before: Standing, outcome: Outcome, at_utc_ns: int, rules: StateRules) -> Standing:
    """The standing after a visit."""
    recent = (before.recent + ("-" if outcome.trouble else "+"))[-rules.window :]
    state, trouble = before.state, before.trouble
    if outcome.trouble == LoginRefused.trouble or recent.count("-") >= rules.failing:
        # A refused log-in is the device's own clear word; waiting for a second one would cost a second try.
        state, trouble = DeviceState.FAILING, outcome.trouble or before.trouble
    elif recent.count("+") >= rules.recovery or (not outcome.trouble and _is_settled_by_one(before)):
        state, trouble = DeviceState.OK, ""
    changed = (state, trouble) != (before.state, before.trouble)
    return Standing(
        state=state,
        trouble=trouble,
        message=outcome.message if outcome.trouble else ("" if state is DeviceState.OK else before.message),
        since_utc_ns=at_utc_ns if changed or not before.recent else before.since_utc_ns,
        recent=recent,
    )


def _is_settled_by_one(before: Standing) -> bool:
    # What was never seen is seen now; and a log-in that works is as clear a word as one that is refused.
    return before.state is DeviceState.UNKNOWN or before.trouble == LoginRefused.trouble


def may_log_in(hold: LoginHold | None, login_mark: bytes, now_utc_ns: int, rules: StateRules) -> bool:
    """False only while the very log-in that was refused is held back.

    A hold that ends later than a refusal now would is from a clock that was wrong, and counts for nothing.
    """
    if hold is None or hold.login_mark != login_mark:
        return True
    return now_utc_ns >= hold.until_utc_ns or hold.until_utc_ns - now_utc_ns > rules.hold_s * _NS_PER_S


def hold_after(
    outcome: Outcome, before: LoginHold | None, tried: bool, mark: bytes, now_utc_ns: int, rules: StateRules
) -> LoginHold | None:
    """The hold after a visit; `tried` says whether a log-in was sent at all."""
    if outcome.trouble == LoginRefused.trouble and tried:
        return LoginHold(now_utc_ns + round(rules.hold_s * _NS_PER_S), mark)
    if tried and not outcome.trouble:
        return None
    return before
