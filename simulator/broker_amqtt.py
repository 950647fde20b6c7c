"""amqtt as a program: ``python -m simulator.broker_amqtt '{"host": ..., "port": ..., "anonymous": ...}'``."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import sys

from amqtt.broker import Broker


async def serve(host: str, port: int, anonymous: bool) -> None:
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": anonymous}},
        }
    )
    ending = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    await broker.start()
    await ending.wait()
    await broker.shutdown()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    asked = json.loads(sys.argv[1])
    asyncio.run(serve(asked["host"], asked["port"], asked["anonymous"]))
