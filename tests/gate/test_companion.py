"""Who came along, as a guard types it, and the pupils who are only counted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.class_size import ClassSize, class_size_of, in_school, pupils_left_in, read_class_sizes
from gate.companion import Companion, companions_in, companions_text, keys_after
from gate.hours import DayKind, GateHours, OpenSpan
from gate.orders import GateOrders
from gate.record import RecordRefusedError
from gate.visit import Trouble, Visitor, masked, tidy, troubles
from tests.gate.conftest import HOUR, SATURDAY_14

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访")
CARD = "11010519491231002X"
NAMES = ("阿卜杜拉·买买提", "䶮龘𠀀", "བསྟན་འཛིན", "ئابدۇللا مەمەت", "Christopher O'Brien", "张" * 100)


def test_each_name_may_carry_a_number_and_a_note() -> None:
    found = companions_in(f"李四 {CARD}、王五（司机），Anna Smith e12345678；赵六１２３４５６（证件磨损）")
    assert found == (
        Companion(name="李四", document_number=CARD),
        Companion(name="王五", note="司机"),
        Companion(name="Anna Smith", document_number="E12345678"),
        Companion(name="赵六", document_number="123456", note="证件磨损"),
    )
    shown = companions_text(found, masked)
    assert CARD not in shown
    assert shown.startswith("李四 110105********002X、王五（司机）、")


@pytest.mark.parametrize("name", NAMES)
def test_companions_of_all_scripts_stay_as_they_are(name: str) -> None:
    kept = tidy(replace(PARENT, companion_names=f"{name}、{name} {CARD}"))
    assert [one.name for one in companions_in(kept.companion_names)] == [name, name]
    assert (kept.companions, troubles(kept)) == (2, {})


@pytest.mark.parametrize("typed", [CARD, f"李四 {CARD[:-1]}1", "张" * 101, f"李四、{CARD[:-1]}1（磨损）"])
def test_a_companion_without_name_or_with_a_wrong_card_is_asked_about(typed: str) -> None:
    assert troubles(tidy(replace(PARENT, companion_names=typed))) == {"companion_names": Trouble.WRONG_COMPANION}


def test_a_wrong_card_of_a_companion_is_taken_with_a_note() -> None:
    assert troubles(tidy(replace(PARENT, companion_names=f"李四 {CARD[:-1]}1（老证件）"))) == {}


def test_the_number_of_companions_stays_and_is_never_fewer_than_are_named() -> None:
    assert tidy(replace(PARENT, companions=5, companion_names="李四、王五")).companions == 5
    assert tidy(replace(PARENT, companions=1, companion_names="李四、王五")).companions == 2
    assert troubles(tidy(replace(PARENT, companions=-1, companion_names="李四"))) == {
        "companions": Trouble.OUT_OF_RANGE
    }


@given(st.text(alphabet=st.sampled_from("李A1２X9（）() 、，;·ب𠀀\u3000\t"), max_size=60) | st.text(max_size=60))
def test_what_was_read_is_written_so_that_it_is_read_again_as_the_same(typed: str) -> None:
    found = companions_in(typed)
    assert companions_in(companions_text(found)) == found


# ── pupils by class ───────────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("一1班 42", ("一1班", 42)),
        ("一1班42人", ("一1班", 42)),
        ("一（1）班\t４２", ("一(1)班", 42)),
        ("全校：1260", ("全校", 1260)),
        ("初一 1 45", ("初一 1", 45)),
        ("42", None),
        ("一班", None),
    ],
)
def test_a_line_is_a_class_and_its_number(line: str, read: tuple[str, int] | None) -> None:
    found = class_size_of(line)
    assert (found and (found.class_name, found.pupils)) == read


def test_whoever_was_fetched_is_taken_off_the_class_however_it_is_written() -> None:
    sizes = [ClassSize(class_name="一1班", pupils=42), ClassSize(class_name="二（2）班", pupils=40)]
    pupils = pupils_left_in(sizes, ["一（1）班", "二2班", "二2班", "毕业班"])
    assert [(one.pupils, one.left) for one in pupils.classes] == [(41, 1), (38, 2)]
    assert (pupils.left_elsewhere, pupils.count) == (1, 78)
    whole = pupils_left_in([ClassSize(class_name="全校", pupils=1260)], ["一1班", "二2班"])
    assert whole.count == 1258


def test_pupils_are_counted_on_days_with_lessons_from_the_first_opening_to_the_last_closing() -> None:
    school_hours = GateHours(spans={DayKind.SCHOOL_DAY: (OpenSpan(420, 480), OpenSpan(960, 1080))})
    friday_14 = SATURDAY_14 - 24 * HOUR
    assert not in_school(school_hours, SATURDAY_14)
    assert in_school(school_hours, friday_14), "at noon the gate is closed and the pupils are in"
    assert not in_school(school_hours, friday_14 + 5 * HOUR)
    assert in_school(GateHours(), friday_14 + 5 * HOUR), "without hours nobody said when they go home"
    assert not in_school(school_hours, friday_14 - 8 * HOUR)


def test_class_sizes_are_laid_down_whole_or_not_at_all(orders: GateOrders) -> None:
    orders.class_sizes.replace([ClassSize(class_name="一1班", pupils=42)], by="赵校长")
    twice = [ClassSize(class_name="一1班", pupils=1), ClassSize(class_name="一（1）班", pupils=2)]
    with pytest.raises(RecordRefusedError):
        orders.class_sizes.replace(twice, by="赵校长")
    with pytest.raises(RecordRefusedError):
        orders.class_sizes.replace([ClassSize(class_name="一1班", pupils=0)], by="赵校长")
    assert read_class_sizes(orders.path) == (ClassSize(class_name="一1班", pupils=42),)


# ── one key through every correction ──────────────────────────────────────────────────────────────────────────────
PARTY = tuple((str(place), one) for place, one in enumerate(companions_in(f"张三、李四 {CARD}、王五、王五")))


@pytest.mark.parametrize(
    ("corrected", "keys"),
    [
        ("张三、李四、王五、王五", "0123"),
        (f"张三、王五、王五、李思 {CARD}", "0231"),
        ("张珊、李四、王五、王五", "0123"),
        ("李四、张三、王五、王五", "1023"),
        ("张三、李思、王五、王五", "0123"),
        ("张三、李四、王五、赵六", "0123"),
        ("张三、王五、李四", "021"),
        ("张三、赵六、李四、王五、王五", "0+123"),
        ("张三、赵六、钱七、王五、王五", "0++23"),
        ("赵六", "0"),
    ],
)
def test_a_correction_leaves_each_person_the_own_key(corrected: str, keys: str) -> None:
    named = companions_in(corrected)
    assert "".join(keys_after(PARTY, named, lambda: "+")) == keys


@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=6), st.lists(st.sampled_from("甲乙丙丁戊"), max_size=6))
def test_a_key_is_never_given_to_two(before: list[str], after: list[str]) -> None:
    fresh = (f"new{number}" for number in range(20))
    known = [(str(place), Companion(name=name)) for place, name in enumerate(before)]
    keys = keys_after(known, [Companion(name=name) for name in after], lambda: next(fresh))
    assert len(set(keys)) == len(keys) == len(after)
    if before == after:
        assert keys == tuple(key for key, _ in known)
