"""Folded light curves as sequences: what networks and other learners of light curves read."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat import schema
from rrcat.harmonic import MAX_HARMONICS, evaluate_each
from rrcat.harmonic.angles import FULL_TURN
from rrcat.lightcurve.cleaning import KEY, CleaningSettings, clean
from rrcat.lightcurve.packing import FloatArray, PackedLightCurves, fold, pack

# Without these a light curve cannot be folded.
_FOLDED_WITH = ("period", "reference_time", "phi1", "zp_mag")
_AMPLITUDES = [f"a{k}" for k in range(1, MAX_HARMONICS + 1)]
_PHASES = [f"phi{k}1" for k in range(2, MAX_HARMONICS + 1)]


def sequences(
    light_curves: pl.DataFrame, features: pl.DataFrame, cleaning: CleaningSettings | None = None
) -> pl.DataFrame:
    """Give the observations that each harmonic fit rests on, folded and sorted by phase.

    They are cleaned, folded with the period of the fit so that its first harmonic has phase 0 at
    0, and taken from its mean magnitude. What the fit has clipped is left out: it keeps the
    observations of least residual in units of error and intrinsic scatter, so those that lie
    farthest from its series are dropped, ``n_clipped`` of them.

    Parameters
    ----------
    light_curves
        As :func:`rrcat.lightcurve.clean` takes them, in any order; folded ones too.
    features
        Frame of the table ``features``, fitted to these light curves after the same cleaning.
        Features that are an archive's own count on its cleaning and clipping, which is not known:
        they fold a light curve, but nothing is clipped. ``rrcat.run`` fits such light curves
        itself.
    cleaning
        Settings of the fit.

    Returns
    -------
    sequences
        Frame of the table ``sequences``, one row for each light curve with a fit.
    """
    needed = pl.all_horizontal(pl.col(name).is_not_null() for name in _FOLDED_WITH)
    fitted = schema.conform(features, schema.load("features")).filter(
        pl.col("fit_status") == "ok", needed
    )
    used = light_curves.join(fitted.select(KEY), on=KEY, how="semi")
    packed = pack(clean(used, cleaning)[0])
    fits = packed.keys.join(fitted, on=KEY, how="left", maintain_order="left")
    curve = np.repeat(np.arange(fits.height), np.diff(packed.offsets))

    def each(name: str) -> FloatArray:
        """Give a number of its fit for each observation."""
        return fits[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[curve]

    period = each("period")
    time = np.where(np.isnan(packed.time), np.mod(packed.phase, 1.0) * period, packed.time)
    phase = fold(time, period, each("reference_time") - period * each("phi1") / FULL_TURN)
    mag = packed.mag - each("zp_mag")
    series = evaluate_each(
        phase,
        0.0,
        [each(name) for name in _AMPLITUDES],
        [np.zeros_like(phase), *(each(name) for name in _PHASES)],
    )
    kept = _not_clipped(packed, np.abs(mag - series), fits)
    order = np.lexsort((phase, curve))  # of equal phases the earlier time stays first
    order = order[kept[order]]
    return _frame(fits, curve[order], phase[order], mag[order], packed.mag_error[order])


def _not_clipped(
    packed: PackedLightCurves, residual: FloatArray, fits: pl.DataFrame
) -> NDArray[np.bool_]:
    """Tell which observations are not among the ``n_clipped`` most deviant of their light curve."""
    kept = np.ones(residual.size, dtype=np.bool_)
    n_clipped = fits["n_clipped"].fill_null(0).to_numpy()
    scatter = fits["residual_scatter"].fill_null(0.0).to_numpy()
    for one in np.flatnonzero(n_clipped):  # few light curves have any
        here = slice(packed.offsets[one], packed.offsets[one + 1])
        variance = packed.mag_error[here] ** 2
        intrinsic = max(scatter[one] ** 2 - variance.mean(), 0.0)
        # Errors are all known or all unknown in a light curve; unknown ones weigh the same.
        weight = np.maximum(variance + intrinsic, np.finfo(np.float64).tiny)
        deviation = residual[here] / np.sqrt(weight)
        kept[here][np.argsort(-deviation, kind="stable")[: n_clipped[one]]] = False
    return kept


def _frame(
    fits: pl.DataFrame,
    curve: NDArray[np.intp],
    phase: FloatArray,
    mag: FloatArray,
    mag_error: FloatArray,
) -> pl.DataFrame:
    table = schema.load("sequences")
    below_one = np.nextafter(np.float32(1.0), np.float32(0.0))
    points = pl.DataFrame(
        {
            "curve": curve,
            # Rounded to 32 bits, a phase just below 1 would be 1.
            "phase": np.minimum(phase.astype(np.float32), below_one),
            "mag": mag.astype(np.float32),
            "mag_error": _representable(mag_error),
        }
    )
    lists = points.group_by("curve", maintain_order=True).agg(
        "phase", "mag", "mag_error", pl.len().alias("n_points")
    )
    known = pl.col("mag_error").list.first() > 0.0
    rows = (
        fits.with_row_index("curve")
        .select(pl.col("curve").cast(pl.Int64), *KEY, "period", mean_mag="zp_mag")
        .join(lists, on="curve", how="inner", maintain_order="left")
        .with_columns(mag_error=pl.when(known).then("mag_error"))
        .select(pl.col(name).cast(kind) for name, kind in table.polars_schema.items())
    )
    return rows.sort(table.sort)


def _representable(errors: FloatArray) -> NDArray[Any]:
    """Give errors as 32 bits can hold them, 0 where they are unknown."""
    limits = np.finfo(np.float32)
    single = np.clip(errors, limits.tiny, limits.max).astype(np.float32)
    return np.where(errors > 0.0, single, np.float32(0.0))
