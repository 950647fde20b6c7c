"""Two languages: Chinese is written, English says the same. A text's Chinese form is its key."""

from __future__ import annotations

import gettext
import io
from collections.abc import Iterable
from enum import StrEnum
from functools import cache
from http.cookies import CookieError, SimpleCookie
from importlib import resources
from typing import Final
from urllib.parse import parse_qs

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE: Final = "lang"
_COOKIE_AGE_S: Final = 365 * 24 * 3600


class Language(StrEnum):
    """What a page can be read in; the value is the `lang` attribute of HTML."""

    CHINESE = "zh-CN"
    ENGLISH = "en"

    @property
    def other(self) -> Language:
        """The one that the switch on each page leads to."""
        return Language.ENGLISH if self is Language.CHINESE else Language.CHINESE

    @property
    def code(self) -> str:
        """As `?lang=` and the cookie carry it."""
        return self.value.partition("-")[0]

    @property
    def own_name(self) -> str:
        """How its readers call it."""
        return "中文" if self is Language.CHINESE else "English"


_BY_CODE: Final = {language.code: language for language in Language}


def mark(text: str) -> str:
    """Say that a text will be shown later, so that the test for missing English finds it here."""
    return text


class Catalogue:
    """The texts of some packages in one language."""

    def __init__(self, language: Language, translations: Iterable[gettext.NullTranslations] = ()) -> None:
        self.language = language
        self._translations = list(translations)

    def gettext(self, text: str) -> str:
        """The text in this language; the Chinese one where nobody has written another."""
        for translations in self._translations:
            found = translations.gettext(text)
            if found != text:
                return found
        return text

    def ngettext(self, one: str, many: str, count: int) -> str:
        """As `gettext`; Chinese has no plural and English texts are written to need none."""
        return self.gettext(one if count == 1 else many)

    def __call__(self, text: str, /, **values: object) -> str:
        """The text with `%(name)s` filled in."""
        found = self.gettext(text)
        return found % values if values else found


@cache
def catalogue(language: Language, packages: tuple[str, ...]) -> Catalogue:
    """Texts of packages, each from its `locale/en.po`; Chinese needs no file."""
    if language is Language.CHINESE:
        return Catalogue(language)
    return Catalogue(language, [_read_english(package) for package in packages])


def _read_english(package: str) -> gettext.NullTranslations:
    file = resources.files(package).joinpath("locale", "en.po")
    if not file.is_file():
        return gettext.NullTranslations()
    with file.open("rb") as source:
        texts = read_po(source, locale="en", abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, texts)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


class LanguageChoice:
    """Puts `language` into each request: `?lang=` wins and is remembered in a cookie; Chinese where nothing is said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = _asked(scope)
        language = asked or _remembered(scope) or Language.CHINESE
        scope.setdefault("state", {})["language"] = language

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Language", language.value)
                if asked is not None:
                    headers.append(
                        "Set-Cookie",
                        f"{COOKIE}={asked.code}; Path=/; Max-Age={_COOKIE_AGE_S}; SameSite=Lax; HttpOnly",
                    )
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _asked(scope: Scope) -> Language | None:
    values = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=100).get("lang", [])
    return _BY_CODE.get(values[-1]) if values else None


def _remembered(scope: Scope) -> Language | None:
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies = SimpleCookie(value.decode("latin-1"))
            except CookieError:
                return None
            if COOKIE in cookies:
                return _BY_CODE.get(cookies[COOKIE].value)
    return None
