"""Digest log-in as RTSP and HTTP share it (RFC 7616 with MD5, which is what cameras speak), and HTTP Basic."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from binascii import Error as BadBase64
from dataclasses import dataclass, field
from secrets import token_hex

REALM = "campus-simulator"
_KEPT_NONCES = 512
_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


@dataclass(frozen=True, slots=True)
class Account:
    user: str
    password: str


@dataclass
class Door:
    """Decides who may come in to one camera."""

    account: Account
    locked: bool = False
    """While set, correct passwords are refused too."""
    _nonces: dict[str, None] = field(default_factory=dict)

    def challenge(self) -> str:
        """A fresh ``WWW-Authenticate`` value."""
        nonce = token_hex(16)
        self._nonces[nonce] = None
        if len(self._nonces) > _KEPT_NONCES:
            del self._nonces[next(iter(self._nonces))]
        return f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5, qop="auth"'

    def rtsp_challenge(self) -> str:
        """As ``challenge``, without qop: RTSP clients of cameras mostly speak RFC 2069."""
        return self.challenge().removesuffix(', qop="auth"')

    def admits(self, method: str, authorization: str | None) -> bool:
        """Whether an ``Authorization`` value lets a request with this method in."""
        if self.locked or not authorization:
            return False
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "basic":
            return self._admits_basic(rest)
        return scheme.lower() == "digest" and self._admits_digest(method, rest)

    def _admits_basic(self, encoded: str) -> bool:
        try:
            given = b64decode(encoded, validate=True)
        except (BadBase64, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.account.user}:{self.account.password}".encode())

    def _admits_digest(self, method: str, rest: str) -> bool:
        given = {key: quoted or plain for key, quoted, plain in _PAIR.findall(rest)}
        if given.get("nonce") not in self._nonces or given.get("username") != self.account.user:
            return False
        secret = _md5(f"{self.account.user}:{REALM}:{self.account.password}")
        request = _md5(f"{method}:{given.get('uri', '')}")
        middle = f"{given['nonce']}"
        if "qop" in given:
            middle += f":{given.get('nc', '')}:{given.get('cnonce', '')}:{given['qop']}"
        return hmac.compare_digest(_md5(f"{secret}:{middle}:{request}"), given.get("response", ""))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
