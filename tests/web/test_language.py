"""Chinese first, English one touch away, and no text without its English."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.texts import CHINESE, english_of, page_packages, texts_of, unmarked

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = page_packages(ROOT)
SHARED = english_of(ROOT / "web")


def test_the_packages_with_pages_are_found() -> None:
    assert {ROOT / "web", ROOT / "edge_agent" / "pages"} <= set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_has_its_english(package: Path) -> None:
    english = SHARED | english_of(package)
    missing = [
        f"{file.relative_to(ROOT)}:{line}: {text}"
        for file, line, text in texts_of(package)
        if CHINESE.search(text) and text not in english
    ]
    assert missing == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_english_fills_in_the_same_values(package: Path) -> None:
    import re

    named = re.compile(r"%\((\w+)\)s")
    differing = [
        text
        for text, english in english_of(package).items()
        if sorted(named.findall(text)) != sorted(named.findall(english))
    ]
    assert differing == []


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_template_shows_chinese_that_cannot_be_translated(package: Path) -> None:
    found = {str(file.relative_to(ROOT)): lines for file in package.rglob("*.html") if (lines := unmarked(file))}
    assert found == {}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_catalogue_keeps_texts_that_nobody_shows(package: Path) -> None:
    shown = {text for _, _, text in texts_of(package)}
    assert sorted(set(english_of(package)) - shown) == []
