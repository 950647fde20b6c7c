"""What every command begins with: the settings read, the database opened, and errors said in one sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from center.database import CenterDatabase
from center.settings import CenterSettings, read_center_settings
from foundation.service import RefusedError, ServiceFailedError
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory
from web.password import BusyError
from web.people import PeopleError

ConfigOption = Annotated[Path, typer.Option("--config", help="The center's settings, a YAML file.")]

REFUSED: Final = 2
"""Exit code when something must be put right before it can start."""


@contextlib.contextmanager
def opened(config: Path) -> Iterator[tuple[CenterSettings, CenterDatabase]]:
    """The settings and the database, brought up to date."""
    settings = read_center_settings(config)
    StateDirectory(settings.state_directory).create()
    with CenterDatabase(settings.database()) as database:
        database.migrate()
        yield settings, database


@contextlib.contextmanager
def clear_words() -> Iterator[None]:
    """Whatever a technician can put right is said in one sentence, without a traceback."""
    try:
        yield
    except (RefusedError, DatabaseError, PeopleError, BusyError) as error:
        typer.echo(f"campus-center: {error}", err=True)
        raise typer.Exit(REFUSED) from error
    except ServiceFailedError as error:
        typer.echo(f"campus-center: {error}", err=True)
        raise typer.Exit(1) from error
