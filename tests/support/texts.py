"""Every text that a page can show, as Babel finds it in templates and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2 import Environment, nodes
from jinja2.ext import babel_extract

KEYWORDS = {"_": None, "gettext": None, "mark": None, "texts": None}
CHINESE = re.compile(r"[\u3400-\u9fff]")


def page_packages(root: Path) -> list[Path]:
    """Folders of packages that have texts: those with a catalogue or templates."""
    found = {path.parent.parent for path in root.glob("*/**/locale/en.po")}
    found |= {path.parent.parent for path in root.glob("*/**/templates/*.html")}
    elsewhere = {".venv", "build", ".cache", "tests"}
    return sorted(path for path in found if not set(path.relative_to(root).parts) & elsewhere)


def texts_of(package: Path) -> Iterator[tuple[Path, int, str]]:
    """File, line and text of everything marked for translation in a package."""
    for file in sorted(package.rglob("*.html")):
        with file.open("rb") as source:
            for line, _, message, _ in babel_extract(source, list(KEYWORDS), [], {"newstyle_gettext": "true"}):
                yield from ((file, line, text) for text in _single(message))
    for file in sorted(package.rglob("*.py")):
        with file.open("rb") as source:
            for line, message, _, _ in extract("python", source, KEYWORDS):
                yield from ((file, line, text) for text in _single(message))


def english_of(package: Path) -> dict[str, str]:
    """The package's catalogue; entries marked fuzzy or obsolete do not count."""
    file = package / "locale" / "en.po"
    if not file.is_file():
        return {}
    with file.open("rb") as source:
        return {str(m.id): str(m.string) for m in read_po(source, locale="en") if m.id and m.string and not m.fuzzy}


def unmarked(template: Path) -> list[str]:
    """Chinese in a template outside `_()`: an English reader would see it as it is."""
    parsed = Environment(extensions=["jinja2.ext.i18n"]).parse(template.read_text(encoding="utf-8"))
    texts = [data.data for output in parsed.find_all(nodes.Output) for data in output.find_all(nodes.TemplateData)]
    return [line.strip() for text in texts for line in text.splitlines() if CHINESE.search(line)]


def _single(message: object) -> Iterator[str]:
    if isinstance(message, str):
        yield message
    elif isinstance(message, tuple | list):
        yield from (part for part in message[:1] if isinstance(part, str))
