"""What went wrong, in Chinese: no sentence of a room about devices, streams or disks is left out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from camera.device_error import DeviceError, OnvifFault
from camera.stream import StreamError
from config.credential import CredentialError
from edge_agent.causes import chinese_cause, in_both
from edge_agent.pages.status.evidence import evidence_text
from storage.volume import VolumeRefused
from web.language import Language, catalogue

ROOT = Path(__file__).resolve().parents[2]
CHINESE = catalogue(Language.CHINESE, ())
ENGLISH = catalogue(Language.ENGLISH, ())
SHOWN_ELSEWHERE = ("coverage", "picture")
"""Folders of camera/ whose errors never reach a finding as a sentence."""
HAN = re.compile("[\u4e00-\u9fff]")


def names_of(error: type[Exception]) -> set[str]:
    return {error.__name__}.union(*(names_of(kind) for kind in error.__subclasses__()))


def sentence(argument: ast.expr) -> str | None:
    """A text as it is told, with 7 in place of every value."""
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    if isinstance(argument, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in argument.values)
    return None


def told() -> Iterator[tuple[str, str]]:
    import camera.onvif.setting
    import camera.stream_rtsp  # noqa: F401

    errors = names_of(DeviceError) | names_of(StreamError) | names_of(CredentialError) | names_of(VolumeRefused)
    for room in ("camera", "config", "storage"):
        for file in (ROOT / room).rglob("*.py"):
            if file.parent.name in SHOWN_ELSEWHERE:
                continue
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                where = f"{file.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
                match node:
                    case ast.Call(func=ast.Name(id=name), args=said) if name in errors:
                        for text in filter(None, map(sentence, said)):
                            if re.search("[a-z] [a-z]", text):
                                yield where, str(OnvifFault("7", text)) if name == "OnvifFault" else text
                    case ast.Tuple(elts=[ast.Attribute(value=ast.Name(id="Belief")), said_of_footage]):
                        if reason := sentence(said_of_footage):
                            yield where, reason


def test_every_sentence_about_a_device_a_stream_or_a_disk_has_its_chinese() -> None:
    sentences = dict(told())
    assert len(sentences) > 50, "the search finds them"
    left = {where: text for where, text in sentences.items() if not HAN.search(chinese_cause(text))}
    assert left == {}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("10.0.0.5:80: Connection refused", "10.0.0.5:80：对方拒绝连接，服务没有开"),
        ("10.0.0.5:80: timed out", "10.0.0.5:80：等不到回应"),
        ("connect: timed out", "connect：等不到回应"),
        ("TimeoutError: timed out", "等不到回应"),
        ("ConnectionRefusedError: [Errno 111] Connection refused", "对方拒绝连接，服务没有开"),
        ("gate: 10.0.0.5:80 gave no whole answer within 8 s", "gate：10.0.0.5:80 在 8 秒内没有答完"),
        ("the device answered NotAuthorized: Sender not authorized", "设备答复 NotAuthorized：Sender not authorized"),
        ("nobody answers at rtsp://c:554 (No route to host)", "rtsp://c:554 没有回应（网络到不了，多半断电或断网）"),
        ("volume main: /mnt/a fails (Input/output error); replace the disk", "/mnt/a 出错（读写出错），请换盘"),
        ("asked for H265 15 fps, the device has H264 25 fps", "要求 H265 15 fps，设备是 H264 25 fps"),
        ("100% broken %(place)s", "100% broken %(place)s"),
        ("ValueError: strange", "ValueError: strange"),
        ("摄像机坏了", "摄像机坏了"),
        ("", ""),
    ],
)
def test_a_cause_is_said_in_chinese_as_far_as_it_is_known(said: str, shown: str) -> None:
    assert chinese_cause(said) == shown


def test_evidence_says_causes_in_the_pages_language() -> None:
    assert evidence_text({"message": "10.0.0.5:80: timed out"}, CHINESE) == "原因 10.0.0.5:80：等不到回应"
    assert evidence_text({"message": "10.0.0.5:80: timed out"}, ENGLISH).endswith("10.0.0.5:80: timed out")
    assert evidence_text({"offset_ms": -612_345}, CHINESE) == "比本机慢 10 分 12 秒"
    assert evidence_text({"offset_ms": 28_800_120}, CHINESE) == "比本机快 8 小时 0 分"
    assert evidence_text({"own_clock": "not_kept"}, CHINESE) == "本机时钟 没有校准"


def test_a_terminal_says_it_in_chinese_first_whatever_it_is() -> None:
    assert in_both("10.0.0.5:80: timed out") == "10.0.0.5:80：等不到回应 / 10.0.0.5:80: timed out"
    assert in_both("strange", "设备没有照办") == "设备没有照办 / strange"
