"""How fast a full gate book is: `python -m benchmarks.gate [--quick] [--visits N] [--folder DIR] [--book DIR]`.

The book is filled by its own writing code (many visits in a transaction), with one person in six visits a newcomer.
search_p99_ms: what a guard types (last four digits, plate, initials, name, two words, the commonest letter, nobody).
sign_in_p99_ms: from the call to the answer that it is on the disk, eight gates at once, each with somebody every
quarter of a second on average (32 a second: a school of 3,000 has 40 in its busiest minute). sign_in_rush_p99_ms: the
same without any pause between. start_ms: opening the book again. erase_ms: forgetting one visitor of the million.
lost: answers of a writing process that were not on the disk after SIGKILL at random instants.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.alarm_district import percentile, say
from benchmarks.conditions import Conditions
from foundation.clock import Clock, SystemClock
from foundation.ids import new_id
from foundation.sqlite import open_read_only
from gate.book import GateBook
from gate.folding import Folding
from gate.query import visit_by_id
from gate.visit import DocumentKind, Visitor

VISITS, QUICK_VISITS = 1_000_000, 20_000
GATES: Final = 8
SIGN_INS, QUICK_SIGN_INS = 100, 25
"""At each gate."""
SEARCHES: Final = 50
"""Of each kind."""
KILLS: Final = 10
_AT_ONCE: Final = 1_000
_EVERY_S: Final = 0.25
_NEWCOMERS: Final = 6
_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
_GIVEN: Final = "伟芳娜敏静强磊军洋勇艳杰娟涛明超秀霞平刚桂英华建国文辉丽斌玲浩宇欣怡梓涵子轩雨泽思远佳琪俊晨"


def main() -> None:
    """Measure, print one JSON line."""
    conditions = Conditions()
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--visits", type=int, help="how many the book holds before anything is measured")
    parser.add_argument("--folder", type=Path, help="where the book is made: on the disk that is to be judged")
    parser.add_argument("--book", type=Path, help="keeps the filled book there and takes it up again: filling is slow")
    options = parser.parse_args()
    visits = options.visits or (QUICK_VISITS if options.quick else VISITS)
    with tempfile.TemporaryDirectory(prefix="gate-", dir=options.folder) as folder:
        book = options.book or Path(folder)
        figures = measure(book, Path(folder), visits, QUICK_SIGN_INS if options.quick else SIGN_INS)
    print(json.dumps({"benchmark": "gate", "figures": figures, "conditions": conditions.words()}))


def measure(folder: Path, killed: Path, visits: int, sign_ins: int) -> dict[str, float]:
    """All figures, the slow filling first; writers are killed at a small book of their own."""
    path = folder / "gate.sqlite"
    folder.mkdir(exist_ok=True)
    if not path.exists():
        fill(path, visits)
    with open_read_only(path) as rows:  # in a book that was kept the newcomers of earlier measurements are inside
        visits = max(visits, rows.rows("SELECT count(*) FROM visit")[0][0])
    begun = time.perf_counter()
    book = GateBook(path, SystemClock())
    start_ms = (time.perf_counter() - begun) * 1000
    figures = {"visits": visits, "start_ms": round(start_ms, 1)}
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    figures["bytes_per_visit"] = round(size / visits)
    folding = Folding(path)  # runs beside the book in the gatehouse too
    folding.start()
    figures |= searches(book, visits)
    for name, every_s in (("sign_in", _EVERY_S), ("sign_in_rush", 0.0)):
        took = sign_in_at_gates(book, sign_ins, every_s, first=visits)
        visits += GATES * sign_ins
        figures[f"{name}_p50_ms"] = round(percentile(took, 0.5), 1)
        figures[f"{name}_p99_ms"] = round(percentile(took, 0.99), 1)
    figures["erase_ms"] = round(percentile(erasures(book), 0.5), 1)
    folding.close()
    book.close()
    figures["lost"] = lost(killed / "killed")
    return figures


def person(number: int) -> Visitor:
    """The same number is the same person."""
    chance = random.Random(number)
    return Visitor(
        name=chance.choice(_SURNAMES) + "".join(chance.choice(_GIVEN) for _ in range(chance.choice((1, 2, 2)))),
        host="刘老师",
        reason=chance.choice(("家长来访", "接送学生", "送货", "办事")),
        document_kind=DocumentKind.OTHER,
        document_number=f"G{number:011}",
        phone=f"1{3 + number % 7}{chance.randrange(10**9):09}",
        organisation="示范物流有限公司" if number % 5 == 0 else "",
        plate=f"京{chance.choice('ABCEFGH')}{chance.randrange(10**5):05}" if number % 3 == 0 else "",
    )


def fill(path: Path, visits: int, clock: Clock | None = None) -> None:
    """Visits that have come and gone, written as the book writes them but many in a transaction."""
    book, chance, begun = GateBook(path, clock or SystemClock()), random.Random(1), time.perf_counter()
    for first in range(0, visits, _AT_ONCE):
        with book.records.writing() as transaction:
            for number in range(first, min(first + _AT_ONCE, visits)):
                newest = number // _NEWCOMERS
                who = newest if number % _NEWCOMERS == 0 else chance.randint(0, newest)
                visit_id, visitor = new_id(), person(who)
                found_by = book.search_key.found_by(visitor)
                book._write(transaction, visit_id, "east", "王师傅", visitor, found_by, None)
                book._take_out(transaction, visit_id)
                transaction.execute(
                    "INSERT INTO departure (id, visit_id, gate_id, out_utc_ns, out_guard) "
                    "SELECT ?, id, gate_id, in_utc_ns, in_guard FROM visit WHERE id = ?",
                    (new_id(), visit_id),
                )
        done = first + _AT_ONCE
        if done % 20_000 == 0:
            say(f"{done} of {visits} visits, {done / (time.perf_counter() - begun):.0f} a second")
    book.close()


def searches(book: GateBook, visits: int) -> dict[str, float]:
    """Each kind of search for people who came, in milliseconds."""
    chance, took = random.Random(2), dict[str, list[float]]()
    for _ in range(SEARCHES):
        who = person(chance.randrange(max(visits // _NEWCOMERS, 1)))
        for kind, text in {
            "last_four": who.phone[-4:],
            "plate": (who.plate or "京A12345")[2:],
            "initials": "".join(chance.choice("abcdefghjklmnpqrstwxyz") for _ in range(3)),
            "name": who.name,
            "two_words": f"{who.name[0]} {who.phone[-4:]}",
            "letter": chance.choice("wlzcy"),
            "nobody": "q9q9",
        }.items():
            begun = time.perf_counter()
            book.search(text)
            took.setdefault(kind, []).append((time.perf_counter() - begun) * 1000)
    every = [one for kind in took.values() for one in kind]
    figures = {f"search_{kind}_p99_ms": round(percentile(one, 0.99), 1) for kind, one in took.items()}
    return {
        "search_p50_ms": round(percentile(every, 0.5), 1),
        "search_p99_ms": round(percentile(every, 0.99), 1),
    } | figures


def sign_in_at_gates(book: GateBook, sign_ins: int, every_s: float, *, first: int) -> Sequence[float]:
    """Eight gates at once; how long each waited for its answer, in milliseconds."""
    took: list[float] = []

    def gate(number: int) -> None:
        chance = random.Random(number)
        for place in range(sign_ins):
            time.sleep(chance.expovariate(1 / every_s) if every_s else 0)
            visitor = person(first + number * sign_ins + place)
            begun = time.perf_counter()
            book.sign_in(visit_id=new_id(), gate_id=f"gate-{number}", guard="王师傅", visitor=visitor)
            took.append((time.perf_counter() - begun) * 1000)

    run_together([partial(gate, number) for number in range(GATES)])
    return took


def run_together(works: Sequence[Callable[[], None]]) -> None:
    """Each on a thread of its own."""
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def erasures(book: GateBook) -> Sequence[float]:
    """Milliseconds of forgetting each of the first few visitors."""
    rows = book.records.database.rows("SELECT visit_id FROM visitor ORDER BY rowid LIMIT 50")
    took = []
    for (visit_id,) in rows:
        begun = time.perf_counter()
        assert book.erase_record(f"visit:{visit_id}", reason="保存期满")
        took.append((time.perf_counter() - begun) * 1000)
    return took


def lost(folder: Path) -> int:
    """Acknowledged sign-ins that are not there after the writing process was killed, over several kills."""
    folder.mkdir()
    chance, acknowledged = random.Random(3), list[str]()
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-m", "benchmarks.gate_writer", str(folder)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        acknowledged.append(writer.stdout.readline().decode().strip())
        killer = threading.Timer(chance.uniform(0.05, 1.0), writer.kill)
        killer.start()
        acknowledged += [line.decode().strip() for line in writer.stdout if line.endswith(b"\n")]
        writer.wait()
        killer.cancel()
    book = GateBook(folder / "gate.sqlite", SystemClock())
    missing = 0
    for visit_id in acknowledged:
        visit = visit_by_id(book.path, visit_id)
        missing += visit is None or visit.visitor is None
    book.close()
    say(f"{len(acknowledged)} acknowledged sign-ins over {KILLS} kills, {missing} lost")
    return missing


if __name__ == "__main__":
    main()
