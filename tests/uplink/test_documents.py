"""A third party must be able to write a center from docs/wire alone."""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema_rs
import pytest
import yaml

from tests.support.processes import Processes
from uplink.documents import all_documents
from uplink.envelope import unseal
from uplink.examples import CAMPUS, CAMPUS_KEY, CENTER_KEY, EXAMPLES
from uplink.messages import MESSAGES
from uplink.signature import PinnedKeys
from uplink.topics import FROM_CENTER, Channel, Topic

DOCUMENTS = all_documents()


def test_the_documents_are_those_of_the_models(root: Path) -> None:
    folder = root / "docs" / "wire"
    written = {name: (folder / name).read_text(encoding="utf-8") for name in DOCUMENTS if (folder / name).exists()}
    assert written == DOCUMENTS, "write them anew: python -m uplink.documents docs/wire"
    generated = {*folder.glob("schemas/*"), *folder.glob("examples/*")}
    assert generated == {folder / name for name in DOCUMENTS if "/" in name}


def test_every_message_has_an_example() -> None:
    assert set(EXAMPLES) == set(MESSAGES)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_an_example_fits_its_schema_and_a_broken_one_does_not(name: str) -> None:
    schema = jsonschema_rs.validator_for(json.loads(DOCUMENTS[f"schemas/{name}.json"]))
    example = json.loads(DOCUMENTS[f"examples/{name}.json"])
    schema.validate(example)
    for broken in (
        {**example, "type": "campus.other"},
        {**example, "data": {**example["data"], "campus": "Not A Slug"}},
        {key: value for key, value in example.items() if key != "signature"},
    ):
        assert not schema.is_valid(broken)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_an_example_is_taken_by_the_other_end(name: str) -> None:
    example = EXAMPLES[name]
    named = {Channel.STATE: "primary", Channel.POINT: "gate-east"}.get(example.channel)
    key = CENTER_KEY if example.channel in FROM_CENTER else CAMPUS_KEY
    payload = DOCUMENTS[f"examples/{name}.json"].encode()
    received = unseal(payload, Topic(CAMPUS, example.channel, named), PinnedKeys.of([key.public_key]))
    assert received.event.data == example.message


def test_the_examples_receipt_names_the_examples_alarm() -> None:
    alarm = unseal(
        DOCUMENTS["examples/campus.alarm.raised.json"].encode(),
        Topic(CAMPUS, Channel.ALARM),
        PinnedKeys.of([CAMPUS_KEY.public_key]),
    )
    assert json.loads(DOCUMENTS["examples/campus.receipt.json"])["data"]["digest"] == alarm.digest


def test_asyncapi_lists_every_channel_and_message() -> None:
    document = yaml.safe_load(DOCUMENTS["asyncapi.yaml"])
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == {channel.value for channel in Channel}
    assert len(document["components"]["messages"]) == len(MESSAGES)
    assert {item["action"] for item in document["operations"].values()} == {"send", "receive"}


@pytest.mark.process
def test_a_center_written_from_the_documents_alone_receives_an_alarm(
    tmp_path: Path, root: Path, processes: Processes, require_program: Callable[..., Path]
) -> None:
    from alarms.press import PressRequest
    from foundation.ids import new_id
    from tests.alarms.conftest import World, wait_received

    world = World(tmp_path, require_program)
    try:
        authority = world.authority()
        broker = world.mosquitto(tls=authority.issue("broker"))
        # The desk's key file is what gatehouses of these tests pin.
        (tmp_path / "desk.key").write_bytes(base64.b64encode(os.urandom(32)))
        (tmp_path / "desk.key").chmod(0o600)
        gatehouse = world.gatehouse([world.path_to(broker, client=authority.issue("test-school"))])
        assert gatehouse.service is not None
        files = authority.issue("center")
        center = processes.start(
            [
                *(sys.executable, root / "docs" / "wire" / "minimal_center.py", "127.0.0.1", str(broker.port)),
                *("test-school", gatehouse.service.public_key, tmp_path / "desk.key"),
                *(files.ca, files.certificate, files.key),
            ],
            cwd=tmp_path,
        )
        center.wait_for("connected")
        alarm = gatehouse.line.press(PressRequest(press_id=new_id(), input_id="east"))
        wait_received(gatehouse, alarm.alarm_id)
        assert alarm.alarm_id in (tmp_path / "alarms.jsonl").read_text(encoding="utf-8")
        center.wait_for(alarm.alarm_id)
        assert "refused" not in center.output()
    finally:
        for close in reversed(world.closing):
            close()
