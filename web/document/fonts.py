"""Which fonts a document is set in: 宋体 and 黑体 from Debian's fonts-noto-cjk, others only where a name needs them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from web.document.font_file import Coverage, FontFileError, read_coverage

SYSTEM_FONTS: Final = Path("/usr/share/fonts")
SERIF: Final = "Noto Serif CJK SC"
"""宋体: text and tables."""
SANS: Final = "Noto Sans CJK SC"
"""黑体: headings and heads of tables."""
_CJK_FOLDER: Final = "opentype/noto"
_CJK_FILES: Final = ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc")
_FURTHER: Final = (
    ("Noto Sans Arabic", "truetype/noto", "NotoSansArabic-Regular.ttf"),  # Uyghur
    ("Noto Serif Tibetan", "truetype/noto", "NotoSerifTibetan-Regular.ttf"),
    ("Noto Sans Mongolian", "truetype/noto", "NotoSansMongolian-Regular.ttf"),
    ("Noto Sans Yi", "truetype/noto", "NotoSansYi-Regular.ttf"),
    ("HanaMinA", "truetype/hanazono", "HanaMinA.ttf"),  # rare Chinese characters
    ("HanaMinB", "truetype/hanazono", "HanaMinB.ttf"),
    ("DejaVu Sans", "truetype/dejavu", "DejaVuSans.ttf"),
)
"""Tried in this order for characters that the two have not; whichever of them are installed."""


class FontsMissingError(Exception):
    """A PDF cannot be made before somebody installs the fonts; the text says which and how."""


@dataclass(frozen=True, slots=True)
class Face:
    """A family, where it lies and what it has."""

    family: str
    folder: Path
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Fonts:
    """The faces of this machine, those of every document first."""

    main: tuple[Face, ...]
    """A character counts as there when each of these has it: a name may stand in text and in a heading."""
    further: tuple[Face, ...]

    def has(self, character: str) -> bool:
        """Whether the two usual faces can show it."""
        return all(character in face.coverage for face in self.main)

    def further_for(self, characters: Iterable[str]) -> tuple[Face, ...]:
        """The fewest further faces, in order, that show what the usual ones cannot."""
        chosen: list[Face] = []
        for character in characters:
            face = next((face for face in self.further if character in face.coverage), None)
            if face is not None and face not in chosen:
                chosen.append(face)
        return tuple(chosen)


@cache
def find_fonts(root: Path = SYSTEM_FONTS) -> Fonts:
    """The fonts below a folder; read once. Raises FontsMissingError."""
    folder = root / _CJK_FOLDER
    missing = [name for name in _CJK_FILES if not (folder / name).is_file()]
    if missing:
        raise FontsMissingError(
            f"生成 PDF 需要中文字体，{folder} 里缺少 {'、'.join(missing)}。"
            "请以管理员身份运行：apt-get install fonts-noto-cjk。电子表格不受影响。"
        )
    try:
        main = (
            Face(SERIF, folder, read_coverage(folder / _CJK_FILES[0], SERIF)),
            Face(SANS, folder, read_coverage(folder / _CJK_FILES[1], SANS)),
        )
    except (FontFileError, OSError) as error:
        raise FontsMissingError(
            f"中文字体读不出来（{error}）。请以管理员身份运行：apt-get install --reinstall fonts-noto-cjk。"
        ) from error
    return Fonts(main, tuple(face for entry in _FURTHER if (face := _further(root, *entry)) is not None))


def _further(root: Path, family: str, folder: str, name: str) -> Face | None:
    file = root / folder / name
    try:
        return Face(family, file.parent, read_coverage(file, family)) if file.is_file() else None
    except (FontFileError, OSError):  # only a nicety: the character is then shown by its number
        return None
