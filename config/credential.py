"""Passwords by reference: the settings file names them, their text lies elsewhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import model_validator

from config.model import SettingsModel
from foundation.ids import Slug
from foundation.service import RefusedError


class CredentialError(RefusedError):
    """A password that the settings refer to cannot be read."""


class Credential(SettingsModel):
    """A log-in; the password stands in a file of its own or in the environment, never in the settings."""

    id: Slug
    user: str
    password_file: Path | None = None
    password_env: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.password_file is None) == (self.password_env is None):
            raise ValueError(
                "password_file 和 password_env 要写其中一个，只写一个。 / "
                "give exactly one of password_file and password_env"
            )
        return self

    def password(self, environment: Mapping[str, str] = os.environ) -> str:
        """The password's text. Raises CredentialError with what to do."""
        if self.password_env is not None:
            value = environment.get(self.password_env)
            if value is None:
                raise CredentialError(
                    f"密码 {self.id}：请设置环境变量 {self.password_env} / "
                    f"credential {self.id}: set the environment variable {self.password_env}"
                )
            return value
        assert self.password_file is not None
        try:
            return self.password_file.read_text(encoding="utf-8").rstrip("\r\n")
        except OSError as error:
            raise CredentialError(
                f"密码 {self.id}：读不到 {self.password_file}，请核对文件和读取权限 / "
                f"credential {self.id}: {self.password_file} cannot be read ({error.strerror})"
            ) from error
