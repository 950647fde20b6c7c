"""What a demonstration shows at its end: a table for people, a line of JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from rich.console import Console
from rich.table import Table

from edge_agent.demo.stages import Stage

_TITLES: Final = {
    "poll": "巡检 poll",
    "record": "录像 record",
    "retain": "存储时长 retain",
    "coverage": "覆盖 coverage",
    "visit": "来访 visit",
    "alarm": "一键报警 alarm",
    "center": "接警中心 center",
}


def all_seen(stages: Mapping[str, Stage]) -> bool:
    """True if every stage was seen working."""
    return all(stage.ok for stage in stages.values())


def show_table(console: Console, stages: Mapping[str, Stage]) -> None:
    """Print a row per stage: sign, word, what was seen."""
    table = Table(title="看到的 / what was seen", title_justify="left")
    table.add_column("环节 stage", no_wrap=True)
    table.add_column("结果", no_wrap=True)
    table.add_column("所见 seen")
    for name, stage in stages.items():
        seen = ", ".join(f"{key}={value}" for key, value in stage.seen.items())
        table.add_row(_TITLES[name], "● 正常" if stage.ok else "▲ 异常", seen or "nothing")
    console.print(table)


def json_line(stages: Mapping[str, Stage]) -> str:
    """The last line of `edge-agent demo --json`."""
    told = {name: {"ok": stage.ok, **stage.seen} for name, stage in stages.items()}
    return json.dumps({"ok": all_seen(stages), "stages": told}, ensure_ascii=False)
