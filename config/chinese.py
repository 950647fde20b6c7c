"""Mistakes in files said in Chinese, beside the English: what stands there, and what would be right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

UNKNOWN_KEY: Final = "没有这一项。"
MISSING: Final = "缺少这一项，请补上，写法见示例。"
_WRONG: Final = "这个值不行。"
_BY_KIND: Final[Mapping[str, str]] = {
    "greater_than": "要大于 {gt}。",
    "greater_than_equal": "不能小于 {ge}。",
    "less_than": "要小于 {lt}。",
    "less_than_equal": "不能大于 {le}。",
    "finite_number": "要写一个有限的数。",
    "int_type": "要写整数。",
    "int_parsing": "要写整数。",
    "int_from_float": "要写整数。",
    "float_type": "要写数字。",
    "float_parsing": "要写数字。",
    "bool_type": "要写 true 或 false。",
    "bool_parsing": "要写 true 或 false。",
    "string_type": "要写文字。",
    "string_too_short": "至少 {min_length} 个字。",
    "string_too_long": "最多 {max_length} 个字。",
    "string_pattern_mismatch": "写法不对，要符合 {pattern}。",
    "too_short": "至少要有 {min_length} 项。",
    "too_long": "最多 {max_length} 项。",
    "enum": "只能是 {expected}。",
    "literal_error": "只能是 {expected}。",
    "model_type": "这里要写一组“键: 值”。",
    "dict_type": "这里要写一组“键: 值”。",
    "tuple_type": "这里要写一个列表。",
    "list_type": "这里要写一个列表。",
}
"""By pydantic's name of the mistake."""


def value_words(kind: str, context: Mapping[str, Any]) -> str:
    """A value that cannot stand where it does; `context` holds the limits that it breaks."""
    told = {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}
    return _WRONG + _BY_KIND.get(kind, "").format_map(told)


def both_languages(message: str) -> tuple[str, str]:
    """The Chinese and the English of a model's own sentence, written 中文 / English; ("", all of it) of any other."""
    chinese, mark, english = message.partition(" / ")
    return (chinese, english) if mark else ("", message)


def suggestion_words(wanted: str, known: Sequence[str]) -> str:
    """The known name that is nearest to a wrong one, as `config.reading.suggestion` says it in English."""
    close = get_close_matches(wanted, known, n=1)
    if close:
        return f"是不是 {close[0]!r}？"
    return f"可以写：{'、'.join(known)}。" if known else "请先添加。"
