"""Broker paths: the ways an alarm can take to the center (接警中心)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from config.model import SettingsModel
from foundation.ids import Slug


class BrokerTls(SettingsModel):
    """Files of the TLS client certificate that the district issued to this campus."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


class BrokerPath(SettingsModel):
    """One MQTT broker and the way to it."""

    id: Slug
    host: Annotated[str, Field(min_length=1)]
    port: Annotated[int, Field(ge=1, le=65_535)] = 8883
    tls: BrokerTls | None = None
    allow_plain_text: bool = False
    """Must be true to go without TLS; only for a broker on this very machine or a demonstration."""
    credential: Slug | None = None
    bind_address: str | None = None
    """Local address of the interface this path shall use."""

    @model_validator(mode="after")
    def _protected(self) -> Self:
        if self.tls is None and not self.allow_plain_text:
            raise ValueError(
                "没有写 tls：请在 tls 下写 ca_file、certificate_file 和 key_file。 / "
                "no tls is given; give ca_file, certificate_file and key_file under tls"
            )
        return self


class Center(SettingsModel):
    """The receiving side, by the keys that its signatures are checked with (pinned at enrolment)."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    public_keys: Annotated[tuple[str, ...], Field(min_length=1, max_length=2, strict=False)]
    """Ed25519 public keys in base64: the current one and, during a change, the next."""
