from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.canonical import NotCanonicalError, canonical_json

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc门ñ", max_size=3), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_a_value_reads_back_as_it_was_written(value: object) -> None:
    assert json.loads(canonical_json(value)) == value


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 9), min_size=2, max_size=6))
def test_the_order_of_keys_changes_nothing(value: dict[str, int]) -> None:
    backwards = dict(reversed(list(value.items())))
    try:
        assert canonical_json(value) == canonical_json(backwards)
    except NotCanonicalError:
        assert any("\ud800" <= letter <= "\udfff" for key in value for letter in key)


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, b"bytes", {1: "a"}, "\ud800", object()])
def test_what_two_languages_would_write_differently_is_refused(value: object) -> None:
    with pytest.raises(NotCanonicalError):
        canonical_json({"inside": [value]})


def test_keys_sort_as_javascript_sorts_them() -> None:
    assert canonical_json({"\U0001f600": 1, "\ufb33": 2}) == '{"\U0001f600":1,"\ufb33":2}'.encode()
