"""How the center stands, from how the paths to it stand."""

from __future__ import annotations

from collections.abc import Sequence

from alarms.path import PathReport
from config.settings import Settings
from edge_agent.pages.status.model import CenterStatus
from foundation.clock import NS_PER_S
from uplink.liveness import PathStatus
from web.signs import State


def center_status(settings: Settings, paths: Sequence[PathReport], now_utc_ns: int) -> CenterStatus | None:
    """Reached if one path carries; lost if none does; unknown while nothing was heard. None without a center."""
    if settings.center is None:
        return None
    statuses = {path.status for path in paths}
    if PathStatus.UP in statuses:
        state = State.OK
    else:
        state = State.UNKNOWN if PathStatus.UNKNOWN in statuses or not statuses else State.FAILING
    ages_s = [path.last_heartbeat_age_s for path in paths if path.last_heartbeat_age_s is not None]
    heard_utc_ns = now_utc_ns - round(min(ages_s) * NS_PER_S) if ages_s else None
    return CenterStatus(name=settings.center.name, state=state, heard_utc_ns=heard_utc_ns)
