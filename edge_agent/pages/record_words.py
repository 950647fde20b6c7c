"""Words that several pages of the gate share: what keeps a record from being written, and what things are called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from typing import Final

from gate.hours import DayKind, moment_of
from gate.patrol import RoundState
from gate.policy import PolicyKind
from gate.record import RecordRefusedError
from gate.roster import Post
from gate.visit import Trouble
from web.language import Catalogue, mark
from web.problem import Words
from web.signs import State

_TROUBLES: Final = {
    Trouble.MISSING: mark("这一项要填"),
    Trouble.TOO_LONG: mark("太长了，请写短些"),
    Trouble.WRONG_FORM: mark("格式不对，请核对"),
    Trouble.OUT_OF_RANGE: mark("超出范围，请核对"),
}
_ON_FIELD: Final = {
    ("until", Trouble.OUT_OF_RANGE): mark("结束时间要晚于开始，而且还没有过去"),
    ("ends", Trouble.OUT_OF_RANGE): mark("结束时间要晚于开始，一次最多 24 小时"),
    ("spans", Trouble.OUT_OF_RANGE): mark("开门要早于关门，都在 0:00 到 24:00 之间"),
    ("spans", Trouble.WRONG_FORM): mark("同一种日子的两段时间重叠了"),
    ("due", Trouble.MISSING): mark("每天至少 5 次"),
    ("due", Trouble.WRONG_FORM): mark("两次巡查至少相隔 30 分钟"),
    ("temperature", Trouble.WRONG_FORM): mark("体温写成 36.5 这样"),
    ("to", Trouble.WRONG_FORM): mark("交班和接班不能是同一个人"),
    ("last", Trouble.OUT_OF_RANGE): mark("最后一天不能早于第一天，一次最多 120 天"),
    ("file", Trouble.OUT_OF_RANGE): mark("名单太长，请分几次开会登记"),
}
DAY_KINDS: Final = {
    DayKind.SCHOOL_DAY: mark("上课日"),
    DayKind.EXAM_DAY: mark("考试日"),
    DayKind.WEEKEND: mark("周末"),
    DayKind.HOLIDAY: mark("节假日"),
}
POLICIES: Final = {
    PolicyKind.CLOSED_CAMPUS: mark("封闭管理"),
    PolicyKind.TEMPERATURE: mark("测体温"),
    PolicyKind.MASK: mark("戴口罩"),
    PolicyKind.HEALTH_CODE: mark("查健康码"),
    PolicyKind.BAGS: mark("查包"),
    PolicyKind.HEIGHTENED_WATCH: mark("加强值守"),
}
POLICY_MEANINGS: Final = {
    PolicyKind.CLOSED_CAMPUS: mark("没有批准人，谁也不能进"),
    PolicyKind.TEMPERATURE: mark("登记时写体温，37.3 度起要有人批准"),
    PolicyKind.MASK: mark("登记时看有没有戴口罩"),
    PolicyKind.HEALTH_CODE: mark("登记时看健康码"),
    PolicyKind.BAGS: mark("登记时看随身的包"),
    PolicyKind.HEIGHTENED_WATCH: mark("先打电话问过被访人才放行"),
}
POSTS: Final = {Post.GUARD: mark("保安值班"), Post.LEADER: mark("带班领导"), Post.ESCORT: mark("护学岗")}
ROUNDS: Final = {
    RoundState.COMING: (State.UNKNOWN, mark("还没到")),
    RoundState.OPEN: (State.ATTENTION, mark("现在该巡")),
    RoundState.DONE: (State.OK, mark("已巡")),
    RoundState.MISSED: (State.FAILING, mark("漏巡")),
}
GONE: Final = Words(
    mark("这一条已不在，或刚被改过"), mark("请返回上一页看当前的内容，再操作一次。没有任何内容被改动。")
)
NO_TIME: Final = mark("请选日期和时间")


def errors_of(refused: RecordRefusedError, texts: Catalogue) -> dict[str, str]:
    """A sentence for each field that is not right."""
    return {
        field: texts(_ON_FIELD.get((field, trouble), _TROUBLES.get(trouble, _TROUBLES[Trouble.WRONG_FORM])))
        for field, trouble in refused.troubles.items()
    }


def day_of(form: Mapping[str, str], name: str) -> date | None:
    """A day as a browser's field sends it; None if it is none."""
    try:
        return date.fromisoformat(form.get(name, "").strip())
    except ValueError:
        return None


def minute_of_form(form: Mapping[str, str], name: str) -> int | None:
    """A time of day as minutes; 24:00 is the day's end. None if it is none."""
    return minute_of_text(form.get(name, ""))


def minute_of_text(text: str) -> int | None:
    """07:30 as minutes of the day."""
    plain = text.strip().replace("：", ":")
    if plain == "24:00":
        return 24 * 60
    try:
        found = time.fromisoformat(plain.rjust(5, "0"))
    except ValueError:
        return None
    return found.hour * 60 + found.minute


def moment_of_form(form: Mapping[str, str], day_name: str, time_name: str) -> int | None:
    """A day and a time of Beijing as UTC nanoseconds."""
    day, minute = day_of(form, day_name), minute_of_form(form, time_name)
    try:
        return None if day is None or minute is None else moment_of(day, minute)
    except (OverflowError, ValueError):  # the year 1 has no day before it
        return None


def clock_words(minute: int) -> str:
    """07:30"""
    return f"{minute // 60:02}:{minute % 60:02}"
