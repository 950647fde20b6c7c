"""The same address for a person and for a program: a page for a browser, JSON for who asks for nothing else."""

from __future__ import annotations

from fastapi import Request


def wants_json(request: Request) -> bool:
    """Whether the asker takes JSON and no page."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted
