"""`edge-agent person …` and `station …` with wrong arguments: one sentence that says what to do, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli import app

EXAMPLE = Path(__file__).parents[2] / "config/example/campus.yaml"


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def refused(said: Result, words: str) -> None:
    assert said.exit_code == 2
    assert said.exception is None or isinstance(said.exception, SystemExit)
    assert words in " ".join(said.output.split())


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("correct horse battery 7\n", encoding="utf-8")
    return file


def test_an_account_is_made_and_listed(tmp_path: Path, password: Path) -> None:
    state = ("--state", str(tmp_path / "state"))
    made = run("person", "add", "wang", "--name", "王校长", "--password-file", str(password), *state)
    assert (made.exit_code, "王校长" in made.output) == (0, True)
    assert "wang" in run("person", "list", *state).output
    refused(run("person", "add", "wang", "--name", "王", "--password-file", str(password), *state), "wang")
    refused(run("person", "add", "li", "--name", "", "--password-file", str(password), *state), "1 to 100 characters")
    refused(
        run("person", "add", "li", "--name", "李", "--duty", "desk", "--password-file", str(password), *state), "center"
    )


def test_a_password_file_that_is_no_text_or_not_there_is_one_sentence(tmp_path: Path) -> None:
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(b"\xf9\x00\xff" * 100)
    state = ("--state", str(tmp_path / "state"))
    for file, why in ((rubbish, "no UTF-8 text"), (tmp_path / "nowhere", "No such file"), (tmp_path, "directory")):
        said = run("person", "add", "wang", "--name", "王", "--password-file", str(file), *state)
        refused(said, "cannot be read")
        assert why in " ".join(said.output.split())


def test_a_state_directory_that_is_not_there_has_no_empty_list(tmp_path: Path) -> None:
    refused(run("person", "list", "--state", str(tmp_path / "wrong")), "--state")
    (tmp_path / "fresh").mkdir()
    assert "还没有账号" in run("person", "list", "--state", str(tmp_path / "fresh")).output


def test_a_screen_has_a_name_and_a_gate_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    common = ("--config", str(EXAMPLE), "--state", str(tmp_path))
    for name in ("", "   ", "西" * 41):
        refused(run("station", "code", name, "--gate", "east", *common), "1 to 40 letters")
    refused(run("station", "code", "西门平板", "--gate", "nowhere", *common), "known: east")
    refused(
        run("station", "code", "西门平板", "--gate", "east", "--config", str(EXAMPLE), "--state", "/proc/none"), "agent"
    )
    assert run("station", "code", "西门平板", "--gate", "east", *common).exit_code == 0
