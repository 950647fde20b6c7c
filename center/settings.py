"""What a center (接警中心) is: one strict YAML file, as for a campus."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.broker_path import BrokerPath
from config.chinese import suggestion_words
from config.credential import Credential
from config.model import SettingsModel
from config.page import PageAddress
from config.problem import Problem, SettingsError
from config.reading import duplicate_ids, read_model, suggestion, with_absolute_paths
from config.yaml_source import KeyPath, YamlSource, key_text
from foundation.ids import Slug


class CenterSettings(SettingsModel):
    """Everything a technician writes down about the receiving side; campuses are enrolled by command, not here."""

    id: Slug = "center"
    """How this center signs its messages."""
    name: Annotated[str, Field(min_length=1, max_length=80)]
    drill_desk: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    """演练接收单位: line tests end there, at the district's desk, and not at the police's; people of the duty
    drill_desk answer them. Left out: they end where alarms do."""
    state_directory: Path
    database_url: str | None = None
    """postgresql://user@host/name or sqlite:///file; left out: a SQLite file in the state directory."""
    database_credential: Slug | None = None
    credentials: tuple[Credential, ...] = ()
    brokers: Annotated[tuple[BrokerPath, ...], Field(min_length=1)]
    """The brokers that campuses publish to; all are listened to at once."""
    page: PageAddress

    @model_validator(mode="after")
    def _database(self) -> Self:
        if self.database_url is not None:
            try:
                url = make_url(self.database_url)
            except ArgumentError as error:
                raise ValueError(
                    "database_url 不是数据库地址：请写 postgresql://user@host/name 或 sqlite:///file。 / "
                    "database_url is not a database address; write postgresql://user@host/name or sqlite:///file"
                ) from error
            if url.get_backend_name() not in ("postgresql", "sqlite"):
                raise ValueError(
                    f"database_url 写的是 {url.get_backend_name()}，只支持 PostgreSQL 和 SQLite。 / "
                    f"database_url names {url.get_backend_name()}; PostgreSQL and SQLite are supported"
                )
            if url.password is not None:
                raise ValueError(
                    "database_url 里写了密码：请去掉，在 database_credential 写 credentials 里的编号。 / "
                    "database_url holds a password; name a credential under database_credential instead"
                )
        return self

    def credential(self, credential_id: str) -> Credential:
        """A credential by id; KeyError if there is none (cannot happen for ids from checked settings)."""
        return next(item for item in self.credentials if item.id == credential_id)

    def database(self) -> URL:
        """The database's address with its password. Raises CredentialError."""
        if self.database_url is None:
            return URL.create("sqlite", database=str(self.state_directory / "center.sqlite"))
        url = make_url(self.database_url)
        if url.get_backend_name() == "sqlite":
            return url
        url = url.set(drivername="postgresql+psycopg")
        if self.database_credential is not None:
            login = self.credential(self.database_credential)
            url = url.set(username=login.user, password=login.password())
        return url


def read_center_settings(file: Path) -> CenterSettings:
    """Read and check a center's settings; relative paths in it count from its own folder. Raises SettingsError."""
    source, settings = read_model(file, CenterSettings)
    problems = [*_duplicates(source, settings), *_dangling(source, settings)]
    if problems:
        raise SettingsError(problems)
    settings = with_absolute_paths(settings, file.resolve().parent)
    return settings.model_copy(update={"database_url": _absolute_url(settings.database_url, file.resolve().parent)})


def _absolute_url(text: str | None, base: Path) -> str | None:
    if text is None:
        return None
    url = make_url(text)
    if url.get_backend_name() != "sqlite" or not url.database or Path(url.database).is_absolute():
        return text
    return url.set(database=str(base / url.database)).render_as_string(hide_password=False)


def _duplicates(source: YamlSource, settings: CenterSettings) -> list[Problem]:
    problems = duplicate_ids(source, settings, ("credentials", "brokers"), "Give each its own id.")
    return problems


def _dangling(source: YamlSource, settings: CenterSettings) -> list[Problem]:
    known = [item.id for item in settings.credentials]
    wanted: list[tuple[KeyPath, str | None]] = [(("database_credential",), settings.database_credential)]
    wanted += [(("brokers", index, "credential"), broker.credential) for index, broker in enumerate(settings.brokers)]
    return [
        Problem(
            source.file,
            source.line(path),
            key_text(path),
            f"there is no {name!r} under credentials",
            suggestion(name, known),
            f"credentials 下没有 {name!r}。{suggestion_words(name, known)}",
        )
        for path, name in wanted
        if name is not None and name not in known
    ]
