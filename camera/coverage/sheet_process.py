"""Sets the page to sign in a process of its own: `run_short("camera.coverage.sheet_process", …)`.

Standard input: JSON {"values", "map"}, of `sheet_values` and `draw_map` without lists. Standard output: the PDF.
"""

from __future__ import annotations

import json
import sys

from camera.coverage.sheet import set_sheet
from camera.coverage.typeset import TypesetFailedError
from foundation.short_process import refuse


def main() -> None:
    """Set what standard input holds."""
    order = json.load(sys.stdin.buffer)
    try:
        pdf = set_sheet(order["values"], order["map"])
    except TypesetFailedError as error:
        refuse(str(error))
    sys.stdout.buffer.write(pdf)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
