"""References as bytes, so that a restart does not forget what a place looks like."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

import numpy as np

from camera.picture.measure import Light
from camera.picture.reference import Reference

_VERSION: Final = 1
_SCALE: Final = 200.0  # edge shares are kept to half a percent


def to_bytes(reference: Reference) -> bytes:
    """About 60 kB."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        version=_VERSION,
        light=reference.light.value,
        looks=reference.looks,
        edges=np.round(reference.edges * _SCALE).astype(np.uint8),
        detail=reference.detail,
        coarse=reference.coarse,
        rows=reference.rows,
        columns=reference.columns,
        figures=np.array([reference.noise_sigma, reference.cast, reference.mean]),
        picture=reference.picture,
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
            edges=values["edges"].astype(np.float32) / _SCALE,
            detail=values["detail"],
            coarse=values["coarse"],
            noise_sigma=noise_sigma,
            rows=values["rows"],
            columns=values["columns"],
            cast=cast,
            mean=mean,
            picture=values["picture"],
        )
    except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile):
        return None
