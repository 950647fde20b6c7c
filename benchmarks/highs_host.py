"""Runs HiGHS in its own virtual environment: best sets of cameras, as JSON in and out."""

from __future__ import annotations

import json
import sys
import time

import highspy  # type: ignore[import-not-found,import-untyped,unused-ignore]

TIME_LIMIT_S = 60.0


def main() -> None:
    """Each task: how many may be chosen, and groups of cells with their weight and the cameras that see them."""
    answers = []
    for task in json.load(sys.stdin):
        model = highspy.Highs()
        model.setOptionValue("output_flag", False)
        model.setOptionValue("time_limit", TIME_LIMIT_S)
        model.setOptionValue("mip_rel_gap", 1e-6)
        chosen = [model.addBinary() for _ in range(task["cameras"])]
        model.addConstr(sum(chosen) <= task["count"])
        seen = [model.addVariable(lb=0, ub=1) for _ in task["groups"]]
        for one, group in zip(seen, task["groups"], strict=True):
            model.addConstr(one <= sum(chosen[number] for number in group["cameras"]))
        started = time.perf_counter()
        model.maximize(sum(group["weight"] * one for one, group in zip(seen, task["groups"], strict=True)))
        answers.append(
            {
                "bound": model.getInfo().mip_dual_bound,
                "best": model.getInfo().objective_function_value,
                "seconds": time.perf_counter() - started,
            }
        )
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
