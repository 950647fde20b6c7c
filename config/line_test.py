"""Line tests (报警线路演练): how often each alarm input is pressed as a drill, and who answers for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.every import Every
from config.model import SettingsModel


class LineTests(SettingsModel):
    """The schedule of all inputs, or of one. 每月至少开展一次 is what schools are asked; 幼儿园每季度."""

    every: Annotated[Every, Field(strict=False)] = Every.MONTH
    """An input whose wire nobody supervises is pressed by hand every month at least, whatever stands here."""
    responsible: Annotated[str, Field(min_length=1, max_length=40)] = "安全干部"
    """责任人: the name or the post that stands on the list and on the sheet."""
