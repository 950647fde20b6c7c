"""The duress PIN (胁迫密码): typed where a PIN is asked for, it looks like obeying and calls for help."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from config.settings import Settings


def duress_pin(settings: Settings) -> Callable[[str], bool]:
    """A function that knows it; always False where the settings name none. Raises CredentialError."""
    if settings.duress_pin is None:
        return lambda _: False
    pin = settings.credential(settings.duress_pin).password().encode()
    return lambda given: bool(given) and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), pin)
