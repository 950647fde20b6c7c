"""Options that most commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:  # the settings' rules take a third of a second to load, and a press on the command line needs none
    from config.settings import Settings

EXIT_REFUSED: Final = 2

ConfigOption = Annotated[Path, typer.Option("--config", envvar="EDGE_AGENT_CONFIG", help="The campus's settings file.")]
StateOption = Annotated[
    Path, typer.Option("--state", envvar="EDGE_AGENT_STATE", help="Where the box keeps what it must not lose.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DEFAULT_CONFIG: Final = Path("/etc/campus-edge/campus.yaml")
DEFAULT_STATE: Final = Path("/var/lib/campus-edge")


def refuse(sentence: str) -> NoReturn:
    """End the command with one sentence on standard error and exit code 2."""
    typer.echo(f"▲ {sentence}", err=True)
    raise typer.Exit(EXIT_REFUSED)


def missing_passwords(settings: Settings) -> list[str]:
    """A sentence for each password that the settings refer to and that cannot be read here and now."""
    from config.credential import CredentialError

    missing = []
    for credential in settings.credentials:
        try:
            credential.password()
        except CredentialError as error:
            missing.append(str(error))
    return missing


def settings_or_exit(file: Path, *, with_plan: bool = False) -> Settings:
    """The settings, or every mistake on standard error and exit code 2; `with_plan` checks the campus plan too."""
    from config.problem import SettingsError
    from config.settings import read_settings

    try:
        settings = read_settings(file)
        if with_plan and settings.plan is not None:
            from config.plan import read_plan

            read_plan(settings.plan.file)
        return settings
    except SettingsError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(EXIT_REFUSED) from error
