"""`edge-agent footage adopt` and `choose`: what only a person can know or want of a disk (录像硬盘)."""

from __future__ import annotations

import os
import threading
from functools import partial
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
from foundation.journal import Fact, Journal
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory, StateDirectoryError
from storage.facts import DiskReplaced, WhenFullChosen

VolumeArgument = Annotated[str, typer.Argument(help="The volume's id in the settings.")]
_HERE: Final = "command line"
_DISK_LIMIT_S = 15.0
"""A disk that has just been plugged in may have to spin up."""
_LOOK_EVERY_S = 1.0
_HEARD_WITHIN_S = 15.0
"""So long without any progress, and the recorder is not running or has other things to do."""


def adopt(
    volume: VolumeArgument,
    replace: Annotated[
        bool, typer.Option("--replace", help="The former disk is gone for good; its footage becomes a loss.")
    ] = False,
    person: Annotated[str, typer.Option(help="Account of whoever replaces a disk.")] = "",
    reason: Annotated[str, typer.Option(help="Why it is replaced; it stands in the audit log.")] = "",
    config: ConfigOption = DEFAULT_CONFIG,
    state: StateOption = DEFAULT_STATE,
) -> None:
    """Take the disk that is mounted at a volume's path into use for footage; asks for the password to replace one."""
    from storage.hands import Hands
    from storage.replacement import disk_in_use
    from storage.volume import VolumeRefused, room, trouble_of
    from storage.volume import adopt as take_into_use

    found = _volume(config, volume)
    catalogue = StateDirectory(state).database("catalogue")
    try:
        former = disk_in_use(catalogue, found.id) if catalogue.exists() else None
        if replace and former is None:
            raise _refused(f"volume {volume} never had a disk; leave --replace out")
        if replace and not (person and reason.strip()):
            raise _refused("换盘要说明是谁、为什么 / replacing a disk takes --person ACCOUNT and --reason WHY")
        if not replace and former is not None:
            raise _refused(
                f"volume {volume} has a disk already ({former}); mount that one, or if it is gone for good with all it "
                f"holds: edge-agent footage adopt {volume} --replace --person ACCOUNT --reason WHY"
            )
        persons = _persons(StateDirectory(state).create(), [person]) if replace else ()
        touch = partial(Hands(found.id).do, limit_s=_DISK_LIMIT_S)
        try:
            identity, space = touch(partial(take_into_use, found, former_uuid=former)), touch(partial(room, found))
        except TimeoutError as error:
            raise trouble_of(found, error) from error
        if former is not None:
            _tell(
                state,
                DiskReplaced(
                    volume=found.id, former_uuid=former, uuid=identity.uuid, person=persons[0], reason=reason.strip()
                ),
            )
    except (VolumeRefused, DatabaseError, StateDirectoryError, OSError) as error:
        raise _refused(error) from error
    typer.echo(
        f"● {found.path} 已启用为 is now volume {found.id}: {space.free / 1e9:.0f} GB 可用 free ({identity.uuid})"
    )
    if former is not None:
        typer.echo(f"▲ 原盘上的录像记为数据缺失 what lay on the former disk is a loss from now on ({persons[0]})")
        _follow(catalogue, former)


def _follow(catalogue: Path, former: str) -> None:
    # Interrupting it interrupts nothing: the recorder has the order.
    from storage.replacement import Progress, progress_of

    never = threading.Event()
    before, idle_s = Progress(False, 0, 0), 0.0
    while idle_s < _HEARD_WITHIN_S:
        try:
            now = progress_of(catalogue, former)
        except DatabaseError as error:
            raise _refused(error) from error
        if now.done:
            typer.echo(f"● 已记入台账 entered in the ledger: {now.segments} 段 segments")
            return
        if now != before:
            typer.echo(f"  {now.segments - now.left} / {now.segments} 段 segments")
            before, idle_s = now, 0.0
        never.wait(_LOOK_EVERY_S)
        idle_s += _LOOK_EVERY_S
    typer.echo("○ 录像程序还没有照办，运行起来后会接着做 the recorder has not obeyed yet; it goes on when it runs")


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
    found = _volume(config, volume)
    if found.when_full is not None:
        raise _refused(f"volume {volume}: the settings file says {found.when_full}; take that line out first")
    logins = [person, second] if second else [person]
    if when_full is WhenFull.OVERWRITE and len(set(logins)) < 2:
        raise _refused("覆盖要两个人决定 / overwriting takes two persons: add --second ACCOUNT")
    try:
        persons = _persons(StateDirectory(state).create(), logins)
        _tell(state, WhenFullChosen(volume=found.id, when_full=when_full, persons=persons, reason=reason.strip()))
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


def _tell(state: Path, fact: Fact) -> None:
    where = StateDirectory(state).create()
    journal = Journal.open(where.journal(COMMANDS), SystemClock())
    try:
        journal.append(fact)
    finally:
        journal.database.close()
    _give_to_owner(where)


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
