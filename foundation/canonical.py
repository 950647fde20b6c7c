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
    _check(value, "$")
    return json.dumps(_sorted(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")


def _sorted(value: Any) -> Any:
    # RFC 8785 sorts keys by UTF-16 code units; Python compares code points, which differs above U+FFFF.
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value, key=lambda text: text.encode("utf-16-be"))}
    if isinstance(value, list | tuple):
        return [_sorted(item) for item in value]
    return value


def _check(value: Any, where: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as error:
            raise NotCanonicalError(f"{where} holds half of a surrogate pair") from error
        return
    if isinstance(value, int):
        if abs(value) > _SAFE_INTEGER:
            raise NotCanonicalError(f"{where} is an integer beyond 2^53-1; send it as text")
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonicalError(f"{where} has a key that is not text: {key!r}")
            _check(key, where)
            _check(item, f"{where}.{key}")
        return
    if isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{where}[{index}]")
        return
    raise NotCanonicalError(f"{where} holds a {type(value).__name__}, which has no canonical form")
