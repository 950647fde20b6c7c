"""What an installed agent holds: a file that is in the tree but not in the package fails only at the school."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from tests.run.tree import copy_of_the_tracked_tree


def test_every_file_of_every_room_is_in_the_installed_package(root: Path, tmp_path: Path) -> None:
    tree = copy_of_the_tracked_tree(root, tmp_path / "tree")
    built = subprocess.run(
        [sys.executable, "-c", "import sys, setuptools.build_meta as b; print(b.build_wheel(sys.argv[1]))", tmp_path],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert built.returncode == 0, built.stderr[-2000:]
    held = set(zipfile.ZipFile(tmp_path / built.stdout.split()[-1]).namelist())
    rooms = {init.parent for init in tree.glob("*/__init__.py")}
    wanted = {
        path.relative_to(tree).as_posix()
        for room in rooms
        for path in room.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(rooms) >= 12
    assert wanted - held == set()
    assert not {name for name in held if name.startswith(("tests/", "benchmarks/", "deploy/"))}
