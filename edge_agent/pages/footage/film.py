"""A film over HTTP: any range of its bytes (RFC 9110, section 14), read from the disks as the browser takes it."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import structlog
from fastapi import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from edge_agent.access_log import Access
from storage.playback import DiskAway, DiskFailed, NoFootage, Playback
from web.language import mark
from web.problem import PageProblem, Words

_RANGE: Final = re.compile(r"bytes=(\d{0,19})-(\d{0,19})")
_MOST_KEPT: Final = 16
ENDED: Final = Words(mark("这次查看已经结束"), mark("请回到时间轴重新选择时段。"))
_GONE: Final = Words(mark("录像读不出来"), mark("录像所在的盘可能被拔下或出错，请技术员检查。报警不受影响。"))
_SILENT: Final = Words(
    mark("录像所在的盘没有响应：%(disk)s"),
    mark("多半是网络存储断开或硬盘出错，请技术员检查。别的盘上的录像可以照常看，报警不受影响。"),
)
_log = structlog.get_logger("film")


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` up to `end` (excluded)."""

    start: int
    end: int


class UnsatisfiableError(Exception):
    """The range begins after the end."""


def unreadable(error: OSError) -> PageProblem:
    """What to tell whoever wanted footage that a disk does not give."""
    if isinstance(error, DiskAway) or (isinstance(error, DiskFailed) and error.hangs):
        return PageProblem(503, _SILENT, disk=error.volume)
    if isinstance(error, TimeoutError):
        return PageProblem(503, _SILENT, disk=error.filename)
    return PageProblem(503, _GONE)


def byte_range(header: str | None, size: int) -> ByteRange | None:
    """What a Range header asks of a file; None for the whole of it, also if it is none that we serve.

    Raises UnsatisfiableError.
    """
    found = _RANGE.fullmatch(header.strip()) if header and header.isascii() else None
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        if int(last) == 0:
            raise UnsatisfiableError
        return ByteRange(max(0, size - int(last)), size)
    start, end = int(first), min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableError
    return ByteRange(start, end)


def answer_range(
    request: Request,
    *,
    size: int,
    etag: str,
    read: Callable[[int, int], Iterator[bytes]],
    media_type: str,
    name: str = "",
) -> Response:
    """The asked bytes as 200, 206 or 416; nothing is held in memory but the piece on its way. Raises PageProblem."""
    headers = {"Accept-Ranges": "bytes", "ETag": etag}
    if name:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    asked = request.headers.get("range")
    if request.headers.get("if-range", etag) != etag:
        asked = None
    try:
        found = byte_range(asked, size)
    except UnsatisfiableError:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = (found.start, found.end) if found else (0, size)
    headers["Content-Length"] = str(end - start)
    if found:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if found else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return _FilmResponse(_begun(read(start, end)), status_code=status, headers=headers, media_type=media_type)


class _CutShort(Exception):
    """A disk failed when part of the answer was on its way already."""


class _FilmResponse(StreamingResponse):
    """Where a disk fails in the middle, the connection ends there: the browser sees that bytes are missing, shows what
    it has and asks for the rest when somebody wants it."""

    async def stream_response(self, send: Send) -> None:
        try:
            await super().stream_response(send)
        except _CutShort as cut:
            _log.warning("a film ends early: its disk cannot be read", reason=str(cut))


def _begun(pieces: Iterator[bytes]) -> Iterator[bytes]:
    # The first piece is read before the answer begins, so that a disk that is gone is said in words.
    try:
        first = next(pieces, b"")
    except OSError as error:
        raise unreadable(error) from error

    def all_pieces() -> Iterator[bytes]:
        yield first
        try:
            yield from pieces
        except OSError as error:
            raise _CutShort(str(error)) from error

    return all_pieces()


class Films:
    """Films of looks that go on: pinned, since an index over a growing segment would change under the player."""

    def __init__(self, open_film: Callable[[str, int, int], Playback]) -> None:
        """`open_film` takes point, start and end and raises NoFootage, DatabaseError, OSError."""
        self._open = open_film
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Playback] = OrderedDict()

    def open(self, point: str, start_ms: int, end_ms: int) -> Playback:
        """A film that nobody looks at yet. Raises NoFootage, DatabaseError, OSError."""
        return self._open(point, start_ms, end_ms)

    def keep(self, look_id: str, film: Playback) -> None:
        """Pin the film of a look that is written down."""
        with self._lock:
            self._kept[look_id] = film
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)

    def of(self, look: Access) -> Playback:
        """The film of a look; after a restart it is opened again if it is still the stretch that is written down.

        Raises PageProblem, DatabaseError.
        """
        with self._lock:
            film = self._kept.get(look.id)
        if film is not None:
            return film
        try:
            film = self._open(look.points[0], look.from_ms, look.to_ms)
        except NoFootage as error:
            raise PageProblem(410, ENDED) from error
        except OSError as error:
            raise unreadable(error) from error
        if (film.start_ms, film.end_ms) != (look.from_ms, look.to_ms):
            raise PageProblem(410, ENDED)  # a segment that grew then holds more than the log says was seen
        self.keep(look.id, film)
        return film


def etag_of(film: Playback) -> str:
    """Names the film's bytes: its head describes every segment and its length."""
    return f'"{hashlib.sha256(film.head + str(film.size).encode()).hexdigest()[:32]}"'
