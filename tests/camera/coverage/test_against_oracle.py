"""Coverage against a second opinion that shares nothing with it: ray by ray, on random campuses."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from benchmarks.coverage_campus import random_pose, write_campus
from benchmarks.coverage_oracle import Oracle, Place
from camera.coverage.placed import sights
from camera.coverage.scene import prepare


@pytest.mark.parametrize("seed", range(6))
def test_every_sampled_cell_is_called_as_the_ray_calls_it(tmp_path: Path, seed: int) -> None:
    campus = write_campus(tmp_path, side_m=80, walls=36, cameras=0, seed=seed, block_m=20)
    scene, oracle, random = prepare(campus.plan), Oracle(campus.plan), Random(seed)
    judged = 0
    for _ in range(25):
        pose = random_pose(random, 80)
        if scene.wall_holding(pose) is not None:
            continue
        (views,) = sights(scene, [pose])
        for key, plane in scene.planes.items():
            rows = np.array([random.randrange(plane.grid.rows) for _ in range(120)])
            columns = np.array([random.randrange(plane.grid.columns) for _ in range(120)])
            for density in plane.densities_px_per_m:
                places = [
                    Place(
                        plane.grid.left_m + (column + 0.5) * plane.grid.cell_m,
                        plane.grid.bottom_m + (row + 0.5) * plane.grid.cell_m,
                        plane.target_m,
                        density,
                    )
                    for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
                ]
                view = views.get((key, density))
                said = np.zeros((2, plane.grid.rows, plane.grid.columns), dtype=bool)
                if view is not None:
                    said[:, *view.window.index] = view.day, view.night
                truth = np.array(oracle.seen(pose, places))
                assert (said[:, rows, columns] == truth).all()
                judged += int(truth.sum())
    assert judged > 100  # a comparison of nothing with nothing would always agree
