"""Light curves as ragged arrays, laid out once for the kernels; and folding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from rrcat.lightcurve.cleaning import KEY

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PackedLightCurves:
    """Light curves end to end; those of curve i are ``offsets[i]:offsets[i + 1]``.

    ``offsets`` has the shape ``(n_light_curves + 1,)``, times [d], phases [cycles] and
    magnitudes [mag] ``(n_observations,)``.
    """

    keys: pl.DataFrame
    """``source_id, band`` of each light curve, sorted."""
    offsets: NDArray[np.int64]
    """Shape ``(n_light_curves + 1,)``."""
    time: FloatArray
    """d; NaN where only the phase is known."""
    phase: FloatArray
    """Cycles; NaN where the time is known."""
    mag: FloatArray
    """mag."""
    mag_error: FloatArray
    """mag; 0 where the errors of the light curve are unknown."""


def pack(kept: pl.DataFrame) -> PackedLightCurves:
    """Give the arrays of cleaned observations, sorted as :func:`rrcat.lightcurve.clean` sorts."""
    ordered = kept.sort(*KEY, "time", "phase", "mag", "mag_error")
    lengths = ordered.group_by(KEY, maintain_order=True).len()
    offsets = np.zeros(lengths.height + 1, dtype=np.int64)
    np.cumsum(lengths["len"].to_numpy(), out=offsets[1:])

    def column(name: str, missing: float) -> FloatArray:
        values = ordered[name].cast(pl.Float64).fill_null(missing).to_numpy()
        return np.ascontiguousarray(values, dtype=np.float64)

    return PackedLightCurves(
        keys=lengths.select(KEY),
        offsets=offsets,
        time=column("time", np.nan),
        phase=column("phase", np.nan),
        mag=column("mag", np.nan),
        mag_error=column("mag_error", 0.0),
    )


def fold(time: ArrayLike, period: ArrayLike, reference_time: ArrayLike = 0.0) -> FloatArray:
    """Give the phase in cycles, in [0, 1), of times in d; 0 at the reference time.

    ``time``, ``period`` [d] and ``reference_time`` have any shapes that go together.
    """
    elapsed = np.asarray(time, dtype=np.float64) - np.asarray(reference_time, dtype=np.float64)
    cycle = elapsed / np.asarray(period, dtype=np.float64)
    phase = cycle - np.floor(cycle)
    # A tiny negative cycle rounds to 1 itself.
    return np.where(phase >= 1.0, 0.0, phase)
