"""What may be written in the gate book."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.identity_card import identity_card_is_right
from gate.spelling import count_in
from gate.visit import (
    DocumentKind,
    Trouble,
    Visitor,
    masked,
    same_person,
    tidy,
    troubles,
)

PARENT = Visitor(name="张三", host="刘老师", reason="家长来访")
CARD = "11010519491231002X"  # the standard's own example

texts = st.text(max_size=40)
visitors = st.builds(
    Visitor,
    name=texts,
    host=texts,
    reason=texts,
    document_kind=st.sampled_from(DocumentKind),
    document_number=texts,
    document_note=texts,
    phone=texts,
    organisation=texts,
    carried=texts,
    companions=st.integers(-5, 600),
    companion_names=texts,
    plate=texts,
)


def test_a_visitor_with_name_host_and_reason_may_be_written() -> None:
    assert troubles(PARENT) == {}


BLANK = "  \u3000 "


@pytest.mark.parametrize(
    ("visitor", "field"),
    [
        (replace(PARENT, name=BLANK), "name"),
        (replace(PARENT, host=BLANK), "host"),
        (replace(PARENT, reason=BLANK), "reason"),
    ],
)
def test_a_blank_name_host_or_reason_is_asked_for(visitor: Visitor, field: str) -> None:
    assert troubles(tidy(visitor)) == {field: Trouble.MISSING}


def test_the_standards_example_card_is_right_and_any_other_check_digit_is_not() -> None:
    assert identity_card_is_right(CARD)
    assert [digit for digit in "0123456789X" if identity_card_is_right(CARD[:-1] + digit)] == ["X"]


@pytest.mark.parametrize(
    "number", ["", "1", "1101051949123100X", "１１０１０５１９４９１２３１００２Ｘ", "A1010519491231002X"]
)
def test_what_is_not_a_card_number_is_not_right(number: str) -> None:
    assert not identity_card_is_right(number)


def test_a_card_that_does_not_check_is_taken_only_with_a_note() -> None:
    wrong = replace(PARENT, document_kind=DocumentKind.IDENTITY_CARD, document_number="110105194912310021")
    assert troubles(wrong) == {"document_number": Trouble.WRONG_CHECKSUM}
    assert troubles(replace(wrong, document_note="老证件，已核对本人")) == {}


def test_a_document_kind_needs_its_number_and_no_document_needs_none() -> None:
    assert troubles(replace(PARENT, document_kind=DocumentKind.PASSPORT)) == {"document_number": Trouble.MISSING}
    assert troubles(replace(PARENT, document_kind=DocumentKind.NONE)) == {}


def test_full_width_digits_and_gaps_from_readers_become_one_form() -> None:
    read = tidy(
        replace(PARENT, document_number=" １１０１０５ 19491231 002x ", phone="138-0000 0001", plate="京a·12345")
    )
    assert (read.document_number, read.phone, read.plate) == (CARD, "13800000001", "京A12345")


@pytest.mark.parametrize(
    "name", ["阿卜杜拉·买买提", "䶮龘", "𠮷𪚥", "བསྟན་འཛིན", "ئابدۇللا", "Christopher O'Brien-Smith", "張" * 100]
)
def test_names_of_all_scripts_stay_as_they_are(name: str) -> None:
    assert tidy(replace(PARENT, name=name)).name == name
    assert troubles(replace(PARENT, name=name)) == {}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("\u200b", ""),
        ("\ufeff\u2060 \u200d", ""),
        ("张\u202e三\u202c", "张三"),
        ("张\u200b三\ufeff", "张三"),
        ("e\u200b\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_what_nobody_sees_makes_no_name_and_no_other_one(typed: str, kept: str) -> None:
    named = tidy(replace(PARENT, name=typed))
    assert named.name == kept
    assert troubles(named) == ({} if kept else {"name": Trouble.MISSING})


@pytest.mark.parametrize(
    ("typed", "count"), [("3", 3), (" ３ ", 3), ("１２", 12), ("", None), ("-1", None), ("五", None), ("1" * 7, None)]
)
def test_a_number_is_read_in_wide_figures_too(typed: str, count: int | None) -> None:
    assert count_in(typed) == count


def test_a_name_of_101_characters_is_too_long() -> None:
    assert troubles(replace(PARENT, name="张" * 101)) == {"name": Trouble.TOO_LONG}


@pytest.mark.parametrize("phone", ["12", "138000000010000000", "一三八", "138x0000001"])
def test_what_is_not_a_phone_number_is_refused(phone: str) -> None:
    assert troubles(replace(PARENT, phone=phone)) == {"phone": Trouble.WRONG_FORM}


@given(visitors)
def test_tidying_twice_changes_nothing_more(visitor: Visitor) -> None:
    assert tidy(tidy(visitor)) == tidy(visitor)


@given(visitors)
def test_nothing_tidy_holds_control_characters_or_outer_spaces(visitor: Visitor) -> None:
    for text in (tidy(visitor).name, tidy(visitor).carried, tidy(visitor).organisation):
        assert text == text.strip()
        assert text.isprintable() or not any(character in text for character in "\x00\n\r\t\x1b")


@given(st.text(min_size=5, max_size=30))
def test_a_masked_number_keeps_its_length_and_hides_its_middle(number: str) -> None:
    shown = masked(number)
    assert len(shown) == len(number)
    assert shown[-4:] == number[-4:]
    assert "*" in shown


def test_the_same_document_or_the_same_name_and_phone_is_the_same_person() -> None:
    carded = replace(PARENT, document_kind=DocumentKind.IDENTITY_CARD, document_number=CARD)
    assert same_person(carded, replace(carded, name="别名"))
    assert same_person(replace(PARENT, phone="13800000001"), replace(PARENT, phone="13800000001", host="陈老师"))
    assert not same_person(PARENT, PARENT)  # two parents may have the same name
