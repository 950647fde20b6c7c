"""References as bytes, so that a restart does not forget what a place looks like."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

import numpy as np

from camera.picture.measure import Light
from camera.picture.reference import Reference
from camera.picture.registration import View

_VERSION: Final = 3
_SCALE: Final = 127.0


def to_bytes(reference: Reference) -> bytes:
    """About 60 kB."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        version=_VERSION,
        light=reference.light.value,
        looks=reference.looks,
        slope=np.round(reference.slope * _SCALE).astype(np.int8),
        detail=reference.detail,
        contrast=reference.contrast,
        rows=reference.rows,
        columns=reference.columns,
        figures=np.array([reference.noise_sigma, reference.cast, reference.mean]),
        picture=reference.view.picture,
    )
    return file.getvalue()


def from_bytes(body: bytes) -> Reference | None:
    """The reference, or None if the bytes are of another version or damaged: it is then learnt anew."""
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as file:
            values: dict[str, Any] = dict(file)
        if int(values["version"]) != _VERSION:
            return None
        noise_sigma, cast, mean = (float(figure) for figure in values["figures"])
        return Reference(
            light=Light(str(values["light"])),
            looks=int(values["looks"]),
            slope=values["slope"].astype(np.float32) / np.float32(_SCALE),
            detail=values["detail"],
            contrast=values["contrast"],
            noise_sigma=noise_sigma,
            rows=values["rows"],
            columns=values["columns"],
            cast=cast,
            mean=mean,
            view=View(values["picture"]),
        )
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        return None
