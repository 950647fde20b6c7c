"""`campus-center person …`: who may log in at the center (人员账号), and which schools each may see."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from center import register
from center.opening import ConfigOption, clear_words, opened
from center.run import PEOPLE_NAME
from foundation.clock import SystemClock
from foundation.state import StateDirectory
from web.duty import Duty
from web.people import NewPerson, PeopleBook, PeopleError, password_in
from web.scope import WHOLE, Scope

app = typer.Typer(help="Who may log in (人员账号), and which schools each may see.", no_args_is_help=True)

_BY: Final = "command line"
_DUTIES: Final = [duty.value for duty in Duty if not duty.at_campus]

LoginArgument = Annotated[str, typer.Argument(help="What the person types to log in: a name, staff number or phone.")]
DistrictOption = Annotated[list[str] | None, typer.Option(help="A district the person may see; may be repeated.")]
CampusOption = Annotated[list[str] | None, typer.Option(help="A campus's id the person may see; may be repeated.")]
PasswordOption = Annotated[
    Path | None, typer.Option(help="File that holds the password; without it you are asked.", exists=True)
]


@app.command()
def add(
    login: LoginArgument,
    config: ConfigOption,
    name: Annotated[str, typer.Option(help="Name that schools see when the person takes an alarm on.")],
    duty: Annotated[Duty, typer.Option(help=", ".join(_DUTIES))],
    district: DistrictOption = None,
    campus: CampusOption = None,
    password_file: PasswordOption = None,
) -> None:
    """Make an account; without --district and --campus the person sees every school."""
    with clear_words(), _books(config, district, campus) as (people, scope):
        if duty.at_campus:
            raise PeopleError(
                f"{duty.value} 是学校的岗位，这里可用 / is a duty at a school; here: {', '.join(_DUTIES)}"
            )
        new = NewPerson(login=login, name=name, duty=duty, password=_password(password_file), scope=scope)
        (person,) = people.add([new], by=_BY)
        typer.echo(f"{person.login} ({person.name}, {person.duty.value}) may log in and sees {_words(person.scope)}.")


@app.command("list")
def list_people(config: ConfigOption) -> None:
    """Accounts, those in use first."""
    with clear_words(), _books(config, None, None) as (people, _):
        for person in people.people():
            ended = "\tended" if person.ended else ""
            typer.echo(f"{person.login}\t{person.name}\t{person.duty.value}\t{_words(person.scope)}{ended}")


@app.command()
def scope(
    login: LoginArgument, config: ConfigOption, district: DistrictOption = None, campus: CampusOption = None
) -> None:
    """Let a person see other schools from now on; without --district and --campus every school."""
    with clear_words(), _books(config, district, campus) as (people, wanted):
        person = people.change_scope(people.person_by_login(login).id, wanted, by=_BY)
        typer.echo(f"{person.login} sees {_words(person.scope)} and has to log in again.")


@app.command()
def password(login: LoginArgument, config: ConfigOption, password_file: PasswordOption = None) -> None:
    """Set a new password, for somebody who forgot theirs."""
    with clear_words(), _books(config, None, None) as (people, _):
        people.set_password(people.person_by_login(login).id, _password(password_file), by=_BY)
        typer.echo(f"{login} has a new password and has to log in again.")


@app.command()
def end(login: LoginArgument, config: ConfigOption) -> None:
    """End an account (离职): it stays in the books, and its sessions end now."""
    with clear_words(), _books(config, None, None) as (people, _):
        person = people.end(people.person_by_login(login).id, by=_BY)
        typer.echo(f"{person.login} ({person.name}) can no longer log in.")


@contextlib.contextmanager
def _books(config: Path, districts: list[str] | None, campuses: list[str] | None) -> Iterator[tuple[PeopleBook, Scope]]:
    with opened(config) as (settings, database), database.begin() as connection:
        enrolled = register.everyone(connection)
    # Only what is in the register: a district spelled in another way would show the person nothing, and say nothing.
    _known("district", districts, {item.district for item in enrolled if item.district})
    _known("campus", campuses, {item.id for item in enrolled})
    book = PeopleBook(StateDirectory(settings.state_directory).database(PEOPLE_NAME), SystemClock())
    try:
        some = Scope(districts=frozenset(districts or ()), campuses=frozenset(campuses or ()))
        yield book, some if districts or campuses else WHOLE
    finally:
        book.close()


def _known(what: str, wanted: list[str] | None, known: set[str]) -> None:
    for name in wanted or ():
        if name not in known:
            raise PeopleError(
                f"没有学校属于 {name!r}（已有：{'、'.join(sorted(known)) or '无'}），请改正，或先登记学校 / "
                f"no enrolled school has the {what} {name!r} (known: {', '.join(sorted(known)) or 'none'}): "
                "correct it, or enrol the school first"
            )


def _password(file: Path | None) -> str:
    if file is not None:
        return password_in(file)
    asked: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    return asked


def _words(scope: Scope) -> str:
    if scope.whole:
        return "every school"
    return ", ".join((*sorted(scope.districts), *sorted(scope.campuses))) or "no school"
