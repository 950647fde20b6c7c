"""campus-center: the receiving side on the command line."""

from __future__ import annotations

import logging
from typing import Annotated, Literal

import typer

from center import register
from center.opening import ConfigOption, clear_words, opened
from center.person_command import app as person_app
from center.register import EnrolmentError
from center.run import run_center, signing_key
from center.settings import read_center_settings
from foundation.clock import SystemClock
from foundation.ids import is_slug
from foundation.log import configure_log
from foundation.state import StateDirectory
from uplink.signature import read_public_key

app = typer.Typer(
    help="The receiving side (接警中心): takes in what campuses send, answers alarms, shows schools and points.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(person_app, name="person")


@app.command()
def run(
    config: ConfigOption,
    log: Annotated[Literal["json", "plain"], typer.Option(help="How log lines look.")] = "plain",
) -> None:
    """Serve until Ctrl-C or SIGTERM."""
    with clear_words():
        settings = read_center_settings(config)
        configure_log("center", style=log)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        run_center(settings, SystemClock(), on_ready=lambda url: typer.echo(f"{settings.name}: {url}"))


@app.command()
def enrol(
    campus_id: Annotated[str, typer.Argument(help="The campus's id, as in its settings.")],
    config: ConfigOption,
    public_key: Annotated[str, typer.Option(help="The campus's public key: `edge-agent public-key` there.")],
    name: Annotated[str, typer.Option(help="The school's name.")],
    district: Annotated[str, typer.Option(help="The district it belongs to.")] = "",
    next_key: Annotated[
        bool, typer.Option("--next-key", help="The campus changes its key: believe the old and this one.")
    ] = False,
) -> None:
    """Register a campus (入网登记), pin its key and print the center's public key."""
    with clear_words(), opened(config) as (settings, database):
        if not is_slug(campus_id):
            raise EnrolmentError(
                f"{campus_id!r} 不能作编号，只能用小写字母、数字和连字符，与学校设置里的相同 / "
                f"{campus_id!r} is no id: lower-case letters, digits and hyphens, as in its settings"
            )
        read_public_key(public_key)
        with database.begin() as connection:
            campus = register.enrol(
                connection,
                SystemClock(),
                campus_id=campus_id,
                name=name,
                public_key=public_key,
                district=district,
                next_key=next_key,
            )
        typer.echo(f"{campus.id} ({campus.name}) is enrolled with {len(campus.public_keys)} key(s).", err=True)
        typer.echo("Put this under center.public_keys in its settings:", err=True)
        typer.echo(signing_key(StateDirectory(settings.state_directory)).public_key)


@app.command("retire-key")
def retire_key(
    campus_id: Annotated[str, typer.Argument(help="The campus whose change of keys is over.")], config: ConfigOption
) -> None:
    """End a campus's change of keys: only the next key is believed from now on."""
    with clear_words(), opened(config) as (_, database), database.begin() as connection:
        register.retire_key(connection, campus_id)
        typer.echo(f"{campus_id}: the old key is no longer believed.")


@app.command("campuses")
def list_campuses(config: ConfigOption) -> None:
    """List the register of schools."""
    with clear_words(), opened(config) as (_, database), database.begin() as connection:
        for campus in register.everyone(connection):
            typer.echo(f"{campus.id}\t{campus.name}\t{campus.district}\t{' '.join(campus.public_keys)}")


@app.command("public-key")
def public_key(config: ConfigOption) -> None:
    """Print the center's public key, which campuses pin under center.public_keys."""
    with clear_words():
        settings = read_center_settings(config)
        typer.echo(signing_key(StateDirectory(settings.state_directory).create()).public_key)
