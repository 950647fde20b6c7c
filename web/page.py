"""Turning a template into a page in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from foundation.clock import Clock
from web import figures
from web.language import Catalogue, Language, catalogue
from web.signs import State

OWN_PACKAGE: Final = "web"


class Theme(StrEnum):
    """Sizes and colours of a page; the value is a class of the body."""

    GATE = "gate"
    """Large type and targets, read at arm's length."""
    OFFICE = "office"
    CENTER = "center"
    """Dark: a desk that is watched at night."""


class Pages:
    """The templates of some packages, ready in both languages."""

    def __init__(
        self,
        *,
        title: str,
        theme: Theme,
        packages: Sequence[str],
        clock: Clock,
        frame: Callable[[Request], Mapping[str, object]] | None = None,
    ) -> None:
        self.title = title
        self.theme = theme
        self.clock = clock
        self._frame = frame
        self._packages = tuple(dict.fromkeys((*packages, OWN_PACKAGE)))
        self._environments = {language: _environment(self._packages, language) for language in Language}

    def texts(self, language: Language) -> Catalogue:
        """The texts of these pages in a language."""
        return catalogue(language, self._packages)

    def render(self, request: Request, template: str, context: dict[str, object]) -> str:
        """The page's HTML. Templates find besides `context`: language, texts, theme, title, now, request."""
        language = language_of(request)
        return (
            self._environments[language]
            .get_template(template)
            .render(
                {
                    "language": language,
                    "theme": self.theme,
                    "title": self.title,
                    "now": self.clock.utc_ns(),
                    "request": request,
                    "switch_url": str(request.url.include_query_params(lang=language.other.code).query),
                    **(self._frame(request) if self._frame else {}),
                    **context,
                }
            )
        )


@cache
def _environment(packages: tuple[str, ...], language: Language) -> Environment:
    # Kept, so that apps over the same packages compile their templates once.
    texts = catalogue(language, packages)
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(State=State, Theme=Theme)
    environment.filters.update(
        moment=figures.moment,
        clock_time=figures.clock_time,
        clock_minute=figures.clock_minute,
        share=figures.share,
        size=figures.size,
        bit_rate=figures.bit_rate,
        day=lambda utc_ns: figures.day(utc_ns, texts),
        duration=lambda seconds: figures.duration(seconds, texts),
        age=lambda seconds: figures.age(seconds, texts),
        age_of=lambda utc_ns, now: figures.age_of(utc_ns, now, texts),
    )
    return environment


def pages_of(request: Request) -> Pages:
    """The templates of the app that answers a request."""
    pages = getattr(request.app.state, "pages", None)
    if not isinstance(pages, Pages):
        raise TypeError("this app was not made by web.app.make_app")
    return pages


def language_of(request: Request) -> Language:
    """The language that LanguageChoice found for a request."""
    language = getattr(request.state, "language", Language.CHINESE)
    assert isinstance(language, Language)
    return language


def texts_of(request: Request) -> Catalogue:
    """Texts in the reader's language, for words that are made in Python."""
    return pages_of(request).texts(language_of(request))


def page(
    request: Request, template: str, *frames: Mapping[str, object], status: int = 200, **context: object
) -> HTMLResponse:
    """A page from a template of the app's packages; `frames` hold what several pages show, `context` the page's own."""
    given: dict[str, object] = {}
    for frame in frames:
        given.update(frame)
    return HTMLResponse(pages_of(request).render(request, template, given | context), status_code=status)
