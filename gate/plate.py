"""Plates of vehicles (车牌): every format that drives in China, and one spelling for each."""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Final

_PROVINCE: Final = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
_LETTER: Final = "[A-HJ-NP-Z]"
_SIGN: Final = "[A-HJ-NP-Z0-9]"


class PlateKind(StrEnum):
    """Which format a plate has."""

    CAR = "car"
    """普通车牌 京A12345"""
    NEW_ENERGY = "new_energy"
    """新能源 京AD12345, 京A12345D"""
    POLICE = "police"
    """警 京A1234警"""
    LEARNER = "learner"
    """学 京A1234学"""
    TRAILER = "trailer"
    """挂 京A1234挂"""
    BORDER = "border"
    """港澳 粤Z1234港"""
    EMBASSY = "embassy"
    """使领馆 使224001, 224001使, 沪A1234领"""
    MILITARY = "military"
    """军队 VA12345"""
    ARMED_POLICE = "armed_police"
    """武警 WJ京1234X"""
    RESCUE = "rescue"
    """应急救援 京X1234应急"""
    CIVIL_AVIATION = "civil_aviation"
    """民航 民航A1234"""
    TEMPORARY = "temporary"
    """临时、试验、超限 京A12345临, 京A1234试"""
    FARM = "farm"
    """拖拉机 京0112345"""


_FORMATS: Final = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (PlateKind.POLICE, f"{_PROVINCE}{_LETTER}{_SIGN}{{4}}警"),
        (PlateKind.LEARNER, f"{_PROVINCE}{_LETTER}{_SIGN}{{4}}学"),
        (PlateKind.TRAILER, f"{_PROVINCE}{_LETTER}{_SIGN}{{4}}挂"),
        (PlateKind.BORDER, f"粤Z{_SIGN}{{4}}[港澳]"),
        (PlateKind.EMBASSY, f"使[0-9]{{6}}|[0-9]{{6}}使|{_PROVINCE}{_LETTER}{_SIGN}{{4}}领|领[0-9]{{6}}"),
        (PlateKind.RESCUE, f"{_PROVINCE}[SX]{_SIGN}{{4}}应急"),
        (PlateKind.TEMPORARY, f"{_PROVINCE}{_LETTER}{_SIGN}{{4,5}}[临试超]|{_PROVINCE}{_LETTER}临{_SIGN}{{4,5}}"),
        (PlateKind.NEW_ENERGY, f"{_PROVINCE}{_LETTER}(?:[A-HJK]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJK])"),
        # Two letters at most among the five, as the rules of the numbering say (GA 36).
        (PlateKind.CAR, f"{_PROVINCE}{_LETTER}(?!(?:[0-9]*[A-Z]){{3}}){_SIGN}{{5}}"),
        (PlateKind.ARMED_POLICE, f"WJ(?:{_PROVINCE}[0-9]{{4}}[0-9A-Z]|[0-9]{{2}}[0-9]{{4}}[0-9A-Z])"),
        (PlateKind.MILITARY, "[VKHBSLJNGCEZ][A-Z][0-9]{5}"),
        (PlateKind.CIVIL_AVIATION, f"民航{_SIGN}{{5}}"),
        (PlateKind.FARM, f"{_PROVINCE}[0-9]{{2}}{_SIGN}{{5}}"),
    )
)


def tidy_plate(text: str) -> str:
    """One spelling: half-width capitals without blanks, dots and dashes."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(letter for letter in plain if letter.isalnum())


def plate_kind(tidy: str) -> PlateKind | None:
    """Which format a tidy plate has; None if none that is known (a foreign plate, an electric bicycle, a slip)."""
    return next((kind for kind, form in _FORMATS if form.fullmatch(tidy)), None)
