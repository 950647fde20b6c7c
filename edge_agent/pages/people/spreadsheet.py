"""Staff from a spreadsheet (人员导入): all rows become accounts, or none does and every mistake is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from web.document.reading.header import Field
from web.document.reading.mistake import Mistake, Sentence, UploadRefused
from web.document.reading.parse import choice, text
from web.document.reading.upload import read_upload
from web.duty import Duty
from web.language import mark
from web.people import NewPerson, Person

_DUTIES: Final[Mapping[str, Duty]] = {
    "保安": Duty.GUARD,
    "门卫": Duty.GUARD,
    "安全干部": Duty.SAFETY_OFFICER,
    "安全主任": Duty.SAFETY_OFFICER,
    "校领导": Duty.LEADER,
    "校长": Duty.LEADER,
    "技术员": Duty.TECHNICIAN,
    "审计员": Duty.AUDITOR,
    "教职工": Duty.STAFF,
    "教师": Duty.STAFF,
}
_NAME: Final[Field[str]] = Field(name="姓名", parse=text(longest=100))
_LOGIN: Final[Field[str]] = Field(
    name="账号", parse=text(longest=60), aliases=("工号", "手机号", "登录名"), unique=True
)
_DUTY: Final[Field[Duty]] = Field(name="岗位", parse=choice(_DUTIES), aliases=("职务", "角色"))
_FIELDS: Final[Sequence[Field[Any]]] = (_NAME, _LOGIN, _DUTY)


def read_people(data: bytes, known: Sequence[Person]) -> list[NewPerson]:
    """New accounts, without passwords: those never stand in a spreadsheet. Raises UploadRefused with every mistake."""
    rows = read_upload(data, _FIELDS).rows
    taken = {person.login.casefold() for person in known}
    seen: set[str] = set()
    mistakes = []
    for row in rows:
        login = row[_LOGIN].casefold()
        if login in taken or login in seen:
            what = Sentence(mark("账号“%(login)s”已经有人用了"), {"login": row[_LOGIN]})
            mistakes.append(Mistake(row.number, _LOGIN.name, what, Sentence(mark("请换一个账号，或删去这一行。"))))
        seen.add(login)
    if mistakes:
        raise UploadRefused(mistakes)
    return [NewPerson(login=row[_LOGIN], name=row[_NAME], duty=row[_DUTY]) for row in rows]
