"""Enrolling a gate screen: the command line leaves a one-time code, the screen gives it back within minutes.

The code lies in the state directory as a file named by its digest, so the command line writes nothing of the
gatehouse's, and taking the file away is what makes the code count once.
"""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError

from foundation.clock import NS_PER_S, Clock

VALID_S: Final = 15 * 60
DIGITS: Final = 8
NAME_LIMIT: Final = 40
"""Letters of what a screen is called."""


class Enrolment(BaseModel):
    """What a code stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    gate_id: str
    boot_id: str
    until_running_ns: int


def offer(folder: Path, *, name: str, gate_id: str, clock: Clock) -> str:
    """A new code, as a technician types it on the screen. Raises OSError."""
    folder.mkdir(mode=0o750, exist_ok=True)
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    enrolment = Enrolment(
        name=name,
        gate_id=gate_id,
        boot_id=clock.boot_id(),
        until_running_ns=clock.running_ns() + VALID_S * NS_PER_S,
    )
    fresh = folder / f"{secrets.token_hex(8)}.new"
    fresh.touch(mode=0o640)
    fresh.write_text(enrolment.model_dump_json(), encoding="utf-8")
    fresh.rename(_file(folder, code))
    return code


def take(folder: Path, code: str, clock: Clock) -> Enrolment | None:
    """What a code stands for; it is worth nothing afterwards. None if it is wrong, old or used."""
    file = _file(folder, code)
    claimed = file.with_name(f"{secrets.token_hex(8)}.taken")
    try:
        file.rename(claimed)  # of two screens with the same code only one can
        enrolment = Enrolment.model_validate_json(claimed.read_text(encoding="utf-8"))
        claimed.unlink()
    except (FileNotFoundError, ValidationError):
        return None
    valid = enrolment.boot_id == clock.boot_id() and clock.running_ns() <= enrolment.until_running_ns
    return enrolment if valid else None


def _file(folder: Path, code: str) -> Path:
    return folder / hashlib.sha256(code.strip().encode("utf-8", "surrogatepass")).hexdigest()[:32]
