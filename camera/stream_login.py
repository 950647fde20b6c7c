"""Log-in for RTSP: Digest (RFC 7616, and RFC 2069 as old cameras speak it), Basic where nothing else is offered."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

_PARAMETER: Final = re.compile(r'([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: Final[dict[str, Callable[[bytes], str]]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),  # what cameras ask for
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a WWW-Authenticate header asks for."""

    scheme: str
    parameters: dict[str, str]

    @property
    def stale(self) -> bool:
        """The password was right but the nonce has run out."""
        return self.parameters.get("stale", "").lower() == "true"


def best_challenge(headers: Sequence[str]) -> Challenge | None:
    """The strongest log-in on offer that we speak, or None."""
    offered = []
    for header in headers:
        scheme, _, rest = header.strip().partition(" ")
        parameters = {key.lower(): quoted or plain for key, quoted, plain in _PARAMETER.findall(rest)}
        offered.append(Challenge(scheme.lower(), parameters))
    for algorithm in ("SHA-256", "MD5"):
        for challenge in offered:
            if challenge.scheme == "digest" and _algorithm(challenge) == algorithm:
                return challenge
    return next((challenge for challenge in offered if challenge.scheme == "basic"), None)


def _algorithm(challenge: Challenge) -> str:
    return challenge.parameters.get("algorithm", "MD5").upper()


@dataclass(slots=True)
class Login:
    """A user and password that answer challenges; neither appears in its representation."""

    user: str = field(repr=False)
    password: str = field(repr=False)
    challenge: Challenge | None = None
    _count: int = field(default=0, repr=False)

    def header(self, method: str, uri: str) -> str | None:
        """Value of the Authorization header for a request, or None before the first challenge."""
        if self.challenge is None:
            return None
        if self.challenge.scheme == "basic":
            return "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode("ascii")
        return self._digest(self.challenge, method, uri)

    def _digest(self, challenge: Challenge, method: str, uri: str) -> str:
        digest = _HASHES[_algorithm(challenge)]
        asked = challenge.parameters
        realm, nonce = asked.get("realm", ""), asked.get("nonce", "")
        secret = digest(f"{self.user}:{realm}:{self.password}".encode())
        request = digest(f"{method}:{uri}".encode())
        parts = {"username": self.user, "realm": realm, "nonce": nonce, "uri": uri}
        counted = ""
        if "auth" in re.split(r"[\s,]+", asked.get("qop", "")):
            self._count += 1
            cnonce = secrets.token_hex(8)
            counted = f', qop=auth, nc={self._count:08x}, cnonce="{cnonce}"'
            parts["response"] = digest(f"{secret}:{nonce}:{self._count:08x}:{cnonce}:auth:{request}".encode())
        else:
            parts["response"] = digest(f"{secret}:{nonce}:{request}".encode())
        if "opaque" in asked:
            parts["opaque"] = asked["opaque"]
        text = ", ".join(f'{key}="{value}"' for key, value in parts.items())
        if "algorithm" in asked:
            text += f", algorithm={asked['algorithm']}"
        return f"Digest {text}{counted}"
