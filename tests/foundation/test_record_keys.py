"""Keys of records: made once, erased for ever, in every copy that is brought up to date."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.record_keys import ABSENT, ERASED, RecordKeys, RecordKeysError, open_keys


def test_a_key_stays_the_same_over_reopening(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "gate.keys")
    first = keys.provide(1)
    keys.close()
    again = RecordKeys(tmp_path / "gate.keys")
    assert first is not None
    assert again.provide(1) == first
    assert again.provide(300) not in (None, first)
    again.close()


def test_an_erased_key_is_nowhere_in_the_file(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "gate.keys")
    key = keys.provide(7)
    assert key is not None
    assert key in keys.path.read_bytes()
    keys.erase([7])
    assert key not in keys.path.read_bytes()
    assert keys.provide(7) is None, "never given away again"
    keys.close()


def test_only_its_owner_may_read_the_file(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "gate.keys")
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    keys.close()


def test_a_file_that_is_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "gate.keys").write_bytes(b"something else".ljust(64))
    with pytest.raises(RecordKeysError, match="not a file of record keys"):
        RecordKeys(tmp_path / "gate.keys")


def test_numbers_of_a_lost_file_are_missing_and_not_erased(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "gate.keys")
    assert keys.provide(5) is not None
    assert keys.slot(4) == ABSENT
    keys.erase([1_000])
    assert keys.slot(999) == ABSENT
    assert keys.slot(1_000) == ERASED
    keys.close()


def test_what_was_erased_vanishes_from_the_copy_too(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "gate.keys")
    key = keys.provide(3)
    assert key is not None
    keys.bring_up_to_date(tmp_path / "copy" / "gate.keys")
    assert key in (tmp_path / "copy" / "gate.keys").read_bytes()
    keys.erase([3])
    keys.bring_up_to_date(tmp_path / "copy" / "gate.keys")
    assert key not in (tmp_path / "copy" / "gate.keys").read_bytes()
    keys.close()


@given(st.lists(st.tuples(st.sampled_from(["make", "erase", "copy", "restore"]), st.integers(1, 400)), max_size=30))
def test_no_order_of_copies_and_restores_brings_an_erased_key_back(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    keys = RecordKeys(folder / "gate.keys")
    given_away: dict[int, bytes] = {}
    erased: set[int] = set()
    copies: list[Path] = []
    for number, (what, slot) in enumerate(steps):
        if what == "make":
            made = keys.provide(slot)
            assert made is None or given_away.setdefault(slot, made) == made
            assert made is not None or slot in erased or slot not in given_away
        elif what == "erase":
            keys.erase([slot])
            erased.add(slot)
        elif what == "copy":
            copies.append(folder / f"{number}.keys")
            copies[-1].write_bytes(keys.path.read_bytes())
        elif copies:
            keys.take_over(copies[slot % len(copies)])
    with open_keys(keys.path) as reader:
        assert all(reader.slot(slot) == ERASED for slot in erased)
        assert all(reader.key(slot) == key for slot, key in given_away.items() if slot not in erased)
    content = keys.path.read_bytes()
    assert not any(given_away[slot] in content for slot in erased & given_away.keys())
    keys.close()


def test_runs_of_erased_keys_are_found_without_asking_for_each(tmp_path: Path) -> None:
    keys = RecordKeys(tmp_path / "a.keys")
    for number in range(1, 600):
        keys.provide(number)
    keys.erase([1, 2, 3, 77, 599, 768])
    assert list(keys.erased()) == [range(1, 4), range(77, 78), range(599, 600), range(768, 769)]
    keys.close()
