"""Copies of the tree as a clone would have it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def copy_of_the_tracked_tree(root: Path, target: Path) -> Path:
    """Only what git knows of: a file somebody forgot to add is missing here, as it would be in a clone."""
    listed = subprocess.run(
        ["git", "-C", root, "ls-files", "-z"], capture_output=True, text=True, timeout=60, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target / name)
    return target
