"""Finds where to add cameras in a process of its own: `run_short("camera.coverage.suggest_process", …)`.

Standard input: JSON {"plan", "poses", "count", "keep_days"}. Standard output: a JSON list, best first.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from camera.coverage.suggestion import BUILT_IN_MODELS, TooManyCandidatesError, suggest
from config.plan import read_plan
from config.point import Pose
from config.problem import SettingsError
from foundation.short_process import refuse


def main() -> None:
    """Suggest what standard input asks for."""
    order = json.load(sys.stdin.buffer)
    poses = [Pose.model_validate_json(json.dumps(pose)) for pose in order["poses"]]
    try:
        plan = read_plan(Path(order["plan"]))
        if not plan.mounts:
            refuse("图上没有可安装位置：请画上可以挂摄像机的地方（type: mount）")
        found = suggest(plan, poses, BUILT_IN_MODELS, order["count"], order["keep_days"])
    except (SettingsError, TooManyCandidatesError) as error:
        refuse(str(error))
    told = [
        {
            "place": one.mount_name,
            "model": one.model.name,
            "azimuth_deg": one.pose.azimuth_deg,
            "tilt_deg": one.pose.tilt_deg,
            "closes_day_m2": one.closes_day_m2,
            "closes_night_m2": one.closes_night_m2,
            "zones": one.zones,
            "storage_bytes": one.storage_bytes,
        }
        for one in found
    ]
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
