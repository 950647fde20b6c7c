"""Where a demonstration keeps its files and which ports it takes."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path

from edge_agent.demo.trouble import DemoError


@dataclass(frozen=True, slots=True)
class DemoLayout:
    """Folders of one demonstration under a root of its own, and its page ports."""

    root: Path
    gatehouse_port: int
    office_port: int
    center_port: int

    @property
    def settings_file(self) -> Path:
        return self.root / "campus.yaml"

    @property
    def center_file(self) -> Path:
        return self.root / "center.yaml"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def footage(self) -> Path:
        return self.root / "footage"

    @property
    def scratch(self) -> Path:
        return self.root / "scratch"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, part: str) -> Path:
        """Where a part's output goes; shown when it fails."""
        return self.logs / f"{part}.log"


def check_ports(ports: dict[str, int]) -> None:
    """Raise DemoError if somebody already listens at one of the ports."""
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise DemoError(
                    f"port {port} ({name}) is taken: end the program that uses it (perhaps another demonstration), "
                    f"or choose another with --{name}-port"
                ) from error
