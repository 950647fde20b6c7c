"""A full disk: a person sees the days that fit and lets recording stop, two persons let it overwrite."""

from __future__ import annotations

import json

import httpx

from config.volume import WhenFull
from foundation.audit import verify_audit
from foundation.sqlite import open_read_only
from storage.full_choice import NOT_CHOSEN, choices
from tests.pages.footage_office import PASSWORD, Office

CHOICE = "/volumes/main/full"


def ask(office: Office, client: httpx.Client, **fields: str) -> httpx.Response:
    return client.post(CHOICE, data={"reason": "盘不够大", **fields})


def test_until_somebody_chooses_the_page_says_so_and_shows_the_days_that_fit(footage: Office) -> None:
    assert [each.kind for each in footage.box.findings.all_open()] == [NOT_CHOSEN]
    client = footage.client()
    assert "还没有人决定硬盘写满以后怎么办" in client.get("/footage").text
    shown = client.get("/volumes").text
    assert "还没有人决定" in shown
    assert "存得下" in shown
    assert 'name="when_full"' not in footage.client("shen").get("/volumes").text, (
        "an auditor looks, but does not choose"
    )


def test_one_person_may_choose_to_stop_and_it_is_audited(footage: Office) -> None:
    answer = ask(footage, footage.client(), when_full="stop")
    assert answer.status_code == 303
    footage.heard.poll()
    disk = footage.disks[0]
    chosen = choices(footage.box.path, [disk])["main"]
    assert chosen is not None
    assert (chosen.when_full, chosen.persons, chosen.reason) == (WhenFull.STOP, ("李老师（li）",), "盘不够大")
    assert footage.box.findings.all_open() == []
    shown = footage.client().get("/volumes").text
    assert "停录并报警提示，未到期的不删" in shown
    assert "李老师（li）" in shown
    with open_read_only(footage.box.path) as reader:
        [(body,)] = reader.rows(
            "SELECT b.body FROM audit a JOIN audit_body b USING (seq) WHERE a.action = 'volume.when_full_chosen'"
        )
    assert json.loads(body)["persons"] == ["李老师（li）"]
    assert verify_audit(footage.box.path).holds


def test_overwriting_takes_a_second_person_who_may_and_knows_the_password(footage: Office) -> None:
    client = footage.client()
    for second, password in (
        ("", ""),
        ("li", PASSWORD),  # the same person twice
        ("wang", PASSWORD),  # a guard does not decide that
        ("zhao", "not the password"),
        ("nobody", PASSWORD),
    ):
        answer = ask(footage, client, when_full="overwrite", second=second, password=password)
        assert answer.status_code == 422, second
    footage.heard.poll()
    assert choices(footage.box.path, footage.disks)["main"] is None
    answer = ask(footage, client, when_full="overwrite", second="zhao", password=PASSWORD)
    assert answer.status_code == 303
    footage.heard.poll()
    chosen = choices(footage.box.path, footage.disks)["main"]
    assert chosen is not None
    assert (chosen.when_full, chosen.persons) == (WhenFull.OVERWRITE, ("李老师（li）", "赵校长（zhao）"))


def test_a_guard_and_a_stranger_choose_nothing(footage: Office) -> None:
    assert ask(footage, footage.client("wang"), when_full="stop").status_code == 403
    stranger = httpx.Client(base_url=footage.url)
    assert ask(footage, stranger, when_full="stop").status_code == 401
    assert footage.client().post("/volumes/other/full", data={"when_full": "stop"}).status_code == 404
