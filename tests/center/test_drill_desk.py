"""Line tests that end at the district's desk (演练接收单位) and not at the police's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from center import said
from center.answering import Answering
from center.desk import NoLineTestError
from foundation.clock import NS_PER_S, rfc3339
from foundation.ids import new_id
from tests.center.desk_side import Desk, served
from uplink.envelope import unseal
from uplink.messages.acknowledgement import Acknowledgement, Outcome
from uplink.messages.alarm import AlarmRaised, AlarmUpdate, DrillArmed, Purpose, UpdateKind
from uplink.signature import PinnedKeys
from web.duty import Duty
from web.people import NewPerson
from web.scope import WHOLE

SECRET = "correct horse battery"
DISTRICT = "示范区教育局"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with served(tmp_path, drill_desk=DISTRICT) as made:
        made.people.add(
            [
                NewPerson(login="police", name="李警官", duty=Duty.DESK, password=SECRET, scope=WHOLE),
                NewPerson(login="district", name="周老师", duty=Duty.DRILL_DESK, password=SECRET, scope=WHOLE),
            ],
            by="test",
        )
        yield made


@contextmanager
def logged_in(desk: Desk, login: str) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=desk.server.url, headers={"accept": "text/html"}, follow_redirects=True, trust_env=False
    ) as client:
        assert client.post("/login", data={"login": login, "password": SECRET}).url.path == "/"
        yield client


def drilled(desk: Desk) -> AlarmRaised:
    now = desk.school.clock.utc_ns()
    armed = DrillArmed(
        campus=desk.school.campus, drill_id=new_id(), input="gate-east", person="王老师",
        armed_at=rfc3339(now), until=rfc3339(now + 120 * NS_PER_S),
    )  # fmt: skip
    desk.take(armed)
    alarm = desk.school.alarm(purpose=Purpose.DRILL, drill_id=armed.drill_id)
    desk.take(alarm)
    return alarm


def test_the_districts_people_answer_a_line_test_in_the_districts_name_and_the_police_do_not(desk: Desk) -> None:
    drill = drilled(desk)
    with logged_in(desk, "police") as police, logged_in(desk, "district") as district:
        page = police.get(f"/?alarm={drill.alarm_id}").text
        assert (f"演练由{DISTRICT}确认和结案" in page, "/acknowledge" in page) == (True, False)
        assert police.post(f"/alarms/{drill.alarm_id}/acknowledge").status_code == 403
        assert "/acknowledge" in district.get(f"/?alarm={drill.alarm_id}").text
        assert district.post(f"/alarms/{drill.alarm_id}/acknowledge").status_code == 200
        assert police.post(f"/alarms/{drill.alarm_id}/close", data={"outcome": "drill"}).status_code == 403
        assert district.post(f"/alarms/{drill.alarm_id}/close", data={"outcome": "drill"}).status_code == 200
    with desk.database.begin() as connection:
        words = said.about(connection, drill.alarm_id)
    word = unseal(words[0].payload, words[0].topic, PinnedKeys.of([desk.center_key])).event.data
    assert isinstance(word, Acknowledgement)
    assert (word.person, word.desk) == ("周老师", DISTRICT)  # as the school's sheet will show it


def test_an_alarm_is_the_polices_also_one_that_began_as_a_line_test(desk: Desk) -> None:
    real, drill = desk.school.alarm(), drilled(desk)
    desk.take(real)
    forced = AlarmUpdate(
        campus=desk.school.campus, alarm_id=drill.alarm_id, update=UpdateKind.DURESS,
        at=rfc3339(desk.school.clock.utc_ns()), person="王老师",
    )  # fmt: skip
    desk.take(forced)
    with logged_in(desk, "police") as police, logged_in(desk, "district") as district:
        for alarm in (real, drill):
            assert "只有接警员可以确认和结案" in district.get(f"/?alarm={alarm.alarm_id}").text
            assert district.post(f"/alarms/{alarm.alarm_id}/acknowledge").status_code == 403
            assert police.post(f"/alarms/{alarm.alarm_id}/acknowledge").status_code == 200


def test_a_forced_word_between_the_page_and_the_answer_leaves_the_alarm_to_the_police(desk: Desk) -> None:
    drill = drilled(desk)
    at_the_districts = Answering(
        desk.database, desk.school.clock, desk.voice, [], on_change=lambda: None, drills_only=True
    )  # as chosen for the page, which read a line test
    desk.take(
        AlarmUpdate(
            campus=desk.school.campus, alarm_id=drill.alarm_id, update=UpdateKind.DURESS,
            at=rfc3339(desk.school.clock.utc_ns()), person="王老师",
        )
    )  # fmt: skip
    with pytest.raises(NoLineTestError):
        at_the_districts.acknowledge(drill.alarm_id, "周老师")
    with logged_in(desk, "police") as police:
        assert police.post(f"/alarms/{drill.alarm_id}/acknowledge").status_code == 200
    with pytest.raises(NoLineTestError):
        at_the_districts.close(drill.alarm_id, "周老师", Outcome.HANDLED, "")
