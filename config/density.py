"""Pixel density (像素密度): pixels a metre of the scene must have for a purpose, as named, editable profiles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from config.model import SettingsModel

PixelsPerMetre = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]


class DensityProfile(SettingsModel):
    """One edition's levels in px/m on a plane that faces the camera, with where the numbers come from."""

    id: str
    name: str
    source_text: str
    levels: Mapping[str, PixelsPerMetre]

    def with_levels(self, changed: Mapping[str, float]) -> DensityProfile:
        """This profile with levels changed or added, as a school's own expert may decide."""
        if not changed:
            return self
        return DensityProfile(
            id=f"{self.id}-edited",
            name=f"{self.name}（本校修订）",
            source_text=self.source_text,
            levels={**self.levels, **changed},
        )


IEC_2015: Final = DensityProfile(
    id="iec-62676-4-2015",
    name="IEC 62676-4:2015 (DORI)",
    source_text="IEC 62676-4:2015: detect 25, observe 62, recognise 125, identify 250 px/m",
    levels={"detect": 25.0, "observe": 62.0, "recognise": 125.0, "identify": 250.0},
)

IEC_2025: Final = DensityProfile(
    id="iec-62676-4-2025",
    name="IEC 62676-4:2025 (OODPCVS)",
    # Nobody here has held the standard itself: the numbers are as others report them.
    source_text="IEC 62676-4:2025, second-hand: 20, 40, 80, 125, 250, 500, 1500 px/m; compare with the standard's text",
    levels={
        "overview": 20.0,
        "outline": 40.0,
        "discern": 80.0,
        "perceive": 125.0,
        "characterise": 250.0,
        "validate": 500.0,
        "scrutinise": 1500.0,
    },
)

PROFILES: Final[Mapping[str, DensityProfile]] = {profile.id: profile for profile in (IEC_2015, IEC_2025)}

LEVEL_NAMES: Final[Mapping[str, str]] = {
    "detect": "发现",
    "observe": "观察",
    "recognise": "辨认",
    "identify": "识别",
    "overview": "概览",
    "outline": "轮廓",
    "discern": "分辨",
    "perceive": "察觉",
    "characterise": "特征",
    "validate": "核实",
    "scrutinise": "细查",
}
"""Our Chinese words for the levels; a level that a school adds is shown by its own name."""
