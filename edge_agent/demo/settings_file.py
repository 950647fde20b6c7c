"""Writes the demonstration's settings: the example campus with the addresses of this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

from edge_agent.demo.layout import DemoLayout

CAMERA_PASSWORD_ENV: Final = "CAMPUS_CAMERA_PASSWORD"  # noqa: S105 - the name of a variable, not a password


@dataclass(frozen=True, slots=True)
class DemoAddresses:
    """What the other parts told when they were ready."""

    onvif_urls: Sequence[str]
    """Of the gate camera and the corridor camera."""
    camera_user: str
    broker_port: int
    center_public_key: str


def write_campus_settings(layout: DemoLayout, addresses: DemoAddresses) -> None:
    """The example campus, word for word, but for what only this run knows."""
    example = resources.files("config").joinpath("example")
    values = yaml.safe_load(example.joinpath("campus.yaml").read_text(encoding="utf-8"))
    (layout.root / "plan.geojson").write_text(
        example.joinpath("plan.geojson").read_text(encoding="utf-8"), encoding="utf-8"
    )
    values["credentials"][0]["user"] = addresses.camera_user
    values["credentials"][0]["password_env"] = CAMERA_PASSWORD_ENV
    for device, url in zip(values["devices"], addresses.onvif_urls, strict=True):
        device["address"] = url
    values["volumes"][0]["path"] = str(layout.footage)
    values["center"]["public_keys"] = [addresses.center_public_key]
    values["broker_paths"][0]["port"] = addresses.broker_port
    values["pages"]["gatehouse"]["port"] = layout.gatehouse_port
    values["pages"]["office"]["port"] = layout.office_port
    _write(layout.settings_file, values)


def write_center_settings(layout: DemoLayout, broker_port: int) -> None:
    """A center on this machine that listens to the demonstration's broker."""
    _write(
        layout.center_file,
        {
            "name": "示范区接警中心",
            "state_directory": str(layout.root / "center"),
            "brokers": [{"id": "primary", "host": "127.0.0.1", "port": broker_port, "allow_plain_text": True}],
            "page": {"host": "127.0.0.1", "port": layout.center_port},
        },
    )


def _write(file: Path, values: Mapping[str, Any]) -> None:
    file.write_text(yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False), encoding="utf-8")
