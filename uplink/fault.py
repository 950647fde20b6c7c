"""What can be wrong with a message of the wire; each is refused and becomes a finding, none ends a service."""

from __future__ import annotations


class WireError(Exception):
    """A message that must not be acted on; `kind` names the trouble in findings and counters."""

    kind = "refused"


class OversizedError(WireError):
    """Longer than any message of this wire."""

    kind = "oversized"


class MalformedError(WireError):
    """Not JSON, not a CloudEvent, or its data is not what its type promises."""

    kind = "malformed"


class UnknownTypeError(WireError):
    """A type of event that this version does not know."""

    kind = "unknown_type"


class NewerVersionError(WireError):
    """A newer version of a known type; the other end was updated first."""

    kind = "newer_version"


class UnsignedError(WireError):
    """Without key id or signature."""

    kind = "unsigned"


class UnknownKeyError(WireError):
    """Signed with a key that is not pinned."""

    kind = "unknown_key"


class BadSignatureError(WireError):
    """The signature does not fit the content: forged or altered on the way."""

    kind = "bad_signature"


class ForeignCampusError(WireError):
    """Speaks of another campus than its topic or its receiver."""

    kind = "foreign_campus"


class ReplayedError(WireError):
    """Known already, and too late to be the second copy of a delivery."""

    kind = "replayed"
