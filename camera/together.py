"""What fails together has one cause: a switch, the campus network. Pure rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

LEAST_TOGETHER: Final = 3
"""Two cameras may share a pole's fuse; three at once do not fail by chance."""


@dataclass(frozen=True, slots=True)
class Together:
    """Devices that became unreachable at about the same time."""

    since_utc_ns: int
    devices: tuple[str, ...]

    @property
    def name(self) -> str:
        """Names the group as long as its first device stays in it."""
        return self.devices[0]


def failing_together(
    since_utc_ns: Mapping[str, int], *, span_ns: int, least: int = LEAST_TOGETHER
) -> tuple[Together, ...]:
    """Groups among unreachable devices (id to since when): at least `least` within `span_ns` of the first."""
    groups: list[Together] = []
    run: list[tuple[int, str]] = []
    for began, device in sorted((began, device) for device, began in since_utc_ns.items()):
        if run and began - run[0][0] > span_ns:
            groups += _group(run, least)
            run = []
        run.append((began, device))
    return (*groups, *_group(run, least))


def _group(run: Sequence[tuple[int, str]], least: int) -> list[Together]:
    if len(run) < least:
        return []
    return [Together(run[0][0], tuple(sorted(device for _, device in run)))]
