"""Figures as a screen shows them."""

from __future__ import annotations

import pytest

from web import figures
from web.language import Language, catalogue
from web.signs import State, worst

CHINESE = catalogue(Language.CHINESE, ("web",))
ENGLISH = catalogue(Language.ENGLISH, ("web",))
AT = 1_795_240_880_000_000_000  # 2026-11-21 14:01:20 in Beijing


def test_times_are_beijing_times_with_the_day_of_the_week() -> None:
    assert figures.moment(AT) == "2026-11-21 14:01:20"
    assert figures.day(AT, CHINESE) == "2026-11-21 星期六"
    assert figures.day(AT, ENGLISH) == "2026-11-21 Saturday"


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (3, "3 秒", "3 s"),
        (200, "3 分 20 秒", "3 min 20 s"),
        (18_120, "5 小时 2 分", "5 h 2 min"),
        (91 * 86_400 + 4 * 3600, "91 天 4 小时", "91 d 4 h"),
        (-5, "0 秒", "0 s"),
    ],
)
def test_durations_name_their_two_largest_units(seconds: float, chinese: str, english: str) -> None:
    assert figures.duration(seconds, CHINESE) == chinese
    assert figures.duration(seconds, ENGLISH) == english


def test_a_share_just_below_all_is_never_shown_as_all() -> None:
    assert figures.share(0.99999) == "99.9 %"
    assert figures.share(1.0) == "100.0 %"


def test_unknown_outweighs_good_and_nothing_at_all_is_unknown() -> None:
    assert worst([State.OK, State.UNKNOWN]) is State.UNKNOWN
    assert worst([State.OK, State.ATTENTION, State.FAILING]) is State.FAILING
    assert worst([]) is State.UNKNOWN
