"""Options that most commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from config.credential import CredentialError
from config.plan import read_plan
from config.problem import SettingsError
from config.settings import Settings, read_settings

EXIT_REFUSED: Final = 2

ConfigOption = Annotated[Path, typer.Option("--config", envvar="EDGE_AGENT_CONFIG", help="The campus's settings file.")]
StateOption = Annotated[
    Path, typer.Option("--state", envvar="EDGE_AGENT_STATE", help="Where the box keeps what it must not lose.")
]
DEFAULT_CONFIG: Final = Path("/etc/campus-edge/campus.yaml")
DEFAULT_STATE: Final = Path("/var/lib/campus-edge")


def missing_passwords(settings: Settings) -> list[str]:
    """A sentence for each password that the settings refer to and that cannot be read here and now."""
    missing = []
    for credential in settings.credentials:
        try:
            credential.password()
        except CredentialError as error:
            missing.append(str(error))
    return missing


def settings_or_exit(file: Path, *, with_plan: bool = False) -> Settings:
    """The settings, or every mistake on standard error and exit code 2; `with_plan` checks the campus plan too."""
    try:
        settings = read_settings(file)
        if with_plan and settings.plan is not None:
            read_plan(settings.plan.file)
        return settings
    except SettingsError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_REFUSED) from error
