"""Alarm inputs (一键报警按钮): whatever a finger can press, each named and placed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from config.line_test import LineTests
from config.model import SettingsModel
from foundation.ids import Slug

Host = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
Register = Annotated[int, Field(ge=0, le=65_535)]


class InputKind(StrEnum):
    """How the press reaches the gatehouse."""

    PAGE = "page"
    """The button on a gate page."""
    SOCKET = "socket"
    """A panel or program on this box, by the local Unix socket (`edge-agent alarm press` too)."""
    HTTP = "http"
    """A panel on the school's network, with its token."""
    MODBUS = "modbus"
    """A contact on a Modbus/TCP input module."""
    CAMERA = "camera"
    """The digital input of an ONVIF camera, seen by the inspector."""
    USB = "usb"
    """A USB button that is a keyboard to the kernel."""


class Wiring(StrEnum):
    """What a contact's circuit can tell beside a press."""

    NORMALLY_OPEN = "normally_open"
    """A press closes it. A cut wire looks like rest: unsupervised, to be pressed by hand every month."""
    NORMALLY_CLOSED = "normally_closed"
    """A press opens it. A cut wire looks like a press: it raises an alarm and, staying so, a finding."""
    END_OF_LINE = "end_of_line"
    """A resistor at the far end: rest, press, cut and short are four different readings of a register."""


class Reading(SettingsModel):
    """The values of a register that mean one thing, both ends included."""

    low: Register
    high: Register

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low > self.high:
            raise ValueError(
                f"low（{self.low}）大于 high（{self.high}），请对调。 / "
                f"low ({self.low}) is above high ({self.high}); exchange them"
            )
        return self


class ModbusContact(SettingsModel):
    """Where a contact is read on a Modbus/TCP module."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65_535)] = 502
    unit: Annotated[int, Field(ge=0, le=247)] = 1
    address: Register
    """Discrete input, or with end_of_line the input register."""
    rest: Reading | None = None
    """End of line only: the register's values at rest; lower ones are a short, higher ones a cut."""
    pressed: Reading | None = None


class CameraContact(SettingsModel):
    """A digital input of an ONVIF device."""

    device: Slug
    token: Annotated[str, Field(min_length=1, max_length=64)]


class UsbButton(SettingsModel):
    """A key of an input device of the kernel."""

    device: Annotated[Path, Field(strict=False)]
    """By a name that survives replugging: /dev/input/by-id/…"""
    key: Annotated[int, Field(ge=1, le=767)]
    """The kernel's key code; evtest shows it."""


class AlarmInput(SettingsModel):
    """A button, with the place that the police will be sent to."""

    id: Slug
    name: Annotated[str, Field(min_length=1, max_length=40)]
    kind: Annotated[InputKind, Field(strict=False)]
    place: Annotated[str, Field(min_length=1, max_length=120)]
    gate: Slug | None = None
    nearest_points: tuple[Slug, ...] = Field(default=(), strict=False)
    silent: bool = False
    """静默报警: changes no siren and no screen in a way an attacker could read."""
    debounce_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    """A further press within this time is the same finger bouncing."""
    hold_ms: Annotated[int, Field(ge=0, le=10_000)] = 0
    """A contact must be pressed for so long to count."""
    restore_ms: Annotated[int, Field(ge=0, le=10_000)] = 500
    """A contact must be at rest for so long before the next press counts."""
    wiring: Annotated[Wiring, Field(strict=False)] = Wiring.NORMALLY_OPEN
    modbus: ModbusContact | None = None
    camera: CameraContact | None = None
    usb: UsbButton | None = None
    credential: Slug | None = None
    """Of an HTTP panel: its password is the token."""
    line_test: LineTests | None = None
    """演练: a schedule or a responsible person of its own."""

    @property
    def supervised(self) -> bool:
        """Whether a cut wire would be noticed without pressing."""
        # A page without its box says so itself, and a USB button that is pulled out is gone from the kernel.
        return self.wiring is not Wiring.NORMALLY_OPEN or self.kind in (InputKind.PAGE, InputKind.USB)

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needed = {
            InputKind.MODBUS: ("modbus", self.modbus),
            InputKind.CAMERA: ("camera", self.camera),
            InputKind.USB: ("usb", self.usb),
            InputKind.HTTP: ("credential", self.credential),
        }
        if self.kind in needed and needed[self.kind][1] is None:
            missing = needed[self.kind][0]
            raise ValueError(
                f"{self.kind} 类型的报警按钮要写 {missing}，写法见示例。 / "
                f"an input of kind {self.kind} needs {missing}; see the example campus"
            )
        readings = self.modbus is not None and self.modbus.rest is not None and self.modbus.pressed is not None
        if (self.wiring is Wiring.END_OF_LINE) != readings:
            raise ValueError(
                "wiring: end_of_line 与 modbus.rest、modbus.pressed 要一起写，或都不写。 / "
                "wiring end_of_line goes with modbus.rest and modbus.pressed; give all three or none"
            )
        return self
