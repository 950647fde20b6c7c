"""Names as they sound (拼音): 张三, 章三 and Zhang San are one, so a watched name is found however written."""

from __future__ import annotations

import itertools
import unicodedata
from typing import Final

from gate.initials import HAN, readings_of

_MOST_LETTERS: Final = 6
_MOST_SOUNDS: Final = 64


def sounds_of(name: str) -> frozenset[str]:
    """Every way a name may sound, tones and blanks left out, given name first too (SAN ZHANG). Empty for one letter."""
    letters = [character for character in name if unicodedata.name(character, "").startswith(HAN)]
    if not letters:
        words = ["".join(one for one in word if one.isalnum()) for word in _plain(name).split()]
        whole = [word for word in words if word]
        # A foreign given name may stand first or last.
        both = {"".join(whole), "".join([*whole[1:], *whole[:1]])}
        return frozenset(sound for sound in both if len(sound) > 1)
    if len(letters) == 1:
        return _NONE
    ways = [readings_of(letter) or ("",) for letter in letters[:_MOST_LETTERS]]
    sounds = set()
    for syllables in itertools.islice(itertools.product(*ways), _MOST_SOUNDS):
        sounds.add("".join(syllables))
        sounds.add("".join((*syllables[1:], syllables[0])))
    return frozenset(sounds - {""})


_NONE: Final[frozenset[str]] = frozenset()


def _plain(text: str) -> str:
    # Marks above letters are left out: nobody types them on a gate's keyboard.
    spread = unicodedata.normalize("NFKD", text.replace("·", " ").replace("-", " ")).casefold()
    return "".join(letter for letter in spread if not unicodedata.combining(letter))
