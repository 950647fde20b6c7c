"""The watchlist: found by number, by name, and perhaps by sound; sealed, and read anew when the office changes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from foundation.audit import verify_audit
from foundation.clock import ManualClock
from gate.orders import GateOrders
from gate.pinyin import sounds_of
from gate.record import RecordRefusedError, UnknownRecordError
from gate.watch import Certainty, Stranger, Watched, WatchIndex
from gate.watch_book import WatchView, read_watchlist, watch_picture

TODAY = date(2026, 11, 21)
ZHANG = Watched(
    names=("张三", "疤脸"),
    phones=("138 0000 0001",),
    plates=("京A·12345",),
    documents=("11010519491231002x",),
    reason="曾在校门口滋事",
    from_day=date(2026, 11, 1),
)


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[GateOrders]:
    opened = GateOrders(tmp_path / "gate_orders.sqlite", ManualClock(now_utc_ns=1_795_240_800_000_000_000))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("stranger", "certainty"),
    [
        (Stranger(document_number="11010519491231002X"), Certainty.NUMBER),
        (Stranger(phone="13800000001", name="别人"), Certainty.NUMBER),
        (Stranger(plate="京a12345"), Certainty.NUMBER),
        (Stranger(name="张 三"), Certainty.NAME),
        (Stranger(name="疤脸"), Certainty.NAME),
        (Stranger(name="章三"), Certainty.SOUND),
        (Stranger(name="Zhang San"), Certainty.SOUND),
        (Stranger(name="SAN ZHANG"), Certainty.SOUND),
        (Stranger(name="李四", phone="13900000002"), None),
        (Stranger(name="张"), None),
        (Stranger(), None),
    ],
)
def test_who_is_watched_is_found_as_surely_as_it_is_known(
    orders: GateOrders, stranger: Stranger, certainty: Certainty | None
) -> None:
    orders.watch.add([ZHANG], by="李主任")
    found = WatchIndex(read_watchlist(orders.path)).matches(stranger, TODAY)
    assert [match.certainty for match in found] == ([certainty] if certainty else [])


def test_an_entry_holds_on_its_days_only(orders: GateOrders) -> None:
    orders.watch.add([replace(ZHANG, until_day=date(2026, 11, 20))], by="李主任")
    index = WatchIndex(read_watchlist(orders.path))
    asked = Stranger(name="张三")
    assert index.matches(asked, date(2026, 10, 31)) == ()
    assert len(index.matches(asked, date(2026, 11, 20))) == 1
    assert index.matches(asked, TODAY) == ()


def test_the_gate_knows_at_once_what_the_office_changed(orders: GateOrders) -> None:
    view = WatchView(orders.path)
    assert view.index().matches(Stranger(name="张三"), TODAY) == ()
    (watch_id,) = orders.watch.add([ZHANG], by="李主任", picture=b"\xff\xd8 jpeg")
    (match,) = view.index().matches(Stranger(name="张三", phone="13800000001"), TODAY)
    assert (match.entry.id, match.entry.picture, match.certainty) == (watch_id, True, Certainty.NUMBER)
    assert watch_picture(orders.path, watch_id) == b"\xff\xd8 jpeg"
    orders.watch.end(watch_id, by="李主任")
    orders.watch.end(watch_id, by="李主任")
    assert view.index().matches(Stranger(name="张三"), TODAY) == ()
    assert watch_picture(orders.path, watch_id) is None
    assert verify_audit(orders.path).holds
    with pytest.raises(UnknownRecordError):
        orders.watch.end("nobody", by="李主任")


def test_a_change_is_known_though_the_files_stamps_do_not_tell_of_it(
    orders: GateOrders, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on a disk that hangs: the log is stamped when it is written, and read before its sync lets the change be seen.
    view, stamp = WatchView(orders.path), orders.path.stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: stamp)
    assert view.index().matches(Stranger(name="张三"), TODAY) == ()
    orders.watch.add([ZHANG], by="李主任")
    assert len(view.index().matches(Stranger(name="张三"), TODAY)) == 1


def test_the_list_lies_sealed(orders: GateOrders) -> None:
    orders.watch.add([ZHANG], by="李主任", picture=b"\xff\xd8 a face")
    everything = b"".join(file.read_bytes() for file in orders.path.parent.rglob("*") if file.is_file())
    for text in ("张三", "疤脸", "13800000001", "滋事"):
        assert text.encode() not in everything
    assert b"a face" not in everything


def test_a_row_that_names_nobody_keeps_all_off_the_list(orders: GateOrders) -> None:
    with pytest.raises(RecordRefusedError) as refused:
        orders.watch.add([ZHANG, Watched(from_day=TODAY, phones=("12",))], by="李主任")
    assert set(refused.value.troubles) == {"reason", "phones"}
    assert read_watchlist(orders.path) == ()
    assert WatchView(orders.path.with_name("none.sqlite")).index().matches(Stranger(name="张三"), TODAY) == ()


def test_a_name_sounds_in_all_its_readings() -> None:
    assert {"shanxiong", "danxiong"} <= sounds_of("单雄")
    assert sounds_of("买买提·艾力") & sounds_of("麦麦提艾力")
    assert "jose" in sounds_of("José")
    assert sounds_of("王") == sounds_of("") == frozenset()
