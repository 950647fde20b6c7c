"""The recorder role by itself, as a process that a test can kill. Prints 'ready' when its services run."""

import json
import sys
import threading
from pathlib import Path

from camera.stream import StreamSource
from config.settings import Settings
from foundation.clock import SystemClock
from foundation.finding import FindingBoard
from foundation.journal import Journal
from foundation.log import configure_log
from foundation.service import Service, run_until_signal
from storage.role import recorder_role


class Ready(Service):
    """Says so when everything before it has started."""

    def _loop(self) -> None:
        print("ready", flush=True)
        self.stopping.wait()


def main() -> None:
    job = json.loads(sys.argv[1])
    configure_log("recorder", style="plain")
    settings = Settings.model_validate(
        {
            "campus": {"id": "c", "name": "n", "address": "a", "gatehouse_phone": "110"},
            "devices": tuple(
                {"id": f"cam-{point}", "name": point, "address": "http://127.0.0.1/"} for point in job["points"]
            ),
            "points": tuple(
                {
                    "id": point,
                    "name": point,
                    "device": f"cam-{point}",
                    "volume": "main",
                    "retention": "standard",
                    **({"audio": True} if job["audio"] else {}),
                }
                for point in job["points"]
            ),
            "volumes": (
                {
                    "id": "main",
                    "path": Path(job["volume"]),
                    "own_disk": False,
                    "reserve_bytes": 64 * 1024**2,
                },
            ),
            "retention": ({"id": "standard", "keep_days": 90},),
            "pages": {"gatehouse": {"port": 1}, "office": {"port": 2}},
        }
    )
    clock = SystemClock()
    findings = FindingBoard(Journal.open(Path(job["journal"]), clock), clock)
    refused = threading.Event()

    def source(point: str) -> StreamSource:
        return StreamSource(device=f"cam-{point}", url=job["points"][point], user=job["user"], password=job["password"])

    def may_try(device: str) -> bool:
        return not refused.is_set() and not findings.is_open(f"device:{device}", "camera.login_refused")

    services = recorder_role(
        settings,
        catalogue_path=Path(job["catalogue"]),
        clock=clock,
        findings=findings,
        stream_source=source,
        may_try=may_try,
    )
    run_until_signal([*services, Ready("ready")])


if __name__ == "__main__":
    main()
