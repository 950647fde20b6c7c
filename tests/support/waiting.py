"""Waiting for what a test expects, with a deadline instead of a hopeful sleep."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

POLL_S = 0.02
WAIT_AT_MOST_S = 60.0
"""Bounds a wait, so that a failure is not waited for long; no figure of ours: a busy build machine is much slower."""


def wait_until(
    predicate: Callable[[], T], timeout_s: float = WAIT_AT_MOST_S, *, what: str = "", poll_s: float = POLL_S
) -> T:
    """Ask until the answer is truthy and return it; after `timeout_s` seconds fail, saying `what` never came."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = predicate()
        if answer:
            return answer
        if time.monotonic() > deadline:
            wanted = what or getattr(predicate, "__name__", "the condition")
            raise AssertionError(f"{wanted} did not come within {timeout_s:g} s (last answer: {answer!r})")
        time.sleep(poll_s)
