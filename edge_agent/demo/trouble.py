"""Why a demonstration could not go on."""

from __future__ import annotations


class DemoError(Exception):
    """The demonstration cannot go on; the message says what to do."""
