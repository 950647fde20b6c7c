"""Runs one role in this process until it is told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

import structlog

from config.settings import read_settings
from edge_agent.role import Role, RoleContext
from edge_agent.role_life import RoleLife
from foundation.clock import Clock, SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.log import configure_log
from foundation.service import RefusedError, Service, ServiceFailedError, run_until_signal
from foundation.sqlite import DatabaseError
from foundation.state import StateDirectory

EXIT_REFUSED: Final = 2
"""Something a person must mend first: settings, a second copy, a taken port. Starting again would not help."""
EXIT_FAILED: Final = 1

_NICE: Final = {Role.GATEHOUSE: -10, Role.RECORDER: 5, Role.INSPECTOR: 10, Role.OFFICE: 10}
"""How far each role steps forward or back: when the box is short of time, the alarm comes first and footage second."""

_log = structlog.get_logger("serve")

Build = Callable[[RoleContext], list[Service]]


def serve(role: Role, config_file: Path, state_root: Path, *, clock: Clock | None = None) -> int:
    """Serve a role until SIGTERM or SIGINT; returns the exit code. Expected troubles are one sentence on stderr."""
    take_place(role)
    try:
        settings = read_settings(config_file)
        state = StateDirectory(state_root).create()
        lock = state.lock(role)
        used_clock = clock or SystemClock()
        journal = Journal.open(state.journal(role), used_clock)
        context = RoleContext(role, settings, state, used_clock, journal, FindingBoard(journal, used_clock))
        # Imported only now and only one: a role pays no memory for what another needs.
        build: Build = import_module(f"edge_agent.roles.{role.value}").services
        services = [RoleLife(context), *build(context)]
    except (RefusedError, DatabaseError) as error:
        sys.stderr.write(f"edge-agent {role}: {error}\n")
        return EXIT_REFUSED
    try:
        run_until_signal(services)
    except RefusedError as error:
        sys.stderr.write(f"edge-agent {role}: {error}\n")
        return EXIT_REFUSED
    except ServiceFailedError as error:
        _log.error("the role ends and will be started again", error=str(error))
        return EXIT_FAILED
    finally:
        lock.release()
    return 0


def take_place(role: Role) -> None:
    """Give this process its place; without the host's leave the alarm stays level with other programs."""
    try:
        os.nice(_NICE[role])
    except PermissionError:
        _log.info("the host gives the alarm no precedence over other programs; allow it with LimitNICE=-10", role=role)


def main() -> None:
    """`python -m edge_agent.serve ROLE`: what `edge-agent run` starts; without the command line's own weight."""
    parser = argparse.ArgumentParser(prog="edge-agent serve")
    parser.add_argument("role", type=Role, choices=list(Role))
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--log", choices=("json", "plain"), default="json")
    arguments = parser.parse_args()
    configure_log(arguments.role.value, style=arguments.log)
    sys.exit(serve(arguments.role, arguments.config, arguments.state))


if __name__ == "__main__":
    main()
