"""What devices hold of footage themselves: asked twice, so that what records must have grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import Event
from typing import Final

from camera.device_error import OnvifFault
from camera.onvif.held_footage import Belief, HeldFootage, Recording, Stretch, gaps, read_held_footage, read_recordings
from edge_agent.camera_reach import CameraReach, Refused, asking
from edge_agent.causes import in_both
from foundation.clock import beijing

_DOUBTFUL: Final = frozenset({Belief.LYING, Belief.STANDING})
_VERDICTS: Final = {Belief.PLAUSIBLE: "可信 plausible", Belief.NOTHING: "没有录像 nothing"}


@dataclass(frozen=True, slots=True)
class HeldReport:
    """One device's claim and our verdict."""

    device_id: str
    held: HeldFootage | None
    gaps: tuple[Stretch, ...]
    refused: str
    """Why it could not be asked; empty if it was."""
    able: bool = True
    """Whether it has Profile G at all, as far as is known."""

    @property
    def doubtful(self) -> bool:
        """Whether what it holds is unknown although it answered."""
        return self.held is not None and self.held.belief in _DOUBTFUL

    @property
    def unknown(self) -> bool:
        """Whether nobody knows what it holds, because it lies or could not be asked."""
        return self.doubtful or (self.held is None and self.able)

    def lines(self) -> list[str]:
        """For a terminal."""
        if not self.able:
            return [f"○ {self.device_id}: 没有 Profile G，查不了它自己的录像 / it has no Profile G"]
        if self.held is None:
            return [f"○ {self.device_id}: {self.refused}"]
        held, claimed = self.held, self.held.claimed
        sign = "▲" if self.doubtful else "●" if held.belief is Belief.PLAUSIBLE else "○"
        verdict = "未知 unknown" if self.doubtful else _VERDICTS[held.belief]
        found = [
            f"{sign} {self.device_id}: 判断 verdict {verdict}{'，' + in_both(held.reason) if held.reason else ''}",
            f"   设备声称 claim: {_span(claimed) if claimed else '没有 nothing'}"
            f"{f'，{held.claimed_recordings} 段 recordings' if held.claimed_recordings is not None else ''}",
        ]
        found += [f"   查到 found: {_span(stretch)}" for stretch in held.stretches]
        found += [f"   缺失 gap: {_span(gap)}" for gap in self.gaps]
        return found


def held_footage(reach: CameraReach, device_ids: Sequence[str], *, wait_s: float) -> list[HeldReport]:
    """Ask each device, wait, ask again; a device that cannot be asked is in the list with its reason."""
    before: dict[str, Sequence[Recording]] = {}
    reports: dict[str, HeldReport] = {}
    for look in range(2 if wait_s > 0 else 1):
        if look:
            Event().wait(wait_s)
        for device_id in device_ids:
            if look and device_id not in before:
                continue
            try:
                device = reach.device(device_id)
                earlier = before.get(device_id, ())
                held = asking(partial(read_held_footage, device, now_utc_ns=reach.clock.utc_ns(), before=earlier))
                reports[device_id] = HeldReport(device_id, held, gaps(held.stretches), "")
                if wait_s > 0 and not look:
                    before[device_id] = asking(partial(read_recordings, device))
            except Refused as refused:
                fault = refused.__cause__
                able = not (isinstance(fault, OnvifFault) and fault.unsupported)
                reports[device_id] = HeldReport(device_id, None, (), str(refused), able)
    return list(reports.values())


def _span(stretch: Stretch) -> str:
    begins, ends = (beijing(ns) for ns in (stretch.from_utc_ns, stretch.to_utc_ns))
    return f"{_words(begins)} – {_words(ends)}（{(stretch.to_utc_ns - stretch.from_utc_ns) / 86_400e9:.2f} 天 days）"


def _words(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")
