"""What people call the subject of a finding: a point's, device's or button's name from the settings."""

from __future__ import annotations

from collections.abc import Callable

from config.settings import Settings


def subject_namer(settings: Settings) -> Callable[[str], str]:
    """A function from 'point:gate-east' to its name; what the settings do not name keeps its id."""
    names = {f"point:{item.id}": item.name for item in settings.points}
    names.update({f"device:{item.id}": item.name for item in settings.devices})
    names.update({f"input:{item.id}": item.name for item in settings.alarm_inputs})
    names.update({f"siren:{item.id}": item.name for item in settings.sirens})
    names[f"campus:{settings.campus.id}"] = settings.campus.name

    def name(subject: str) -> str:
        if subject.startswith("incident:"):
            return f"突发事件 {subject.removeprefix('incident:')}"
        return names.get(subject, subject.partition(":")[2])

    return name
