"""What people call the subject of a finding: a point's, device's or button's name from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from config.problem import SettingsError
from config.settings import Settings
from config.zone_kind import ZONE_KINDS
from edge_agent.pages.status.words import ROLES


def subject_namer(settings: Settings) -> Callable[[str], str]:
    """A function from 'point:gate-east' to its name; what the settings do not name keeps its id."""
    names = {f"point:{item.id}": item.name for item in settings.points}
    names.update({f"device:{item.id}": item.name for item in settings.devices})
    names.update({f"input:{item.id}": item.name for item in settings.alarm_inputs})
    names.update({f"siren:{item.id}": item.name for item in settings.sirens})
    names.update({f"zone_kind:{kind.id}": kind.name for kind in ZONE_KINDS.values()})
    names.update({f"role:{role}": word for role, word in ROLES.items()})
    names[f"campus:{settings.campus.id}"] = settings.campus.name

    @cache
    def zones() -> Mapping[str, str]:
        from config.plan import read_plan  # late: reading it loads geometry, and most findings need none

        try:
            plan = read_plan(settings.plan.file) if settings.plan is not None else None
        except SettingsError:  # the inspector refuses to start with it and says why
            return {}
        return {zone.id: zone.name for zone in plan.zones} if plan is not None else {}

    def name(subject: str) -> str:
        kind, _, own_id = subject.partition(":")
        if kind == "incident":
            return f"突发事件 {own_id}"
        return zones().get(own_id, own_id) if kind == "zone" else names.get(subject, own_id)

    return name
