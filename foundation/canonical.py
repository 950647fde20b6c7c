"""One byte form for each value, so that two machines sign and hash the same bytes."""

from __future__ import annotations

import json
from typing import Any


class NotCanonicalError(ValueError):
    """The value holds something whose bytes two languages would write differently (a fraction, a huge integer)."""


_SAFE_INTEGER = 2**53 - 1  # beyond it JavaScript loses digits; the manifest checker runs in a browser


def canonical_json(value: Any) -> bytes:
    """JSON in UTF-8 with sorted keys and no white space: RFC 8785 restricted to strings, safe integers, booleans, null.

    Fractions are refused because number formatting is where implementations of RFC 8785 differ; quantities travel as
    integers with their unit in the name. Raises NotCanonicalError.
    """
    ordered = _ordered(value, None)
    return json.dumps(ordered, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


_Where = tuple["_Where | None", str | int]
"""A place inside the value: the place around it, and the key or index there. Put into words only for an error."""


def _ordered(value: Any, where: _Where | None) -> Any:
    if isinstance(value, str):
        _check_text(value, where)
        return value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise NotCanonicalError(f"{_words(where)} is an integer beyond 2^53-1; send it as text")
        return value
    if isinstance(value, dict):
        return {key: _ordered(value[key], (where, key)) for key in _keys(value, where)}
    if isinstance(value, list | tuple):
        return [_ordered(item, (where, index)) for index, item in enumerate(value)]
    raise NotCanonicalError(f"{_words(where)} holds a {type(value).__name__}, which has no canonical form")


def _keys(value: dict[Any, Any], where: _Where | None) -> list[str]:
    ascii_only = True
    for key in value:
        if not isinstance(key, str):
            raise NotCanonicalError(f"{_words(where)} has a key that is not text: {key!r}")
        if not key.isascii():
            _check_text(key, where)
            ascii_only = False
    # RFC 8785 sorts keys by UTF-16 code units; Python compares code points, which differs above U+FFFF.
    return sorted(value) if ascii_only else sorted(value, key=lambda text: text.encode("utf-16-be"))


def _check_text(text: str, where: _Where | None) -> None:
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotCanonicalError(f"{_words(where)} holds half of a surrogate pair") from error


def _words(where: _Where | None) -> str:
    if where is None:
        return "$"
    around, here = where
    return f"{_words(around)}[{here}]" if isinstance(here, int) else f"{_words(around)}.{here}"
