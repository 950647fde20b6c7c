"""Puts a picture together as a camera does: the scene, what is wrong with it, noise, the writing on top."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np

from simulator.scenes import corridor, gate
from simulator.scenes.overlay import Overlay, wording
from simulator.scenes.pinhole import Picture
from simulator.scenes.variant import Variant, change_for

_NOISE_TILES = 7
"""Prime to the frames of a second, so that the noise of keyframes differs too."""

NOISE_GREY_LEVELS = 2.2
"""Standard deviation of the sensor's noise; a bright day through a cheap lens."""


class Scene(Protocol):
    def frame(self, second: float) -> Picture:
        """The picture at a second of the minute, in BGR, without writing."""
        ...


SCENES: dict[str, tuple[Callable[[int, int], Scene], str]] = {
    "gate": (gate.GateScene, wording(gate.CHINESE_NAME, gate.LATIN_NAME)),
    "corridor": (corridor.CorridorScene, wording(corridor.CHINESE_NAME, corridor.LATIN_NAME)),
}
"""Scene by name: how to draw it, and what its camera is called on the screen."""


class Painter:
    """Paints one scene in one size, frame by frame."""

    def __init__(self, scene: str, variant: Variant, width: int, height: int) -> None:
        kind, name = SCENES[scene]
        self._scene: Scene = kind(width, height)
        self._change = change_for(variant, width, height)
        self._overlay = Overlay(width, height, name)
        random = np.random.default_rng(23)
        self._brighter: list[Picture] = []
        self._darker: list[Picture] = []
        for _ in range(_NOISE_TILES):
            noise = random.normal(0, NOISE_GREY_LEVELS, (height, width)).round()
            self._brighter.append(np.maximum(noise, 0).astype(np.uint8))
            self._darker.append(np.maximum(-noise, 0).astype(np.uint8))
        self._height = height
        self._frozen = variant is Variant.FROZEN

    def picture(self, second: float) -> Picture:
        """The picture at a second of the minute in BGR, without noise."""
        second = 0.0 if self._frozen else second
        picture = self._change(self._scene.frame(second), second)
        self._overlay.draw(picture, second)
        return picture

    def planes(self, second: float, index: int) -> Picture:
        """The picture as planar YUV 4:2:0 with the noise of frame ``index``, as encoders take it."""
        planes = np.asarray(cv2.cvtColor(self.picture(second), cv2.COLOR_BGR2YUV_I420), np.uint8)
        luma = planes[: self._height]
        tile = 0 if self._frozen else index % _NOISE_TILES
        cv2.add(luma, self._brighter[tile], dst=luma)
        cv2.subtract(luma, self._darker[tile], dst=luma)
        return planes
