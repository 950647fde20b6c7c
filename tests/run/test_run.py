"""The door: what ./run says and does before anything is built."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest


@pytest.fixture
def bare_tree(root: Path, tmp_path: Path) -> Path:
    """A tree that holds nothing but the door and the locks."""
    tree = tmp_path / "a tree"
    (tree / "requirements").mkdir(parents=True)
    for name in ("run", "pyproject.toml", "requirements/lock.txt"):
        shutil.copy(root / name, tree / name)
    return tree


def run(tree: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [tree / "run", *words], env={**os.environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )


def stub(folder: Path, name: str, body: str) -> Path:
    """A program that does what `body` says instead of the real one's work."""
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    program.chmod(0o755)
    return program


def test_a_word_it_does_not_know_is_refused_with_the_words_it_knows(bare_tree: Path) -> None:
    done = run(bare_tree, "tset")
    assert done.returncode == 1
    assert "there is no './run tset'" in done.stderr
    assert "./run test" in done.stderr


def test_an_old_python_is_refused_with_what_is_needed(bare_tree: Path, tmp_path: Path) -> None:
    old = stub(tmp_path / "old", "python3", "case $1 in -V) echo Python 3.9.2 ;; *) exit 1 ;; esac")
    done = run(bare_tree, "env", PYTHON=str(old))
    assert done.returncode == 1
    assert "Python 3.11 or later is needed" in done.stderr
    assert "Python 3.9.2" in done.stderr


def test_a_build_that_failed_half_way_is_not_taken_for_a_whole_one(bare_tree: Path, tmp_path: Path) -> None:
    """pip fails; the next call must try again instead of running from half an environment."""
    python = stub(
        tmp_path / "fake",
        "python3",
        """case "$*" in
        *"-m venv"*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
        *"-m pip install"*) echo "ERROR: no network" && exit 1 ;;
        esac""",
    )
    for _ in range(2):
        done = run(bare_tree, "env", PYTHON=str(python))
        assert done.returncode == 1
        assert "ERROR: no network" in done.stderr
        assert "requirements/lock.txt could not be installed" in done.stderr


def test_a_built_environment_is_used_again_until_the_lock_changes(bare_tree: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    python = stub(
        tmp_path / "fake",
        "python3",
        f"""case "$*" in
        *"-m venv"*) echo venv >>'{calls}'; mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
        *"-m pip install"*) echo pip >>'{calls}' ;;
        esac""",
    )
    assert run(bare_tree, "env", PYTHON=str(python)).returncode == 0
    built = calls.read_text(encoding="utf-8").split()
    assert built.count("venv") == 1

    assert run(bare_tree, "env", PYTHON=str(python)).returncode == 0
    assert calls.read_text(encoding="utf-8").split() == built

    with (bare_tree / "requirements/lock.txt").open("a", encoding="utf-8") as lock:
        lock.write("# changed\n")
    assert run(bare_tree, "env", PYTHON=str(python)).returncode == 0
    assert calls.read_text(encoding="utf-8").split() == built * 2


def test_a_moved_tree_builds_its_environment_anew(bare_tree: Path, tmp_path: Path) -> None:
    """A virtual environment names its own path in every program it holds."""
    calls = tmp_path / "calls"
    python = stub(
        tmp_path / "fake",
        "python3",
        f"""case "$*" in
        *"-m venv"*) echo venv >>'{calls}'; mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
        esac""",
    )
    assert run(bare_tree, "env", PYTHON=str(python)).returncode == 0
    moved = bare_tree.rename(tmp_path / "moved")
    assert run(moved, "env", PYTHON=str(python)).returncode == 0
    assert calls.read_text(encoding="utf-8").split() == ["venv", "venv"]


@pytest.mark.parametrize("code", [0, 1, 3])
def test_ci_ends_with_the_code_of_the_tests_and_tells_them_it_is_ci(root: Path, tmp_path: Path, code: int) -> None:
    (tmp_path / ".ci").mkdir()
    shutil.copy(root / ".ci/run", tmp_path / ".ci/run")
    stub(tmp_path, "run", f'echo "$1 with CI=$CI"; exit {code}')
    done = subprocess.run(["bash", ".ci/run"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (code, "test with CI=true\n")
