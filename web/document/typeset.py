"""Sets one form as PDF/A, in a process of its own: `run_short("web.document.typeset", …)`.

Standard input: the first line is JSON {"folders", "made_s"}, the rest the form. Standard output: the PDF.
"""

from __future__ import annotations

import json
import sys
from importlib import resources
from typing import Final

import typst

from foundation.short_process import refuse

STANDARD: Final = "a-2u"
"""PDF/A-2u: kept for decades, every character can be searched and has a glyph or there is no document. Without tags
(level a): they make a table of 500 rows eight times as large."""


def main() -> None:
    """Set what standard input holds."""
    head, _, form = sys.stdin.buffer.read().partition(b"\n")
    order = json.loads(head)
    template = resources.files("web.document").joinpath("report.typ").read_bytes()
    try:
        pdf = typst.compile(
            template,
            font_paths=order["folders"],
            ignore_system_fonts=True,
            sys_inputs={"form": form.decode("utf-8")},
            pdf_standards=[STANDARD],
            pdf_tags=False,
            timestamp=order["made_s"],
        )
    except typst.TypstError as error:
        refuse(error.message)
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
