"""An export as one file to take away: a zip made while it is sent, of films that do not get smaller."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from foundation.clock import beijing

_PIECE_BYTES: Final = 256 * 1024


class _Sink:
    """Takes what a zip writes until it is handed on."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """A file's write; `zipfile` asks for nothing else of a stream."""
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def taken(self) -> bytes:
        """What came since the last call."""
        whole = b"".join(self.pieces)
        self.pieces.clear()
        return whole


def zip_of(files: Sequence[Path], folder: str, at_utc_ns: int) -> Iterator[bytes]:
    """A zip of films as it is read, with nothing compressed and nothing written to the disk. Raises OSError."""
    sink = _Sink()
    moment = beijing(at_utc_ns).timetuple()[:6]
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[call-overload]
        for path in files:
            entry = zipfile.ZipInfo(f"{folder}/{path.name}", date_time=moment)
            entry.file_size = path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w", force_zip64=entry.file_size >= 2**31) as target:
                while piece := source.read(_PIECE_BYTES):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()
