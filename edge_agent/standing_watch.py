"""Tells the center how points stand and what was found: joins what the other roles wrote, publishes what changed."""

from __future__ import annotations

from typing import Final

from config.settings import Settings
from edge_agent.point_state import NS_PER_MS, Seen, device_state, look, picture_state, recording_state
from foundation.clock import NS_PER_S, Clock, rfc3339
from foundation.finding import Finding, Severity
from foundation.service import Service
from foundation.state import StateDirectory
from storage.verdict import Verdict
from uplink.messages.finding import FindingSeverity, FoundTrouble
from uplink.messages.point_health import Health, PointHealth, Retention, Trouble
from uplink.standing import Standing
from web.signs import State

LOOK_EVERY_S: Final = 2.0
_CHECKED_STEP_NS: Final = 300 * NS_PER_S  # told in steps: every round anew would be a message per point and half minute
_RETENTION: Final = {
    Verdict.MET: Retention.MET,
    Verdict.ACCRUING: Retention.ACCRUING,
    Verdict.VIOLATED: Retention.VIOLATED,
    Verdict.UNKNOWN: Retention.UNKNOWN,
}
_HEALTH: Final = {State.OK: Health.OK, State.FAILING: Health.FAILING}
_SEVERITY: Final = {Severity.ATTENTION: FindingSeverity.ATTENTION, Severity.FAILING: FindingSeverity.FAILING}


class StandingWatch(Service):
    """Looks every two seconds; the same again costs nothing on the wire."""

    def __init__(self, settings: Settings, state: StateDirectory, standing: Standing, clock: Clock) -> None:
        super().__init__("standing-watch")
        self._settings = settings
        self._state = state
        self._standing = standing
        self._clock = clock
        self._told: dict[str, Finding] = {}
        self._list_at_ns = 0

    def _loop(self) -> None:
        while not self.stopping.wait(LOOK_EVERY_S):
            self.look_once()

    def look_once(self) -> None:
        """Read, compare, hand over what changed."""
        now_utc_ns = self._clock.utc_ns()
        seen = look(self._settings, self._state, now_utc_ns)
        for point in self._settings.points:
            self._standing.show_point(self._health(point.id, seen, now_utc_ns))
        self._tell_findings(seen)

    def _health(self, point_id: str, seen: Seen, now_utc_ns: int) -> PointHealth:
        point = self._settings.point(point_id)
        recording = seen.recordings.get(point.id)
        device = seen.devices.get(point.device)
        subjects = {f"point:{point.id}", f"device:{point.device}"}
        oldest_ms = recording.first_ms if recording else None
        judged = seen.verdicts.get(point.id)
        checked_ns = device.last_visit_utc_ns if device else None
        return PointHealth(
            campus=self._settings.campus.id,
            point=point.id,
            name=point.name,
            camera=_HEALTH.get(device_state(seen, point.device), Health.UNKNOWN),
            recording=_HEALTH.get(recording_state(recording, now_utc_ns), Health.UNKNOWN),
            picture=_HEALTH.get(picture_state(seen, point.id), Health.UNKNOWN),
            retention=_RETENTION[judged.verdict] if judged else Retention.UNKNOWN,
            kept_days=judged.recorded_days if judged else None,
            oldest_footage=None if oldest_ms is None else rfc3339(oldest_ms * NS_PER_MS),
            troubles=tuple(
                Trouble(kind=finding.kind, since=rfc3339(finding.since_utc_ns))
                for _, finding in seen.findings
                if finding.subject in subjects
            ),
            checked_at=None if checked_ns is None else rfc3339(checked_ns - checked_ns % _CHECKED_STEP_NS),
        )

    def _tell_findings(self, seen: Seen) -> None:
        now = {finding.id: finding for _, finding in seen.findings}
        ended = [finding for identity, finding in self._told.items() if identity not in now]
        cleared_at = rfc3339(self._clock.utc_ns())
        self._standing.show_findings(
            *(_trouble(finding) for finding in now.values()), *(_trouble(finding, cleared_at) for finding in ended)
        )
        if self._clock.running_ns() >= self._list_at_ns:
            self._standing.show_open_findings([_trouble(finding) for finding in now.values()])
            self._list_at_ns = self._clock.running_ns() + 3_600 * NS_PER_S
        self._told = now


def _trouble(finding: Finding, cleared_at: str | None = None) -> FoundTrouble:
    return FoundTrouble(
        id=finding.id,
        subject=finding.subject,
        kind=finding.kind,
        severity=_SEVERITY[finding.severity],
        since=rfc3339(finding.since_utc_ns),
        cleared_at=cleared_at,
        evidence={name: str(value) for name, value in list(finding.evidence.items())[:32]},
    )
