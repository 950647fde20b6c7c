"""Staff accounts on the office pages (人员): who may what, made and ended by a leader."""

from __future__ import annotations

import secrets
from typing import Final

from fastapi import APIRouter, Request, UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from edge_agent.pages.people.spreadsheet import read_people
from edge_agent.pages.upload_mistakes import shown_mistakes
from web.document.reading.mistake import UploadRefused
from web.duty import Duty, Right
from web.form import FormTexts
from web.language import mark
from web.login import WEAKNESSES, needs, person_of
from web.page import page, texts_of
from web.password import BusyError
from web.people import (
    LoginTakenError,
    NewPerson,
    PeopleBook,
    PeopleError,
    Person,
    UnknownPersonError,
    WeakSecretError,
)
from web.problem import PageProblem, Words

IMPORT_PATH: Final = "/people/import"
_READABLE: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without what is mistaken for something else when read from paper."""
DUTIES: Final = tuple(duty for duty in Duty if duty.at_campus)
_NOT_ONESELF: Final = Words(mark("不能停用自己或改自己的岗位"), mark("请另一位校领导来做，这样不会谁都进不来。"))


def people_routes(people: PeopleBook) -> APIRouter:
    """/people for those who may manage accounts."""
    routes = APIRouter(prefix="/people", dependencies=[needs(Right.MANAGE_PEOPLE)])

    def show(
        request: Request,
        form: dict[str, str],
        errors: dict[str, str],
        *,
        refused: UploadRefused | None = None,
        secret: tuple[Person, str] | None = None,
    ) -> Response:
        texts = texts_of(request)
        return page(
            request,
            "people/list.html",
            {"errors": errors, "values": form, "me": person_of(request)},
            status=422 if errors or refused else 200,
            people=people.people(),
            mistakes=shown_mistakes(refused, texts) if refused else None,
            secret=secret,
            duties=[(duty.value, texts(duty.word)) for duty in DUTIES],
        )

    @routes.get("")
    def everybody(request: Request) -> Response:
        return show(request, {}, {})

    @routes.post("")
    def add(request: Request, form: FormTexts) -> Response:
        texts, errors = texts_of(request), {}
        duty = form.get("duty", "")
        if duty not in DUTIES:
            errors["duty"] = texts(mark("请选岗位"))
        try:
            if not errors:
                person = NewPerson(
                    login=form.get("login", "").strip(),
                    name=form.get("name", "").strip(),
                    duty=Duty(duty),
                    password=form.get("password") or None,
                )
                people.add([person], by=_by(request))
        except LoginTakenError:
            errors["login"] = texts(mark("这个账号已经有人用了"))
        except WeakSecretError as weak:
            errors["password"] = texts(WEAKNESSES[weak.weakness])
        except BusyError:
            errors["password"] = texts(mark("同时登录的人太多，请稍等再试"))
        except PeopleError:
            errors["login"] = texts(mark("账号和姓名都要填，账号最多 60 个字"))
        return show(request, form, errors) if errors else RedirectResponse("/people", 303)

    @routes.post("/import")
    def from_spreadsheet(request: Request, file: UploadFile) -> Response:
        by = _by(request)
        try:
            people.add(read_people(file.file.read(), people.people()), by=by)
        except UploadRefused as refused:
            return show(request, {}, {}, refused=refused)
        except LoginTakenError:  # by somebody else in the same second; nothing was added
            return show(request, {}, {"file": texts_of(request)(mark("账号刚被别人占用，没有导入，请再试一次"))})
        return RedirectResponse("/people", 303)

    @routes.post("/{person_id}/password")
    def first_password(request: Request, person_id: str) -> Response:
        _not_oneself(request, person_id)
        secret = "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
        try:
            people.set_password(person_id, secret, by=_by(request))
            return show(request, {}, {}, secret=(people.person(person_id), secret))
        except UnknownPersonError as unknown:
            raise HTTPException(404) from unknown

    @routes.post("/{person_id}/pin")
    def set_pin(request: Request, person_id: str, form: FormTexts) -> Response:
        try:
            people.set_pin(person_id, form.get("pin", ""), by=_by(request))
        except UnknownPersonError as unknown:
            raise HTTPException(404) from unknown
        except WeakSecretError as weak:
            return show(request, {}, {f"pin-{person_id}": texts_of(request)(WEAKNESSES[weak.weakness])})
        return RedirectResponse("/people", 303)

    @routes.post("/{person_id}/duty")
    def change_duty(request: Request, person_id: str, form: FormTexts) -> Response:
        _not_oneself(request, person_id)
        duty = form.get("duty", "")
        if duty not in DUTIES:
            raise HTTPException(422)
        try:
            people.change_duty(person_id, Duty(duty), by=_by(request))
        except UnknownPersonError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/people", 303)

    @routes.post("/{person_id}/end")
    def end(request: Request, person_id: str) -> Response:
        _not_oneself(request, person_id)
        try:
            people.end(person_id, by=_by(request))
        except UnknownPersonError as unknown:
            raise HTTPException(404) from unknown
        return RedirectResponse("/people", 303)

    return routes


def _by(request: Request) -> str:
    person = person_of(request)
    if person is None:
        # Before the first account a browser on the box may look, not make accounts: that is the command line's.
        raise HTTPException(401)
    return person.login


def _not_oneself(request: Request, person_id: str) -> None:
    person = person_of(request)
    if person is not None and person.id == person_id:
        raise PageProblem(409, _NOT_ONESELF)
