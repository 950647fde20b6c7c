"""WS-Security user name tokens (OASIS UsernameToken Profile 1.0), as ONVIF clients log in."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from dataclasses import dataclass, field
from datetime import UTC, datetime

from lxml import etree

from simulator.login import Door
from simulator.wall_clock import WallClock

MAX_SKEW_S = 300
"""How far a token's ``Created`` may be from the camera's clock; five minutes is what the profile recommends."""

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_NAMESPACES = {"wsse": _WSSE, "wsu": _WSU}


@dataclass
class TokenGate:
    """Decides whether the token in a SOAP header lets its bearer in, once."""

    door: Door
    clock: WallClock
    _seen: dict[tuple[str, str], float] = field(default_factory=dict)

    def has_token(self, header: etree._Element | None) -> bool:
        return header is not None and header.find("wsse:Security/wsse:UsernameToken", _NAMESPACES) is not None

    def admits(self, header: etree._Element | None) -> bool:
        if header is None or self.door.locked:
            return False
        user, password, nonce, created = (
            header.findtext(f"wsse:Security/wsse:UsernameToken/{name}", "", _NAMESPACES).strip()
            for name in ("wsse:Username", "wsse:Password", "wsse:Nonce", "wsu:Created")
        )
        account = self.door.account
        try:
            secret = b64decode(nonce) + created.encode() + account.password.encode()
        except BadBase64:
            return False
        wanted = b64encode(hashlib.sha1(secret, usedforsecurity=False).digest()).decode()
        if user != account.user or not hmac.compare_digest(wanted.encode(), password.encode()):
            return False
        return self._is_recent(created) and self._is_first(nonce, created)

    def _is_recent(self, created: str) -> bool:
        try:
            moment = datetime.fromisoformat(created)
        except ValueError:
            return False
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return abs((moment - self.clock.now()).total_seconds()) <= MAX_SKEW_S

    def _is_first(self, nonce: str, created: str) -> bool:
        now = self.clock.unix_s()
        for key in [key for key, until in self._seen.items() if until < now]:
            del self._seen[key]
        if (nonce, created) in self._seen:
            return False
        self._seen[nonce, created] = now + 2 * MAX_SKEW_S
        return True
