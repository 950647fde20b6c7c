"""What a person fills in about a fault: texts, a photo, a day; and the ledger's refusals in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from foundation.clock import beijing_day_start_ns
from safety.grade import Grade
from safety.ledger import StillMeasuredError, UnknownFaultError, WordsError, WrongStageError
from safety.photo import LIMIT_BYTES, NotAPhotoError, TooLargeError, redrawn
from web import figures
from web.language import Catalogue, mark
from web.problem import PageProblem, Words

UPLOAD_LIMIT_BYTES: Final = LIMIT_BYTES + 100_000
"""A photo and the texts around it."""
_MAX_FIELDS: Final = 50
_WRONG_STAGE: Final = Words(mark("隐患已经是另一种状态，没有改动"), mark("可能别人刚处理过。请看最新的历史再操作。"))
_STILL_WRONG: Final = Words(mark("系统仍测到异常，不能判定复查合格"), mark("请先修好；测量恢复后系统会自动记下复查。"))


@dataclass(frozen=True, slots=True)
class Upload:
    """Texts and at most one file."""

    texts: dict[str, str]
    file: bytes


async def _upload(request: Request) -> Upload:
    async with request.form(max_fields=_MAX_FIELDS, max_files=1) as form:
        texts = {name: value for name, value in form.items() if isinstance(value, str)}
        files = [value for value in form.values() if isinstance(value, UploadFile)]
        return Upload(texts, await files[0].read() if files else b"")


UploadForm = Annotated[Upload, Depends(_upload)]
"""Parameter of a handler that takes a photo."""


class FieldError(Exception):
    """One field is not right; `text` is for the person, in their language."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def photo_of(file: bytes, texts: Catalogue) -> bytes:
    """The photo as it is kept. Raises FieldError."""
    try:
        return redrawn(file)
    except TooLargeError as error:
        limit = figures.size(LIMIT_BYTES)
        raise FieldError("photo", texts(mark("照片太大，最多 %(limit)s"), limit=limit)) from error
    except NotAPhotoError as error:
        raise FieldError("photo", texts(mark("读不出这张照片，请用 JPEG 或 PNG"))) from error


def grade_of(text: str, texts: Catalogue) -> Grade:
    """The grade that was chosen. Raises FieldError."""
    if text not in set(Grade):
        raise FieldError("grade", texts(mark("请选等级")))
    return Grade(text)


def due_of(text: str, texts: Catalogue) -> int | None:
    """The last moment of the Beijing day that was chosen, None for none. Raises FieldError."""
    if not text:
        return None
    try:
        return beijing_day_start_ns(date.fromisoformat(text) + timedelta(days=1)) - 1
    except (ValueError, OverflowError) as error:
        raise FieldError("due", texts(mark("日期不对，请写成 2026-12-05"))) from error


@contextmanager
def ledger_words(texts: Catalogue) -> Iterator[None]:
    """The ledger's refusals as pages; a missing or too long text as a FieldError."""
    try:
        yield
    except UnknownFaultError as unknown:
        raise HTTPException(404) from unknown
    except WrongStageError as wrong:
        raise PageProblem(409, _WRONG_STAGE) from wrong
    except StillMeasuredError as still:
        raise PageProblem(409, _STILL_WRONG) from still
    except WordsError as wrong:
        raise FieldError(wrong.field, texts(mark("这一项要填，也不要太长"))) from wrong
