"""Words on the map do not stand upon each other where there is room beside."""

from __future__ import annotations

from camera.coverage.label import Labels, width_em


def test_words_go_where_nothing_stands_yet() -> None:
    labels = Labels()
    labels.take(100, 50, "教学楼一楼过道", size=12)
    right, left = (110.0, 50.0, "start"), (90.0, 50.0, "end")
    assert labels.choose([right, left], "东门 正常", size=12) == left


def test_without_room_they_go_where_they_cover_least() -> None:
    labels = Labels()
    labels.take(0, 50, "很长很长的名字", size=12)
    labels.take(0, 100, "短", size=12)
    assert labels.choose([(0, 50, "start"), (0, 100, "start")], "东门 正常", size=12) == (0, 100, "start")


def test_a_chinese_letter_is_as_wide_as_two_others_nearly() -> None:
    assert width_em("东门") == 2
    assert 1 < width_em("m2 m") < 3
