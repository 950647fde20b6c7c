"""Writes docs/wire from the models: JSON Schemas, AsyncAPI 3 and worked examples, so that none can drift from the code.

`python -m uplink.documents docs/wire` writes them; a test compares.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
import textwrap
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from foundation.ids import SLUG_PATTERN
from uplink.event import Event, Message, WireModel
from uplink.examples import EXAMPLES, example_bytes
from uplink.messages import CHANNELS, MESSAGES
from uplink.topics import FROM_CENTER, RECEIPTED, Channel

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_NAMES: Final = {Channel.STATE: "path", Channel.POINT: "point"}
_MEANING: Final = {
    Channel.STATE: "Birth, will (retained) and heartbeats of one broker path of a campus.",
    Channel.ALARM: "Alarms and what is said of them; each message is sent until its receipt comes.",
    Channel.POINT: "Health of a watched point, retained.",
    Channel.FINDING: "What the campus noticed, and its end.",
    Channel.DAY: "Sealed days; sent until the receipt comes, which countersigns them.",
    Channel.ANSWER: "What became of a command.",
    Channel.RECEIPT: "Receipts by the machine, acknowledgements and closures by a person at the desk.",
    Channel.COMMAND: "What the center asks a campus to do.",
    Channel.HEARTBEAT: "The center's heartbeat to one campus, every 5 s, QoS 0.",
}


def all_documents() -> dict[str, str]:
    """Every generated file by its name within docs/wire."""
    files = {f"schemas/{name}.json": _pretty(event_schema(model)) for name, model in sorted(MESSAGES.items())}
    files |= {f"examples/{name}.json": _pretty(json.loads(example_bytes(item))) for name, item in EXAMPLES.items()}
    files["asyncapi.yaml"] = yaml.safe_dump(asyncapi(), allow_unicode=True, sort_keys=False, width=120)
    return files


def event_schema(model: type[Message]) -> dict[str, Any]:
    """JSON Schema of a whole event with this data, signature included."""
    data = model.model_json_schema(ref_template="#/$defs/{model}")
    definitions = data.pop("$defs", {})
    envelope = Event.model_json_schema(ref_template="#/$defs/{model}")
    definitions |= {name: item for name, item in envelope.pop("$defs", {}).items() if name != "Message"}
    _describe(data, model)
    _describe(envelope, Event)
    for nested in _subclasses(WireModel):
        if nested.__name__ in definitions:
            _describe(definitions[nested.__name__], nested)
    properties = {name: item for name, item in envelope["properties"].items() if name != "data"}
    properties["type"] = {"const": model.event_type}
    properties["dataschema"] = {"const": model.schema_uri()}
    properties["data"] = data
    properties["keyid"] = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
    properties["signature"] = {"type": "string", "description": "Ed25519, base64", "minLength": 88, "maxLength": 88}
    return {
        "$schema": _DIALECT,
        "$id": model.schema_uri(),
        "title": model.event_type,
        "description": _first_paragraph(model),
        "type": "object",
        "properties": properties,
        "required": [
            *("specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "clockquality"),
            *("data", "keyid", "signature"),
        ],
        "$defs": definitions,
    }


def asyncapi() -> dict[str, Any]:
    """The wire as AsyncAPI 3, seen by a center: it receives what campuses send and sends what it owes them."""
    channels, operations = {}, {}
    for channel, models in CHANNELS.items():
        name = _NAMES.get(channel)
        parameters = {"campus": {"description": f"Id of the campus: {SLUG_PATTERN}"}}
        if name:
            parameters[name] = {"description": f"Id of the {name}: {SLUG_PATTERN}"}
        channels[channel.value] = {
            "address": f"campus/{{campus}}/{channel}" + (f"/{{{name}}}" if name else ""),
            "description": _MEANING[channel],
            "parameters": parameters,
            "messages": {_key(model): {"$ref": f"#/components/messages/{_key(model)}"} for model in models},
        }
        sends = channel in FROM_CENTER
        operations[f"{'send' if sends else 'receive'}_{channel}"] = {
            "action": "send" if sends else "receive",
            "channel": {"$ref": f"#/channels/{channel}"},
            "summary": "Answered with a receipt for every copy." if channel in RECEIPTED else _MEANING[channel],
            "bindings": {"mqtt": {"qos": 0 if channel is Channel.HEARTBEAT else 1, "bindingVersion": "0.2.0"}},
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Campus alarm wire",
            "version": "1",
            "description": "MQTT 5 (or 3.1.1), TLS with client certificates. See how-to-write-a-center.md.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {
                _key(model): {
                    "name": model.event_type,
                    "summary": _first_paragraph(model),
                    "contentType": "application/cloudevents+json",
                    "payload": {
                        "schemaFormat": "application/schema+json;version=draft-2020-12",
                        "schema": {"$ref": f"./schemas/{model.event_type}.json"},
                    },
                }
                for model in MESSAGES.values()
            }
        },
    }


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Put the words under each field into its schema; the models are not slowed down by it where they are used."""
    for owner in reversed(model.__mro__):
        if not issubclass(owner, WireModel):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(owner))).body[0]
        assert isinstance(body, ast.ClassDef)
        for field, words in itertools.pairwise(body.body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(words, ast.Expr)
                and isinstance(words.value, ast.Constant)
                and field.target.id in schema.get("properties", {})
            ):
                schema["properties"][field.target.id]["description"] = inspect.cleandoc(str(words.value.value))


def _subclasses(model: type[BaseModel]) -> list[type[BaseModel]]:
    return [model, *(found for child in model.__subclasses__() for found in _subclasses(child))]


def _key(model: type[Message]) -> str:
    return model.event_type.replace(".", "_")


def _first_paragraph(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Write all of them into a folder."""
    for name, text in all_documents().items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
