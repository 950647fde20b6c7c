"""Log lines: one per event, with the role and part that speaks; JSON for systemd, readable on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog


def configure_log(role: str, *, style: Literal["json", "plain"] = "json", level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging for this process; lines go to standard error."""
    shared: list[structlog.typing.Processor] = [
        _speaker(role),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("zeep", "urllib3", "uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "libav"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _speaker(role: str) -> structlog.typing.Processor:
    # Not a context variable: those do not reach the threads that services run on.
    def add_role(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["role"] = role
        return event

    return add_role
