"""`edge-agent person …`: staff accounts (人员账号); the first one can only be made here, on the box."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge_agent.options import DEFAULT_STATE, EXIT_REFUSED, StateOption
from web.duty import Duty

app = typer.Typer(help="Staff accounts (人员账号).", no_args_is_help=True)


@app.command()
def add(
    login: Annotated[str, typer.Argument(help="What the person types to log in: a name, staff number or phone.")],
    name: Annotated[str, typer.Option(help="Name as it stands in books and reports.")],
    duty: Annotated[Duty, typer.Option(help="What the person is here for.")] = Duty.LEADER,
    password_file: Annotated[
        Path | None, typer.Option(help="File that holds the password; without it you are asked.")
    ] = None,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Make an account for the office pages; the first should be a leader's, who makes the others."""
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory, StateDirectoryError
    from web.people import NewPerson, PeopleBook, PeopleError

    if not duty.at_campus:
        typer.echo(f"▲ {duty.value} is a duty at the center; here: guard, safety_officer, leader, …", err=True)
        raise typer.Exit(EXIT_REFUSED)
    try:
        password = _password(password_file)
        book = PeopleBook(StateDirectory(state).create().database("people"), SystemClock())
        try:
            (person,) = book.add([NewPerson(login=login, name=name, duty=duty, password=password)], by="command line")
        finally:
            book.close()
    except (PeopleError, DatabaseError, StateDirectoryError, OSError) as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    typer.echo(f"● 已建立账号 / account made: {person.login} ({person.name}, {person.duty.value})")


@app.command("list")
def list_people(state: StateOption = DEFAULT_STATE) -> None:
    """Accounts, those in use first."""
    from foundation.clock import SystemClock
    from foundation.sqlite import DatabaseError
    from foundation.state import StateDirectory
    from web.people import PeopleBook

    if not state.is_dir():
        typer.echo(f"▲ {state} is not there: name the state directory with --state", err=True)
        raise typer.Exit(EXIT_REFUSED)
    path = StateDirectory(state).database("people")
    if not path.exists():
        typer.echo("还没有账号 / no accounts yet: edge-agent person add")
        return
    try:
        book = PeopleBook(path, SystemClock())
    except DatabaseError as error:
        typer.echo(f"▲ {error}", err=True)
        raise typer.Exit(EXIT_REFUSED) from error
    for person in book.people():
        ended = "  已停用 ended" if person.ended else ""
        typer.echo(f"{person.login}  {person.name}  {person.duty.value}{ended}")
    book.close()


def _password(file: Path | None) -> str:
    from web.people import password_in

    if file is not None:
        return password_in(file)
    password: str = typer.prompt("密码 / password", hide_input=True, confirmation_prompt=True)
    return password
