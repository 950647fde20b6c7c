"""Photos from telephones and from people who mean harm."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from camera.picture_size import NoPictureError, pixels
from safety.photo import LIMIT_BYTES, LONGEST_SIDE, NotAPhotoError, PhotoShelf, TooLargeError, redrawn


def picture(width: int = 64, height: int = 48, ending: str = ".jpg") -> bytes:
    noise = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return bytes(cv2.imencode(ending, noise)[1])


@pytest.mark.parametrize("ending", [".jpg", ".png"])
def test_a_photo_is_drawn_anew_as_jpeg(ending: str) -> None:
    jpeg = redrawn(picture(ending=ending))
    assert pixels(jpeg) == (64, 48)
    assert jpeg.startswith(b"\xff\xd8")


def test_what_is_hidden_in_the_file_does_not_come_along() -> None:
    secret = b"GPS 39.9042 N 116.4074 E <script>alert(1)</script>"
    plain = picture()
    comment = b"\xff\xfe" + struct.pack(">H", len(secret) + 2) + secret
    assert secret not in redrawn(plain[:2] + comment + plain[2:] + secret)


def test_a_large_photo_is_made_smaller() -> None:
    assert max(pixels(redrawn(picture(4000, 1000)))) == LONGEST_SIDE


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + b"0" * 100, b"<svg/>", b"\xff\xd8\xff" + b"\0" * 50, picture()[:40], picture(ending=".png")[:60]],
)
def test_what_is_not_a_photo_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPhotoError):
        redrawn(data)


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded() -> None:
    bomb = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + struct.pack(">II", 60_000, 60_000) + b"\x08\x02\0\0\0" + b"\0" * 60
    with pytest.raises(TooLargeError):
        redrawn(bomb)
    with pytest.raises(TooLargeError):
        redrawn(b"\xff\xd8\xff" + bytes(LIMIT_BYTES))


@given(st.binary(max_size=300), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]))
def test_reading_a_size_never_fails_otherwise(data: bytes, magic: bytes) -> None:
    try:
        width, height = pixels(magic + data)
    except NoPictureError:
        return
    assert width >= 0
    assert height >= 0


def test_a_photo_is_kept_once_under_its_hash_and_a_changed_file_is_not_shown(tmp_path: Path) -> None:
    shelf = PhotoShelf(tmp_path / "photos")
    kept = shelf.keep(picture())
    assert shelf.keep(picture()) == kept
    path = shelf.find(kept.sha256)
    assert path is not None
    assert path.read_bytes() == picture()
    assert [file.name for file in (tmp_path / "photos").rglob("*") if file.is_file()] == [f"{kept.sha256}.jpg"]
    path.write_bytes(picture() + b"!")
    assert shelf.find(kept.sha256) is None
    assert shelf.find("../../etc/passwd") is None
    assert shelf.find("0" * 64) is None
