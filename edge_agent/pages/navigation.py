"""The office's pages as a person finds them (目录): in groups, those that the person may open, the open one marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from web.duty import Right
from web.language import mark

May = Callable[[Right], bool]


@dataclass(frozen=True, slots=True)
class Entry:
    """A link of the navigation: its page, the pages below it, and what opening it takes."""

    path: str
    word: str
    icon: str
    """A drawing of web/templates/icons.html; empty for a link of a section."""
    right: Right
    also: tuple[str, ...] = ()
    """Beginnings of further pages that belong here."""

    def holds(self, path: str) -> bool:
        """Whether a page is this one or lies under it."""
        return any(
            path == start or (start != "/" and path.startswith(f"{start}/")) for start in (self.path, *self.also)
        )


_R: Final = Right
GROUPS: Final[tuple[tuple[Entry, ...], ...]] = (
    (Entry("/", mark("今天"), "today", _R.SEE_STATUS),),
    (
        Entry("/footage", mark("录像"), "footage", _R.SEE_FOOTAGE),
        Entry("/exports", mark("导出"), "export", _R.EXPORT_FOOTAGE),
        Entry("/volumes", mark("录像硬盘"), "disk", _R.SEE_STATUS),
        Entry("/cameras", mark("摄像机"), "camera", _R.SEE_STATUS),
        Entry("/pictures", mark("图像"), "picture", _R.SEE_STATUS),
        Entry("/coverage", mark("覆盖"), "plan", _R.SEE_STATUS),
    ),
    (
        Entry("/alarms", mark("报警"), "alarm", _R.SEE_STATUS, also=("/alarm", "/stations")),
        Entry("/incidents", mark("突发事件"), "incident", _R.SEE_STATUS),
        Entry("/drills", mark("演练"), "drill", _R.SEE_STATUS),
        Entry("/faults", mark("隐患台账"), "fault", _R.SEE_STATUS),
    ),
    (Entry("/gate", mark("校门"), "gate", _R.EXPECT_VISITORS),),
    (
        Entry("/people", mark("人员"), "person", _R.MANAGE_PEOPLE),
        Entry("/access", mark("查看记录"), "look", _R.SEE_AUDIT),
    ),
)
GATE: Final[tuple[Entry, ...]] = (
    Entry("/gate", mark("今天"), "", _R.ARRANGE_GATE),
    Entry("/gate/roster", mark("值班表"), "", _R.ARRANGE_GATE),
    Entry("/gate/duty", mark("值班台账"), "", _R.ARRANGE_GATE),
    Entry("/gate/policies", mark("管控措施"), "", _R.ARRANGE_GATE),
    Entry("/gate/hours", mark("开放时间"), "", _R.ARRANGE_GATE),
    Entry("/gate/patrol", mark("巡查"), "", _R.ARRANGE_GATE),
    Entry("/gate/meetings", mark("家长会"), "", _R.ARRANGE_GATE),
    Entry("/gate/staff", mark("教职工"), "", _R.ARRANGE_GATE),
    Entry("/gate/classes", mark("班级人数"), "", _R.ARRANGE_GATE),
    Entry("/gate/expected", mark("预约来访"), "", _R.EXPECT_VISITORS),
    Entry("/gate/slips", mark("请假条"), "", _R.EXPECT_VISITORS),
    Entry("/gate/book", mark("来访台账"), "", _R.SEE_VISITS),
    Entry("/gate/watchlist", mark("布控名单"), "", _R.REVEAL_VISITOR),
    Entry("/gate/looks", mark("查看记录"), "", _R.SEE_AUDIT),
)
"""The second level of 校门: a row above each of its pages."""


@dataclass(frozen=True, slots=True)
class Navigation:
    """What one person sees of it on one page."""

    groups: tuple[tuple[Entry, ...], ...]
    here: Entry | None
    """The entry that the open page belongs to."""
    section: tuple[Entry, ...] = ()
    """The second level there; empty where there is none."""
    section_here: Entry | None = None


def navigation(path: str, may: May) -> Navigation:
    """The navigation on the page at `path` for somebody who `may`."""
    groups = tuple(filter(None, (_allowed(group, may) for group in GROUPS)))
    here = next((entry for group in groups for entry in group if entry.holds(path)), None)
    if here is None or here.path != "/gate":
        return Navigation(groups, here)
    section = _allowed(GATE, may)
    # The longest path wins: /gate/roster is the roster's page, though it lies under /gate as well.
    open_ones = sorted((entry for entry in section if entry.holds(path)), key=lambda entry: len(entry.path))
    return Navigation(groups, here, section, open_ones[-1] if open_ones else None)


def _allowed(entries: Sequence[Entry], may: May) -> tuple[Entry, ...]:
    return tuple(entry for entry in entries if may(entry.right))
