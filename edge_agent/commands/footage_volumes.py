"""`edge-agent footage adopt` and `choose`: what only a person can know or want of a disk (录像硬盘)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from config.volume import Volume, WhenFull
from edge_agent.options import (
    DEFAULT_CONFIG,
    DEFAULT_STATE,
    EXIT_REFUSED,
    ConfigOption,
    StateOption,
    settings_or_exit,
)
from edge_agent.role import COMMANDS
from foundation.clock import SystemClock
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory, StateDirectoryError

VolumeArgument = Annotated[str, typer.Argument(help="The volume's id in the settings.")]
_HERE: Final = "command line"


def adopt(volume: VolumeArgument, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Take the disk that is mounted at a volume's path into use for footage."""
    from storage.volume import VolumeRefused, room
    from storage.volume import adopt as take_into_use

    found = _volume(config, volume)
    try:
        identity, space = take_into_use(found), room(found)
    except VolumeRefused as refused:
        raise _refused(refused) from refused
    typer.echo(
        f"● {found.path} 已启用为 is now volume {found.id}: {space.free / 1e9:.0f} GB 可用 free ({identity.uuid})"
    )


def choose(
    volume: VolumeArgument,
    when_full: Annotated[WhenFull, typer.Argument(help="stop: loudly, nothing young goes; overwrite: two persons.")],
    person: Annotated[str, typer.Option(help="Account of whoever chooses.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit log.")],
    second: Annotated[str, typer.Option(help="Account of the second person, for overwrite.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Choose what happens when a volume is full and nothing on it is old enough to go; asks for the passwords."""
    from foundation.journal import Journal
    from storage.facts import WhenFullChosen

    found = _volume(config, volume)
    if found.when_full is not None:
        raise _refused(f"volume {volume}: the settings file says {found.when_full}; take that line out first")
    logins = [person, second] if second else [person]
    if when_full is WhenFull.OVERWRITE and len(set(logins)) < 2:
        raise _refused("覆盖要两个人决定 / overwriting takes two persons: add --second ACCOUNT")
    try:
        where = StateDirectory(state).create()
        persons = _persons(where, logins)
        journal = Journal.open(where.journal(COMMANDS), SystemClock())
        try:
            journal.append(WhenFullChosen(volume=found.id, when_full=when_full, persons=persons, reason=reason.strip()))
        finally:
            journal.database.close()
        _give_to_owner(where)
    except (DatabaseError, StateDirectoryError, OSError) as error:
        raise _refused(error) from error
    typer.echo(
        f"● {found.id}: {when_full.value} ({'、'.join(persons)}); 录像程序几秒内照办 the recorder obeys in seconds"
    )


def _persons(state: StateDirectory, logins: list[str]) -> tuple[str, ...]:
    from edge_agent.access_log import Who
    from web.duty import Right
    from web.people import LockedOutError, PeopleBook, WrongLoginError

    people = PeopleBook(state.database("people"), SystemClock())
    persons = []
    try:
        for login in logins:
            password: str = typer.prompt(f"{login}: 密码 / password", hide_input=True)
            people.log_out(people.log_in(login, password, address=_HERE))
            found = people.person_by_login(login)
            if not found.duty.may(Right.EXPORT_FOOTAGE):
                raise _refused(f"{login}: 要校领导或安全干部 / only a leader or safety officer may choose")
            persons.append(Who(found.login, found.name).signature)
    except (WrongLoginError, LockedOutError) as error:
        raise _refused(error) from error
    finally:
        people.close()
    return tuple(persons)


def _give_to_owner(state: StateDirectory) -> None:
    # Run by root, the file must be readable for the account of the agent: a journal that it cannot read may hold
    # anything, and then nothing is deleted.
    if os.geteuid() == 0:
        owner = state.root.stat()
        for file in state.journal(COMMANDS).parent.glob(f"{COMMANDS}.sqlite*"):
            os.chown(file, owner.st_uid, owner.st_gid)


def _volume(config: Path, volume_id: str) -> Volume:
    settings = settings_or_exit(config)
    try:
        return settings.volume(volume_id)
    except KeyError as error:
        known = ", ".join(each.id for each in settings.volumes)
        raise _refused(f"there is no volume {volume_id}; the settings have {known}") from error


def _refused(reason: object) -> typer.Exit:
    typer.echo(f"▲ {reason}", err=True)
    return typer.Exit(EXIT_REFUSED)
