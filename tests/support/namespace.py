"""A network namespace with one line to this machine that can be cut, silenced or choked. Needs root."""

from __future__ import annotations

import os
import subprocess
from typing import Final

_LINES: Final = 200


class Namespace:
    """`inside` is the command prefix that runs a program in it; the machine is reached at `host_address`."""

    def __init__(self, number: int | None = None) -> None:
        chosen = (os.getpid() if number is None else number) % _LINES
        self.name = f"campus{chosen}"
        self._host, self._guest = f"cv{chosen}h", f"cv{chosen}g"
        self.host_address = f"10.231.{chosen}.1"
        self.guest_address = f"10.231.{chosen}.2"

    @property
    def inside(self) -> list[str]:
        return ["ip", "netns", "exec", self.name]

    def open(self) -> Namespace:
        """Make namespace and line."""
        _ip("netns", "add", self.name)
        _ip("link", "add", self._host, "type", "veth", "peer", "name", self._guest)
        _ip("link", "set", self._guest, "netns", self.name)
        _ip("addr", "add", f"{self.host_address}/24", "dev", self._host)
        _ip("link", "set", self._host, "up")
        for words in (
            ("addr", "add", f"{self.guest_address}/24", "dev", self._guest),
            ("link", "set", self._guest, "up"),
            ("link", "set", "lo", "up"),
        ):
            _run(*self.inside, "ip", *words)
        return self

    def cut(self) -> None:
        """The cable is out: both ends see it."""
        _ip("link", "set", self._host, "down")

    def mend(self) -> None:
        """The cable is in again."""
        _ip("link", "set", self._host, "up")

    def drop(self) -> None:
        """Everything is swallowed on the way, and nobody is told."""
        for chain in ("INPUT", "OUTPUT"):
            _run(*self.inside, "iptables", "-A", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", "-j", "DROP")

    def carry(self) -> None:
        """Nothing is swallowed any more."""
        for chain in ("INPUT", "OUTPUT"):
            _run(*self.inside, "iptables", "-F", chain)

    def choke(self, rate: str = "128kbit") -> None:
        """The uplink is thin and full."""
        _run(
            *self.inside,
            *("tc", "qdisc", "add", "dev", self._guest, "root", "tbf", "rate", rate, "burst", "3000"),
            *("latency", "800ms"),
        )

    def widen(self) -> None:
        """The uplink is wide again."""
        _run(*self.inside, "tc", "qdisc", "del", "dev", self._guest, "root")

    def close(self) -> None:
        """Remove both; programs inside must have ended."""
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._host], check=False, capture_output=True)


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
