"""What a person typed: the texts of a form, ready for a handler that runs on a worker thread."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

_MAX_FIELDS = 200


async def _texts(request: Request) -> dict[str, str]:
    async with request.form(max_fields=_MAX_FIELDS, max_files=0) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


FormTexts = Annotated[dict[str, str], Depends(_texts)]
"""Parameter of a handler: field names to what was typed; files are refused."""
