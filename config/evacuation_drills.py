"""Evacuation drills (应急疏散演练): how often a school holds one, and who answers for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from config.every import Every
from config.model import SettingsModel

Word = Annotated[str, Field(min_length=1, max_length=20)]


class EvacuationDrills(SettingsModel):
    """What holds until somebody lays down something else on the page of evacuation drills."""

    every: Annotated[Every, Field(strict=False)] = Every.MONTH
    """每月至少开展一次应急演练; for a 幼儿园 every quarter."""
    boarders: bool = False
    """Whether pupils sleep here: then one drill a term is at night (住宿生夜间演练)."""
    kinds: Annotated[tuple[Word, ...], Field(min_length=1, max_length=20)] = (
        "地震",
        "消防",
        "防暴",
        "防踩踏",
        "防洪",
        "校车",
    )
    """演练种类, the first ones to choose from."""
    responsible: Annotated[str, Field(min_length=1, max_length=40)] = "安全干部"
    """责任人: what a new plan is filled with."""
    source_text: Annotated[str, Field(max_length=400)] = "每月至少开展一次应急演练（幼儿园每季度）"
    """Where it comes from, in its own words."""

    @field_validator("every")
    @classmethod
    def _by_month_or_quarter(cls, every: Every) -> Every:
        if every is Every.WEEK:
            raise ValueError(
                "疏散演练的要求是每月或每季度：请写 month 或 quarter。 / "
                "evacuation drills are asked for every month or every quarter: write month or quarter"
            )
        return every
