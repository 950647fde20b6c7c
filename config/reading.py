"""Reads a YAML file into a settings model and says each mistake where it stands; the campus and the center use it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from config.chinese import MISSING, UNKNOWN_KEY, both_languages, suggestion_words, value_words
from config.model import SettingsModel
from config.problem import Problem, SettingsError
from config.yaml_source import KeyPath, YamlSource, key_text, read_yaml

ModelT = TypeVar("ModelT", bound=SettingsModel)

_PATH_KEYS: Final = frozenset(
    {"file", "path", "password_file", "ca_file", "certificate_file", "key_file", "state_directory"}
)


def read_model(file: Path, model: type[ModelT]) -> tuple[YamlSource, ModelT]:
    """The file as its model, with the source for checks that span several keys.

    Raises SettingsError with every problem found, each with line, key and what would be right.
    """
    source = read_yaml(file)
    try:
        return source, model.model_validate(_with_tuples(source.values))
    except ValidationError as error:
        raise SettingsError(_problems(source, error, model)) from error


def with_absolute_paths(settings: ModelT, base: Path) -> ModelT:
    """The same settings with every relative path counted from `base`."""

    def absolute(value: Any) -> Any:
        if isinstance(value, Path):
            return value if value.is_absolute() else base / value
        if isinstance(value, BaseModel):
            return value.model_copy(update={name: absolute(getattr(value, name)) for name in type(value).model_fields})
        if isinstance(value, tuple):
            return tuple(absolute(item) for item in value)
        return value

    result = absolute(settings)
    assert isinstance(result, type(settings))
    return result


def duplicate_ids(source: YamlSource, settings: SettingsModel, rooms: Sequence[str], remedy: str) -> list[Problem]:
    """A problem for each id that stands a second time in one of the lists `rooms`, with the line of the first."""
    problems = []
    for room in rooms:
        seen: dict[str, int] = {}
        for index, item in enumerate(getattr(settings, room)):
            path: KeyPath = (room, index, "id")
            if item.id in seen:
                message = f"the id {item.id!r} is already taken in line {seen[item.id]}"
                chinese = f"编号 {item.id!r} 在第 {seen[item.id]} 行已用过，请换一个。"
                problems.append(Problem(source.file, source.line(path), key_text(path), message, remedy, chinese))
            seen.setdefault(item.id, source.line(path))
    return problems


def suggestion(wanted: str, known: Sequence[str]) -> str:
    """The known name that is nearest to a wrong one, said as advice."""
    close = get_close_matches(wanted, known, n=1)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(known)}." if known else "Add it first."


def _with_tuples(value: Any) -> Any:
    # YAML knows only lists; strict models ask for tuples and real paths.
    if isinstance(value, list):
        return tuple(_with_tuples(item) for item in value)
    if isinstance(value, dict):
        return {
            key: Path(item) if isinstance(item, str) and key in _PATH_KEYS else _with_tuples(item)
            for key, item in value.items()
        }
    return value


def _problems(source: YamlSource, error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    details = error.errors()
    # A list whose only item is wrong is also "too short"; the item's own mistake says enough.
    inner = {detail["loc"][0] for detail in details if len(detail["loc"]) > 1}
    return [
        _problem(source, detail, model)
        for detail in details
        if not (detail["type"] == "too_short" and len(detail["loc"]) == 1 and detail["loc"][0] in inner)
    ]


def _problem(source: YamlSource, detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path: KeyPath = tuple(part for part in detail["loc"])
    kind, value = detail["type"], detail.get("input")
    line, key = source.line(path), key_text(path)
    if kind == "extra_forbidden":
        known = _known_keys(model, path[:-1])
        wanted = str(path[-1])
        chinese = UNKNOWN_KEY + suggestion_words(wanted, known)
        return Problem(source.file, line, key, "nobody knows this key", suggestion(wanted, known), chinese)
    if kind == "missing":
        return Problem(source.file, line, key, "it is missing", f"Add {path[-1]!r}; see the example.", MISSING)
    if kind == "value_error":
        said, english = both_languages(detail["msg"].removeprefix("Value error, "))
        first, _, remedy = english.partition("; ")
        advice = (remedy[:1].upper() + remedy[1:] if remedy else "Correct it") + "."
        return Problem(source.file, line, key, first, advice, said)
    shown = "" if isinstance(value, dict | tuple | list) else f", not {value!r}"
    chinese = value_words(kind, detail.get("ctx", {}))
    return Problem(source.file, line, key, "this value cannot stand here", f"{detail['msg']}{shown}.", chinese)


def _known_keys(root: type[BaseModel], path: KeyPath) -> list[str]:
    model: Any = root
    for part in path:
        if isinstance(part, int):
            continue
        model = _model_within(model.model_fields[part].annotation) if part in model.model_fields else None
        if model is None:
            return []
    return list(model.model_fields)


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_within(inner)
        if found is not None:
            return found
    return None
