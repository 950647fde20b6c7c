"""Typst in a process of its own: pages as PNG or PDF; a wrong template or a missing character cannot hurt the agent."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

TIMEOUT_S: Final = 60.0

_PROGRAM: Final = """
import sys, typst
folder, form, ppi = sys.argv[1], sys.argv[2], float(sys.argv[3])
options = {"ppi": ppi} if form == "png" else {"pdf_standards": ["a-2b"]}
typst.compile(folder + "/main.typ", output=folder + "/page." + form, root=folder, format=form, **options)
"""


class TypesetFailedError(Exception):
    """The page was not made; the message is typst's own."""


def typeset(files: Mapping[str, bytes], form: Literal["png", "pdf"], *, ppi: float = 144.0) -> bytes:
    """Compile main.typ among some files. PDF is PDF/A-2b, where a character without a glyph is an error.

    Raises TypesetFailedError.
    """
    with tempfile.TemporaryDirectory(prefix="coverage-page-") as name:
        folder = Path(name)
        for file, content in files.items():
            (folder / file).write_bytes(content)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _PROGRAM, name, form, str(ppi)],
                capture_output=True,
                text=True,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TypesetFailedError(f"typst took more than {TIMEOUT_S:.0f} s") from error
        if done.returncode != 0:
            raise TypesetFailedError((done.stderr.strip().splitlines() or ["typst failed"])[-1])
        return (folder / f"page.{form}").read_bytes()


def svg_to_png(svg: str, *, ppi: float = 144.0) -> bytes:
    """The same drawing as a picture; 144 pixels an inch are two for one of the drawing's. Raises TypesetFailedError."""
    page = '#set page(width: auto, height: auto, margin: 0pt)\n#image("map.svg")\n'
    return typeset({"main.typ": page.encode(), "map.svg": svg.encode()}, "png", ppi=ppi)
