"""A center's settings: strict, and clear about what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from center.settings import CenterSettings, read_center_settings
from config.problem import SettingsError

GOOD = """\
name: 示范区接警中心
state_directory: state
brokers:
  - {id: primary, host: 127.0.0.1, port: 1883, allow_plain_text: true}
page: {port: 8470}
"""


def _read(folder: Path, text: str) -> CenterSettings:
    file = folder / "center.yaml"
    file.write_text(text, encoding="utf-8")
    return read_center_settings(file)


def _refusal(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        _read(folder, text)
    return str(caught.value)


def test_relative_paths_count_from_the_settings_file_and_the_database_lies_in_the_state_directory(
    tmp_path: Path,
) -> None:
    settings = _read(tmp_path, GOOD)
    assert settings.state_directory == tmp_path / "state"
    assert settings.database().database == str(tmp_path / "state" / "center.sqlite")
    assert _read(tmp_path, GOOD + "database_url: sqlite:///other.sqlite\n").database().database == str(
        tmp_path / "other.sqlite"
    )


def test_the_example_is_accepted_as_it_stands_and_with_all_that_it_offers(root: Path, tmp_path: Path) -> None:
    text = (root / "center" / "example" / "center.yaml").read_text(encoding="utf-8")
    assert _read(tmp_path, text).brokers[0].tls is not None
    everything = _read(tmp_path, re.sub(r"^#(?=\S)", "", text, flags=re.M).replace("\n#  -", "\n  -"))
    assert (everything.drill_desk, everything.database_credential) == ("示范区教育局", "database")


def test_a_misspelt_key_is_refused_with_its_line_and_the_right_one(tmp_path: Path) -> None:
    text = GOOD.replace("allow_plain_text", "allow_plaintext")
    said = _refusal(tmp_path, text)
    assert f"{tmp_path}/center.yaml:4: brokers[0].allow_plaintext: 没有这一项。" in said
    assert "nobody knows this key" in said
    assert "Did you mean 'allow_plain_text'?" in said


def test_a_password_in_the_database_address_is_refused(tmp_path: Path) -> None:
    said = _refusal(tmp_path, GOOD + "database_url: postgresql://center:secret@db/center\n")
    assert "database_url 里写了密码：请去掉" in said
    assert "database_credential" in said
    assert "secret" not in said


def test_a_database_of_another_make_is_refused(tmp_path: Path) -> None:
    assert "PostgreSQL and SQLite" in _refusal(tmp_path, GOOD + "database_url: mysql://db/center\n")
    assert "not a database address" in _refusal(tmp_path, GOOD + "database_url: my database\n")


def test_the_database_password_comes_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from-file\n")
    settings = _read(
        tmp_path,
        GOOD
        + "database_url: postgresql://db/center\ndatabase_credential: db\n"
        + "credentials:\n  - {id: db, user: center, password_file: password}\n",
    )
    url = settings.database()
    assert (url.drivername, url.username, url.password) == ("postgresql+psycopg", "center", "from-file")


def test_a_credential_that_is_not_there_is_refused_where_it_is_named(tmp_path: Path) -> None:
    said = _refusal(tmp_path, GOOD.replace("allow_plain_text: true", "allow_plain_text: true, credential: mqtt"))
    assert "center.yaml:4: brokers[0].credential: credentials 下没有 'mqtt'。" in said
    assert "there is no 'mqtt' under credentials" in said


def test_two_brokers_with_one_id_and_plain_text_unsaid_are_refused(tmp_path: Path) -> None:
    double = GOOD.replace("brokers:\n", "brokers:\n  - {id: primary, host: b, allow_plain_text: true}\n")
    assert "already taken in line 4" in _refusal(tmp_path, double)
    assert "no tls is given" in _refusal(tmp_path, GOOD.replace(", allow_plain_text: true", ""))
