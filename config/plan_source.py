"""The plan file as plain values, and the line at which each feature begins."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from config.problem import Problem, SettingsError

MAX_FILE_BYTES: Final = 16_000_000
"""A campus of 20,000 features is under 8 MB; a million walls is a file for another program."""
MAX_FEATURES: Final = 20_000


@dataclass(frozen=True, slots=True)
class PlanSource:
    """A parsed GeoJSON FeatureCollection."""

    file: Path
    text: str
    header: dict[str, Any]
    features: list[Any]

    def problem(self, index: int | None, key: str, message: str, remedy: str, chinese: str) -> Problem:
        """A mistake in a feature (by its index) or in the file as a whole."""
        if index is None:
            return Problem(self.file, 1, key, message, remedy, chinese)
        feature = self.features[index] if 0 <= index < len(self.features) else {}
        properties = feature.get("properties") if isinstance(feature, dict) else None
        names = properties if isinstance(properties, dict) else {}
        called = " ".join(str(names[name]) for name in ("type", "id") if name in names)
        where = f"features[{index}]" + (f" ({called})" if called else "") + (f".{key}" if key else "")
        return Problem(self.file, self._line(index), where, message, remedy, chinese)

    def _line(self, index: int) -> int:
        # Only a plan with a mistake is scanned again: lines are not worth slowing every start.
        match = re.search(r'"features"\s*:\s*\[\s*', self.text)
        if match is None:
            return 1
        decoder, place = json.JSONDecoder(), match.end()
        try:
            for _ in range(index):
                _, place = decoder.raw_decode(self.text, place)
                separator = re.compile(r"\s*,\s*").match(self.text, place)
                place = separator.end() if separator else place
        except json.JSONDecodeError:
            return 1
        return self.text.count("\n", 0, place) + 1


def read_geojson(file: Path) -> PlanSource:
    """Read and parse. Raises SettingsError if it is not there, too large, or no GeoJSON FeatureCollection."""
    try:
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            raise _refused(
                file,
                0,
                f"the plan has {size / 1e6:.0f} MB, more than {MAX_FILE_BYTES / 1e6:.0f}",
                "Leave out what hides nothing (furniture, trees, contour lines) and simplify the outlines.",
                f"平面图有 {size / 1e6:.0f} MB，超过 {MAX_FILE_BYTES / 1e6:.0f} MB：请去掉不遮挡的东西，简化轮廓。",
            )
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise _refused(
            file,
            0,
            "there is no such plan",
            "Check plan.file in the settings.",
            "没有这个平面图，请核对设置里的 plan.file。",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(
            file, 0, f"it cannot be read ({error})", "It must be a UTF-8 text file.", "读不了，要存成 UTF-8 文本文件。"
        ) from error
    try:
        values = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise _refused(
            file,
            error.lineno,
            f"this is not JSON ({error.msg})",
            "Check commas and brackets before this place.",
            "不是 JSON，请检查这里之前的逗号和括号。",
        ) from error
    except _NotANumberError as error:
        line = text[: text.find(str(error))].count("\n") + 1
        raise _refused(
            file, line, f"{error} is no number", "Write the measured number.", f"{error} 不是数，请写量出来的数。"
        ) from error
    except RecursionError as error:
        raise _refused(
            file,
            0,
            "it is nested too deeply",
            "Save it as a GeoJSON FeatureCollection.",
            "嵌套太深，请存成 GeoJSON FeatureCollection。",
        ) from error
    if not isinstance(values, dict) or values.get("type") != "FeatureCollection":
        raise _refused(
            file,
            1,
            "this is no GeoJSON FeatureCollection",
            "Save it as one; see the example plan.",
            "不是 GeoJSON FeatureCollection，请照示例保存。",
        )
    features, header = values.get("features"), values.get("plan")
    if not isinstance(features, list):
        raise _refused(
            file, 1, "features is no list of features", "See the example plan.", "features 不是要素列表，请照示例写。"
        )
    if len(features) > MAX_FEATURES:
        raise _refused(
            file,
            1,
            f"the plan has {len(features)} features, more than {MAX_FEATURES}",
            "Leave out what hides nothing, or join walls into longer lines.",
            f"平面图有 {len(features)} 个要素，超过 {MAX_FEATURES} 个：请去掉不遮挡的，或把墙连成长线。",
        )
    if not isinstance(header, dict):
        raise _refused(
            file,
            1,
            "the member 'plan' is missing",
            'Add "plan": {"units": "metres"} (or "wgs84") beside "features".',
            '缺少 plan 一项：请在 "features" 旁加 "plan": {"units": "metres"}（或 "wgs84"）。',
        )
    return PlanSource(file, text, header, features)


class _NotANumberError(ValueError):
    pass


def _no_constant(name: str) -> float:
    raise _NotANumberError(name)


def _refused(file: Path, line: int, message: str, remedy: str, chinese: str) -> SettingsError:
    return SettingsError([Problem(file, line, "(file)", message, remedy, chinese)])
