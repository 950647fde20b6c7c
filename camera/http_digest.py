"""HTTP Digest log-in (RFC 7616), which many devices want for snapshots and some for everything."""

from __future__ import annotations

import hashlib
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from camera.http_call import DEFAULT_LIMITS, Answer, Limits, call
from camera.login import Login
from foundation.clock import Clock

_PARAMETER: Final = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES: Final = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a device wants answered."""

    realm: str
    nonce: str
    opaque: str | None
    algorithm: str
    qop: bool
    stale: bool


def read_challenge(header: str) -> Challenge | None:
    """The digest challenge of a WWW-Authenticate header, or None if it holds none that we can answer."""
    _, scheme, rest = header.partition("Digest ")
    if not scheme:
        return None
    values = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(rest)}
    algorithm = values.get("algorithm", "MD5").upper()
    if "nonce" not in values or algorithm not in _HASHES:
        return None
    return Challenge(
        realm=values.get("realm", ""),
        nonce=values["nonce"],
        opaque=values.get("opaque"),
        algorithm=algorithm,
        qop="auth" in values.get("qop", "").replace(" ", "").split(","),
        stale=values.get("stale", "").lower() == "true",
    )


def authorization(challenge: Challenge, login: Login, method: str, target: str, *, count: int, cnonce: str) -> str:
    """The Authorization header that answers a challenge; `count` is how often its nonce has been used."""

    def digest(text: str) -> str:
        return hashlib.new(_HASHES[challenge.algorithm], text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{login.user}:{challenge.realm}:{login.password}")
    asked = digest(f"{method}:{target}")
    uses = f"{count:08x}"
    middle = f"{challenge.nonce}:{uses}:{cnonce}:auth" if challenge.qop else challenge.nonce
    user = login.user.replace("\\", "\\\\").replace('"', '\\"')
    fields = [
        f'username="{user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{target}"',
        f"algorithm={challenge.algorithm}",
        f'response="{digest(f"{secret}:{middle}:{asked}")}"',
    ]
    if challenge.qop:
        fields += ["qop=auth", f"nc={uses}", f'cnonce="{cnonce}"']
    if challenge.opaque is not None:
        fields.append(f'opaque="{challenge.opaque}"')
    return "Digest " + ", ".join(fields)


class DigestHttp:
    """Calls to one device that answer its challenge and remember it, so that a log-in is not paid for each time."""

    def __init__(self, login: Login | None, clock: Clock) -> None:
        self._login = login
        self._clock = clock
        self._lock = threading.Lock()
        self._challenge: Challenge | None = None
        self._uses = 0

    def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
        log_in: bool = True,
    ) -> Answer:
        """Ask; answers at most two challenges (a second one only for a nonce grown old). Raises Unreachable, Garbled.

        A 401 that comes back all the same means that the log-in was refused.
        """
        plain = dict(headers or {})
        fresh = False
        for _ in range(3):
            sent, reply = self._answer(method, url) if log_in else (None, None)
            if reply is not None:
                plain["Authorization"] = reply
            answer = call(method, url, clock=self._clock, body=body, headers=plain, limits=limits)
            challenge = read_challenge(answer.headers.get("www-authenticate", ""))
            if answer.status != 401 or not log_in or self._login is None or challenge is None:
                return answer
            if fresh and not challenge.stale:  # a nonce straight from the device was not good enough: it means us
                return answer
            fresh = True
            with self._lock:
                if self._challenge is sent:
                    self._challenge, self._uses = challenge, 0
        return answer

    def _answer(self, method: str, url: str) -> tuple[Challenge | None, str | None]:
        with self._lock:
            challenge = self._challenge
            if challenge is None or self._login is None:
                return None, None
            self._uses += 1
            count = self._uses
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        header = authorization(challenge, self._login, method, target, count=count, cnonce=secrets.token_hex(8))
        return challenge, header
