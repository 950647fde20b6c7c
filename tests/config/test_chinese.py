"""What is wrong with settings is said in Chinese first, whatever part of a model says it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from config.chinese import both_languages


def refusals(file: Path) -> list[str]:
    """The sentences of `raise ValueError(…)` in a model's file; what they fill in stands as …."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)):
            continue
        if isinstance(node.exc.func, ast.Name) and node.exc.func.id == "ValueError":
            (said,) = node.exc.args
            parts = said.values if isinstance(said, ast.JoinedStr) else [said]
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in parts))
    return found


def test_every_models_own_refusal_is_chinese_first(root: Path) -> None:
    said = [sentence for file in (*(root / "config").glob("*.py"), root / "center" / "settings.py")
            for sentence in refusals(file)]  # fmt: skip
    assert len(said) >= 10, "the search itself must find something"
    for sentence in said:
        chinese, english = both_languages(sentence)
        assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), sentence
        assert english.replace("录像 → 硬盘", "").replace("…", "").isascii(), sentence


@pytest.mark.parametrize("message", ["value is not a valid date", "neither a nor b"])
def test_a_sentence_of_somebody_elses_stays_english(message: str) -> None:
    assert both_languages(message) == ("", message)
