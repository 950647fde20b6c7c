"""What the encoders were set to by us, and what they were before (码率规划的改动): a file beside the databases."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from camera.onvif.model import Codec, Encoder
from camera.stream_change import AskedStream

if TYPE_CHECKING:
    from camera.encoder_fit import Step


@dataclass(frozen=True, slots=True)
class Applied:
    """What was set at a point, so that it can go back."""

    point_id: str
    before: Encoder
    after: Encoder
    at_utc_ns: int
    undone: bool = False
    """It was set back to what it was before."""


class AppliedFits:
    """The file that remembers what encoders were before; written before a camera is touched."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> dict[str, Applied]:
        """What was applied and not taken back, by point."""
        return {name: one for name, one in self._read().items() if not one.undone}

    def asked(self, point_id: str) -> AskedStream | None:
        """What we set a point's stream to last, also by going back."""
        one = self._read().get(point_id)
        if one is None:
            return None
        encoder = one.before if one.undone else one.after
        return AskedStream(
            codec=encoder.codec,
            fps=encoder.fps,
            bitrate_bps=encoder.bitrate_bps,
            at_utc_ns=one.at_utc_ns,
            undone=one.undone,
        )

    def _read(self) -> dict[str, Applied]:
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {
            point_id: Applied(
                point_id,
                _encoder(one["before"]),
                _encoder(one["after"]),
                int(one["at_utc_ns"]),
                bool(one.get("undone", False)),
            )
            for point_id, one in told.items()
        }

    def note(self, step: Step, at_utc_ns: int) -> None:
        """About to set: what stood before the first change is what one goes back to."""
        known = self._read()
        first = self.all().get(step.point_id)
        before = first.before if first is not None else step.before
        self._write({**known, step.point_id: Applied(step.point_id, before, step.after, at_utc_ns)})

    def drop(self, point_id: str) -> None:
        """It is as it was."""
        known = self._read()
        self._write({**known, point_id: replace(known[point_id], undone=True)})

    def _write(self, applied: Mapping[str, Applied]) -> None:
        made = self._path.with_suffix(".new")
        with made.open("w", encoding="utf-8") as file:
            json.dump({name: asdict(one) for name, one in applied.items()}, file)
            file.flush()
            os.fsync(file.fileno())
        made.replace(self._path)


def _encoder(told: Mapping[str, object]) -> Encoder:
    values = dict(told) | {"codec": Codec(str(told["codec"]))}
    return Encoder(**values)  # type: ignore[arg-type]  # written by `_write` from an Encoder
