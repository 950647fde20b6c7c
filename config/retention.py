"""How long footage is kept (存储时长), as named policies with the rule they come from."""

from __future__ import annotations

from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from config.model import SettingsModel
from foundation.ids import Slug

FLOOR_DAYS: Final = 90
"""Counter-Terrorism Law art. 32 for key targets; asked of every school (requirements row V2)."""


class ShorterRetention(SettingsModel):
    """Who allowed less than 90 days, and why."""

    reason: Annotated[str, Field(min_length=4)]
    approved_by: Annotated[str, Field(min_length=2)]


class RetentionPolicy(SettingsModel):
    """Keep at least `keep_days`; delete after `delete_after_days` if given, else only when the space is needed."""

    id: Slug
    keep_days: Annotated[int, Field(ge=1, le=3650)] = FLOOR_DAYS
    delete_after_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    source_text: str = ""
    """The rule's own words, shown beside the figure."""
    shorter_than_90_days: ShorterRetention | None = None

    @model_validator(mode="after")
    def _floor(self) -> Self:
        if self.keep_days < FLOOR_DAYS and self.shorter_than_90_days is None:
            raise ValueError(
                f"keep_days 是 {self.keep_days}，录像至少要存 {FLOOR_DAYS} 天：请写 {FLOOR_DAYS} 或更多；"
                "确经批准少存的，在 shorter_than_90_days 下写明 reason 和 approved_by。 / "
                f"keep_days is {self.keep_days}, but footage is kept at least {FLOOR_DAYS} days; write {FLOOR_DAYS} or "
                "more, or name who allowed less under shorter_than_90_days with reason and approved_by"
            )
        if self.delete_after_days is not None and self.delete_after_days < self.keep_days:
            raise ValueError(
                f"delete_after_days（{self.delete_after_days}）小于 keep_days（{self.keep_days}）："
                f"请写 {self.keep_days} 或更多，或不写。 / "
                f"delete_after_days ({self.delete_after_days}) is less than keep_days ({self.keep_days}); "
                f"write {self.keep_days} or more, or leave it out"
            )
        return self
