"""What is wrong with a settings file, said so that a technician can mend it without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foundation.service import RefusedError


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake: where it stands, what it is, and what would be right."""

    file: Path
    line: int
    """1-based; 0 when the file as a whole is meant."""
    key: str
    """Path of the key, e.g. 'points[2].retention'."""
    message: str
    remedy: str
    chinese: str = ""
    """What it is and what would be right, for a technician who reads Chinese; stands first."""

    def __str__(self) -> str:
        first = f"{self.chinese} / " if self.chinese else ""
        return f"{self.file}:{self.line}: {self.key}: {first}{self.message}. {self.remedy}"


class SettingsError(RefusedError):
    """The settings were refused; nothing was started."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))
