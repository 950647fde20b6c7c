"""Draws one uploaded picture anew; run by safety.photo in a short-lived process, because pictures can be hostile."""

from __future__ import annotations

import os
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # one thread is enough, and each costs address space
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = "60000000"

import cv2
import numpy as np

from foundation.short_process import refuse

_QUALITY = 85


def main(longest_side: int) -> None:
    data = np.frombuffer(sys.stdin.buffer.read(), dtype=np.uint8)
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)  # turns it upright by its EXIF orientation
    except cv2.error as error:
        refuse(f"not decodable: {error.err}")
    if picture is None:
        refuse("not decodable")
    height, width = picture.shape[:2]
    scale = longest_side / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        refuse("not encodable")
    sys.stdout.buffer.write(jpeg.tobytes())


if __name__ == "__main__":
    main(int(sys.argv[1]))
