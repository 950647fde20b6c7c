"""What can go wrong between us and a device: one name for each thing a person would do something different about."""

from __future__ import annotations

from typing import ClassVar, Final

_UNSUPPORTED: Final = frozenset({"NoSuchService", "ActionNotSupported", "NotImplemented"})


class DeviceError(Exception):
    """A device did not do what was asked; `trouble` is the word for it in rows and findings."""

    trouble: ClassVar[str] = "trouble"


class Unreachable(DeviceError):
    """No connection, or a connection on which nothing came back in time."""

    trouble = "unreachable"


class OwnLinkDown(Unreachable):
    """This box itself has no network: that says nothing about the device."""


class LoginRefused(DeviceError):
    """The device said no to the user or password; trying again may lock the account."""

    trouble = "login_refused"


class NotOnvif(DeviceError):
    """Something answered, and it is not an ONVIF service."""

    trouble = "not_onvif"


class Garbled(DeviceError):
    """An answer that cannot be read, is without end, or would hurt whoever reads it."""

    trouble = "garbled"


class OnvifFault(DeviceError):
    """The device understood and declined; `subcode` is ONVIF's own word, e.g. 'ActionNotSupported'."""

    trouble = "fault"

    def __init__(self, subcode: str, reason: str) -> None:
        self.subcode = subcode
        self.reason = reason
        super().__init__(f"the device answered {subcode or 'with a fault'}: {reason}" if reason else subcode)

    @property
    def unsupported(self) -> bool:
        """The device has no such operation; some say so only in words, under a subcode that means anything."""
        reason = self.reason.lower()
        return self.subcode in _UNSUPPORTED or "not supported" in reason or "not implemented" in reason
