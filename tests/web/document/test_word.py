"""The same form as a Word document: every part is well-formed, nothing a person typed becomes markup."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest

from tests.web.document.conftest import HOSTILE_NAMES, make_report
from web.document.column import Column
from web.document.report import Table
from web.document.word import MOST_ROWS, TooManyRowsError, render_word

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def parts(content: bytes) -> dict[str, ElementTree.Element]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return {name: ElementTree.fromstring(package.read(name)) for name in package.namelist()}


def shown(document: ElementTree.Element) -> str:
    return "\n".join("".join(run.text or "" for run in line.iter(f"{W}t")) for line in document.iter(f"{W}p"))


def test_the_form_holds_title_tables_signatures_and_seal() -> None:
    found = parts(render_word(make_report(["张伟", "李娜"], seal=True)))
    assert {"[Content_Types].xml", "_rels/.rels", "word/document.xml", "word/styles.xml"} <= found.keys()
    text = shown(found["word/document.xml"])
    for expected in ("校园安全月报表", "新平县第一小学", "来访登记", "张伟", "（单位公章）", "合计"):
        assert expected in text
    used = {style.get(f"{W}val") for style in found["word/document.xml"].iter(f"{W}pStyle")}
    assert used <= {style.get(f"{W}styleId") for style in found["word/styles.xml"].iter(f"{W}style")}


@pytest.mark.parametrize("name", HOSTILE_NAMES.values(), ids=HOSTILE_NAMES.keys())
def test_whatever_a_person_typed_stays_text(name: str) -> None:
    plain, hostile = parts(render_word(make_report(["张伟"]))), parts(render_word(make_report([name])))
    for part in ("word/document.xml", "word/footer1.xml", "docProps/core.xml"):
        tags = {element.tag for element in plain[part].iter()}
        assert {element.tag for element in hostile[part].iter()} <= tags


def test_each_row_has_as_many_cells_as_its_table_has_columns_and_an_empty_table_says_so() -> None:
    empty = Table("演练", (Column("按钮"), Column("结果")), ())
    document = parts(render_word(make_report(["张伟"], sections=(empty,))))["word/document.xml"]
    assert "本期无记录" in shown(document)
    full = parts(render_word(make_report(["张伟"])))["word/document.xml"]
    for table in full.iter(f"{W}tbl"):
        columns = len(list(table.iter(f"{W}gridCol")))
        assert all(len(row.findall(f"{W}tc")) == columns for row in table.findall(f"{W}tr"))


def test_the_same_report_gives_the_same_bytes() -> None:
    assert render_word(make_report(["张伟"])) == render_word(make_report(["张伟"]))


def test_a_table_that_word_could_not_carry_is_refused_with_the_way_out() -> None:
    long = Table("表", (Column("列"),), (("x",),) * (MOST_ROWS + 1))
    with pytest.raises(TooManyRowsError, match="电子表格"):
        render_word(make_report(["张伟"], sections=(long,)))
