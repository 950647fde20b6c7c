"""What a school must report of an incident, to whom and within which time (突发事件报告)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.campus import Phone
from config.model import SettingsModel

Minutes = Annotated[int, Field(ge=1, le=10_080)]


class IncidentReports(SettingsModel):
    """Counted from the incident itself; for major ones, and for those that nobody has graded yet."""

    phone_within_min: Minutes = 60
    written_within_min: Minutes = 120
    report_to: Annotated[str, Field(min_length=1, max_length=80)] = "区教育局"
    """主送单位: stands in the written report."""
    report_phone: Phone | None = None
    """The number to call within the first time; shown beside the countdown."""
    source_text: Annotated[str, Field(max_length=400)] = "突发重大安全事件1小时内报告，2小时内报送书面材料"
    """Where the times come from, in its own words."""
