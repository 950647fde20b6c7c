"""Reads YAML and remembers the line of every key, so that a mistake can be shown where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from config.problem import Problem, SettingsError

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlSource:
    """Plain values of a YAML file and where each of them stands."""

    file: Path
    values: Any
    lines: dict[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a key, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(file: Path) -> YamlSource:
    """Read one document. Raises SettingsError if it is not there, not YAML, or names a key twice."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise _refused(
            file, 0, "there is no such file", "Check the path given with --config.", "没有这个文件，请核对 --config。"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _refused(
            file, 0, f"it cannot be read ({error})", "It must be a UTF-8 text file.", "读不了，要存成 UTF-8 文本。"
        ) from error
    try:
        # Aliases let ten lines stand for a billion values, or for themselves; settings are written out.
        alias = next((event for event in yaml.parse(text, yaml.SafeLoader) if isinstance(event, yaml.AliasEvent)), None)
        if alias is not None:
            line = alias.start_mark.line + 1 if alias.start_mark else 0
            raise _refused(
                file,
                line,
                f"it refers to another place by *{alias.anchor}",
                "Write it out.",
                "不能用 * 引用别处，请直接写出来。",
            )
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise _refused(
            file,
            line,
            f"this is not YAML ({error.problem})",
            "Check indentation and colons.",
            "不是 YAML，请检查缩进和冒号。",
        ) from error
    except yaml.YAMLError as error:
        raise _refused(
            file, 0, f"this is not YAML ({error})", "It must be a UTF-8 text file.", "不是 YAML，要存成 UTF-8 文本。"
        ) from error
    if not isinstance(node, yaml.MappingNode):
        raise _refused(
            file, 1, "the file holds no settings", "Start from the example campus.", "文件里没有设置，请从示例改起。"
        )
    lines: dict[KeyPath, int] = {}
    problems: list[Problem] = []
    loader = yaml.SafeLoader("")
    values = _plain(node, (), file, loader, lines, problems)
    if problems:
        raise SettingsError(problems)
    return YamlSource(file, values, lines)


def _plain(
    node: yaml.Node,
    path: KeyPath,
    file: Path,
    loader: yaml.SafeLoader,
    lines: dict[KeyPath, int],
    problems: list[Problem],
) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(loader.construct_object(key_node))
            here = (*path, key)
            if key in result:
                problems.append(
                    Problem(
                        file,
                        key_node.start_mark.line + 1,
                        key_text(here),
                        f"the key stands twice, first in line {lines[here]}",
                        "Keep one of them.",
                        f"这一项写了两次，第一次在第 {lines[here]} 行，请留一个。",
                    )
                )
            lines[here] = key_node.start_mark.line + 1
            result[key] = _plain(value_node, here, file, loader, lines, problems)
        return result
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, index), file, loader, lines, problems) for index, item in enumerate(node.value)]
    return loader.construct_object(node, deep=True)


def key_text(path: KeyPath) -> str:
    """A key's path as people write it: points[2].pose.height_m."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else part)
    return text or "(file)"


def _refused(file: Path, line: int, message: str, remedy: str, chinese: str) -> SettingsError:
    return SettingsError([Problem(file, line, "(file)", message, remedy, chinese)])
