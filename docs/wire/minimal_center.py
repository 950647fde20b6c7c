# ruff: noqa: PTH123, T201, TID251 - for a third party: as little as possible, and nothing of ours
"""The least a center must do, with nothing of ours: paho-mqtt and cryptography from PyPI, Python 3.11 or later.

    python minimal_center.py HOST PORT CAMPUS CAMPUS_PUBLIC_KEY CENTER_SEED_FILE [CA CERTIFICATE KEY]

It stores alarms in alarms.jsonl, answers each copy with a signed receipt and sends heartbeats. CENTER_SEED_FILE holds
32 random bytes in base64; the first line printed is the public key that the campus pins. A real center needs more:
see how-to-write-a-center.md.
"""

import base64
import hashlib
import json
import os
import sys
import threading
import time
import uuid
from datetime import UTC, datetime

import paho.mqtt.client as mqtt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

HOST, PORT, CAMPUS, CAMPUS_KEY, SEED_FILE, *TLS = sys.argv[1:]


def key_id(public_key: bytes) -> str:
    return hashlib.sha256(public_key).hexdigest()[:16]


with open(SEED_FILE, encoding="ascii") as seed_file:
    own_key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(seed_file.read()))
own_public = own_key.public_key().public_bytes_raw()
campus_public = base64.b64decode(CAMPUS_KEY)
pinned = {key_id(campus_public): Ed25519PublicKey.from_public_bytes(campus_public)}


def canonical(value: object) -> bytes:
    """Sorted keys, no white space, UTF-8. (Keys of this wire are ASCII, so any sorting of them is the right one.)"""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def uuid7() -> str:
    """RFC 9562: 48 bits of milliseconds, then random."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(0b11 << 62) | 0b10 << 62))


def signed(kind: str, data: dict[str, object]) -> bytes:
    event = {
        "specversion": "1.0",
        "id": uuid7(),
        "source": "/center/minimal",
        "type": kind,
        "time": now(),
        "datacontenttype": "application/json",
        "dataschema": f"urn:campus-wire:{kind}:1",
        "clockquality": "unknown",
        "data": {"campus": CAMPUS, **data},
        "keyid": key_id(own_public),
    }
    event["signature"] = base64.b64encode(own_key.sign(canonical(event))).decode()
    return canonical(event)


def checked(payload: bytes) -> dict[str, object] | None:
    """The event, if a pinned key signed all of it; else None."""
    try:
        event = json.loads(payload)
        unsigned = {name: value for name, value in event.items() if name != "signature"}
        pinned[event["keyid"]].verify(base64.b64decode(event["signature"]), canonical(unsigned))
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature) as error:
        print("refused:", error, flush=True)
        return None
    return event if event["data"]["campus"] == CAMPUS else None


seen: dict[str, str] = {}  # a real center keeps this on its disk
echoes: dict[str, dict[str, object]] = {}


def on_connect(client: mqtt.Client, *_: object) -> None:
    # Plain subscriptions: shared ones get no retained state.
    client.subscribe([(f"campus/{CAMPUS}/{channel}", 1) for channel in ("alarm", "day", "state/+", "finding")])
    print("connected", flush=True)


def on_message(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
    event = checked(message.payload)
    if event is None:
        return
    channel, data = message.topic.split("/")[2], event["data"]
    if channel in ("alarm", "day"):
        received_at = seen.get(str(event["id"]))
        if received_at is None:
            received_at = seen[str(event["id"])] = now()
            with open("alarms.jsonl", "ab") as file:  # stored first, answered then
                file.write(message.payload + b"\n")
                file.flush()
                os.fsync(file.fileno())
            print(event["type"], event["id"], data.get("place", ""), flush=True)
        receipt = {
            "message_id": event["id"],
            "digest": hashlib.sha256(canonical(event)).hexdigest(),
            "received_at": received_at,
        }
        client.publish(f"campus/{CAMPUS}/receipt", signed("campus.receipt", receipt), qos=1)
    elif event["type"] == "campus.path.heartbeat":
        echo = {"path": data["path"], "birth": data["birth"], "number": data["number"]}
        echoes[data["path"]] = {**echo, "sent_at": event["time"], "received_at": now()}


client = mqtt.Client(
    mqtt.CallbackAPIVersion.VERSION2, client_id="minimal-center", protocol=mqtt.MQTTv311, clean_session=False
)
client.on_connect, client.on_message = on_connect, on_message
if TLS:
    client.tls_set(*TLS)
print(base64.b64encode(own_public).decode(), flush=True)
client.connect(HOST, int(PORT), keepalive=5)
client.loop_start()
number = 0
while True:
    number += 1
    beat = {"number": number, "echoes": list(echoes.values())}
    client.publish(f"campus/{CAMPUS}/heartbeat", signed("campus.center.heartbeat", beat), qos=0)
    threading.Event().wait(5)
