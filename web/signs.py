"""States as people see them: one sign, one word and one colour for each, everywhere the same."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from web.language import mark


class State(StrEnum):
    """How something stands. The value is also the CSS class, so that colour, sign and word cannot part."""

    OK = "ok"
    """Proven just now; shown with its age."""
    ATTENTION = "attention"
    FAILING = "failing"
    UNKNOWN = "unknown"
    """Not looked at, or too long ago: never shown as good."""
    DRILL = "drill"

    @property
    def word(self) -> str:
        """The Chinese word, key of the English one."""
        return _WORDS[self]


_WORDS: Final = {
    State.OK: mark("正常"),
    State.ATTENTION: mark("注意"),
    State.FAILING: mark("异常"),
    State.UNKNOWN: mark("未知"),
    State.DRILL: mark("演练"),
}
_WORST_FIRST: Final = (State.FAILING, State.ATTENTION, State.UNKNOWN, State.OK)


def worst(states: Iterable[State]) -> State:
    """The state that stands for many: unknown outweighs good, and nothing looked at is unknown. Drills do not count."""
    seen = set(states)
    return next((state for state in _WORST_FIRST if state in seen), State.UNKNOWN)
