"""The truth of simulated stars found again in a catalogue: bias, scatter, coverage and flags.

What is said of a star's [Fe/H] counts only for those that have a true one: binaries and δ Scuti
stars have none, and are wrong with any value.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.harmonic import MAX_HARMONICS
from rrcat.schema import Bit

FAR = 4.0
"""Standard errors beyond which a value is far off."""

WITHIN_95 = 1.96
WARNING = "warning"
# A period is wrong that differs by more than this from the true one: drifts, of 15 ppm, do not.
WRONG_PERIOD = 1e-3
# Scatter, of the peak-to-peak amplitude, of a modulation that is meant to be found.
STRONG = 0.10
# Flux of a neighbour in units of that of the star, from which a blend is meant to be found.
BRIGHT_NEIGHBOUR = 0.3


class Meant(NamedTuple):
    """What a flag speaks of, in words, and the stars of which it is true."""

    what: str
    stars: pl.Expr


_wrong_period = (pl.col("period") / pl.col("true_period") - 1.0).abs() > WRONG_PERIOD
_foreign = pl.col("true_type") == "other"
_modulated = pl.col("modulation") > STRONG * pl.col("peak_to_peak")
_wrong_type = pl.col("pulsation_type") != pl.col("true_type")
_unsteady = (
    _modulated | (pl.col("true_type") == "RRd") | (pl.col("difficulty") == "many bad epochs")
)
MEANT: Mapping[str, Meant] = {
    "blazhko": Meant("modulated", pl.col("true_blazhko")),
    "period_unusual": Meant("wrong period, or no RR Lyrae star", _wrong_period | _foreign),
    "many_outliers": Meant("many bad epochs", pl.col("difficulty") == "many bad epochs"),
    "period_in_doubt": Meant("searched, wrong period", pl.col("searched") & _wrong_period),
    "period_alias": Meant("searched, wrong period", pl.col("searched") & _wrong_period),
    "period_at_bound": Meant("wrong period", _wrong_period),
    "type_in_doubt": Meant("inferred, wrong type", pl.col("inferred") & _wrong_type),
    "poor_fit": Meant(
        "wrong period, strong modulation, two modes, bad epochs", _wrong_period | _unsteady
    ),
    "excess_scatter": Meant(
        "wrong period, strong modulation, two modes, bad epochs", _wrong_period | _unsteady
    ),
    "double_mode": Meant("two modes", pl.col("true_type") == "RRd"),
    "blend_suspected": Meant("bright neighbour", pl.col("blend") > BRIGHT_NEIGHBOUR),
    "small_amplitude": Meant(
        "bright neighbour, or no RR Lyrae star", (pl.col("blend") > BRIGHT_NEIGHBOUR) | _foreign
    ),
}
"""What the simulation knows of flags. The others speak of the value itself, or of the data."""


def compare(
    catalogue: pl.DataFrame, truth: pl.DataFrame, learned: pl.Series, bits: Sequence[Bit]
) -> pl.DataFrame:
    """Give the stars of a catalogue that have a value, beside the truth.

    Parameters
    ----------
    catalogue, truth
        ``catalogue.parquet`` and ``simulated/truth.parquet`` of a build.
    learned
        ``source_id`` of the calibrators, which the catalogue was learned from.
    bits
        Those of the column ``flags``.

    Returns
    -------
    One row a star, sorted: columns of the catalogue; what of the truth is named alike, with
    ``true_`` before it; ``mag``, the true mean [mag]; ``residual``, value less truth [dex],
    ``undiluted_residual``, that of ``feh_undiluted``, and ``pull``, in standard errors;
    ``inside_68`` and ``inside_95``, whether the intervals hold the truth; ``peculiar``, whether
    what is expected of the shape is further from the truth than from the value, so that no light
    curve tells it; ``modulation``, the scatter that a Blazhko effect makes [mag];
    ``modulus_residual`` [mag] and ``modulus_pull``; ``warned``, whether a flag is set that warns;
    ``learned``, whether the star is a calibrator; ``searched`` and ``inferred``, whether its period
    and type were found in the light curve. Null where one is not known.
    """
    true = truth.rename(
        {
            "feh": "true_feh",
            "period": "true_period",
            "pulsation_type": "true_type",
            "blazhko": "true_blazhko",
            "distance_modulus": "true_modulus",
            "mean_mag": "mag",
        }
    ).select(pl.exclude("absolute_mag", "reddening", "^(a|phi)[0-9]+$"), modulation=_modulation())
    off, modulus_off = (
        pl.col("feh") - pl.col("true_feh"),
        pl.col("distance_modulus") - pl.col("true_modulus"),
    )
    outer = WITHIN_95 * pl.col("feh_error")
    low = pl.coalesce("feh_p025", pl.col("feh") - outer)
    high = pl.coalesce("feh_p975", pl.col("feh") + outer)
    warning = sum(bit.value for bit in bits if bit.kind == WARNING)
    value = {bit.name: bit.value for bit in bits}
    return (
        catalogue.drop_nulls("feh")
        .join(true, on="source_id", validate="1:1")
        .with_columns(
            residual=off,
            undiluted_residual=pl.col("feh_undiluted") - pl.col("true_feh"),
            pull=off / pl.col("feh_error"),
            inside_68=pl.col("true_feh").is_between("feh_p16", "feh_p84"),
            inside_95=pl.col("true_feh").is_between(low, high),
            peculiar=(pl.col("true_feh") - pl.col("expected_feh")).abs()
            > (pl.col("feh") - pl.col("expected_feh")).abs(),
            modulus_residual=modulus_off,
            modulus_pull=modulus_off / pl.col("distance_modulus_error"),
            warned=pl.col("flags") & warning != 0,
            learned=pl.col("source_id").is_in(learned.implode()),
            searched=pl.col("flags") & value["period_searched"] != 0,
            inferred=pl.col("flags") & value["type_inferred"] != 0,
        )
        .sort("source_id")
    )


def recovered(stars: pl.DataFrame) -> pl.DataFrame:
    """Give one row: how well the true [Fe/H] of some stars is found again.

    Returns
    -------
    ``n``; ``bias``, the mean residual, its standard error ``bias_error``, and ``scatter``, the
    standard deviation of residuals [dex]; ``undiluted_bias``, that of ``feh_undiluted``;
    ``coverage_68`` and ``coverage_95``, the shares of stars whose intervals hold the truth;
    ``far``, the share beyond :data:`FAR` standard errors.
    """
    known = stars.drop_nulls("residual")
    return known.select(
        n=pl.len(),
        bias=pl.col("residual").mean(),
        bias_error=pl.col("residual").std() / pl.len().sqrt(),
        scatter=pl.col("residual").std(),
        undiluted_bias=pl.col("undiluted_residual").mean(),
        coverage_68=pl.col("inside_68").mean(),
        coverage_95=pl.col("inside_95").mean(),
        far=_far().mean(),
    )


def recovered_by(stars: pl.DataFrame, column: str, edges: Sequence[float]) -> pl.DataFrame:
    """Give :func:`recovered` in bins of a column, with ``low`` and ``high``, the edges of each.

    A bin has its lower edge; those without a star are left out.
    """
    rows = []
    for low, high in pairwise(edges):
        inside = (pl.col(column) >= low) & (pl.col(column) < high)
        told = recovered(stars.filter(inside))
        rows.append(told.select(pl.lit(low).alias("low"), pl.lit(high).alias("high"), pl.all()))
    return pl.concat(rows).filter(pl.col("n") > 0)


class Trend(NamedTuple):
    """A slope and its standard error, dex/mag."""

    slope: float
    error: float


def trend(stars: pl.DataFrame) -> Trend:
    """Give how the residual rises with the true mean magnitude: of a least-squares line."""
    known = stars.drop_nulls(["residual", "mag"])
    mag, residual = (known[name].to_numpy() for name in ("mag", "residual"))
    away = mag - mag.mean()
    slope = float((away * residual).sum() / (away**2).sum())
    rest = residual - residual.mean() - slope * away
    return Trend(slope, float(np.sqrt((rest**2).sum() / (mag.size - 2) / (away**2).sum())))


def warned(stars: pl.DataFrame) -> pl.DataFrame:
    """Give what warnings find, one row for each kind of stars whose values are wrong.

    Returns
    -------
    ``what``: ``far``, further off than :data:`FAR` errors; ``peculiar``, those of them that no
    light curve tells; ``foreign``, what is no RR Lyrae star; ``wrong``, far or foreign; ``told``,
    wrong but not peculiar. ``n`` stars, of which ``warned`` have a warning; ``caught`` is that
    share, null of none.
    """
    far, foreign = _far().fill_null(False), pl.col("true_feh").is_null()
    peculiar = far & pl.col("peculiar").fill_null(False)
    kinds = {
        "far": far,
        "peculiar": peculiar,
        "foreign": foreign,
        "wrong": far | foreign,
        "told": (far | foreign) & ~peculiar,
    }
    return pl.concat(
        stars.filter(which).select(
            what=pl.lit(what),
            n=pl.len(),
            warned=pl.col("warned").sum(),
            caught=pl.col("warned").mean(),
        )
        for what, which in kinds.items()
    )


def flag_table(stars: pl.DataFrame, bits: Sequence[Bit]) -> pl.DataFrame:
    """Give what each flag finds that any star has: one row a flag, in the order of the bits.

    Returns
    -------
    ``flag``, ``kind``; ``n`` stars with it, and their ``share``; ``meant`` in words and ``n_meant``
    stars of which it is true, ``precision`` (share of the stars with the flag of which that is
    true) and ``recall`` (share of these stars that have it), null where nothing is known;
    ``wrong``, the share of stars with the flag that are far off or no RR Lyrae stars, and
    ``of_wrong``, the share of all such stars that have it.
    """
    wrong = _mask(stars, _wrong())
    rows = []
    for bit in bits:
        flagged = _mask(stars, pl.col("flags") & bit.value != 0)
        if not flagged.any():
            continue
        meant = MEANT.get(bit.name)
        true = None if meant is None else _mask(stars, meant.stars)
        rows.append(
            {
                "flag": bit.name,
                "kind": bit.kind,
                "n": int(flagged.sum()),
                "share": float(flagged.mean()),
                "meant": None if meant is None else meant.what,
                "n_meant": None if true is None else int(true.sum()),
                "precision": None if true is None else _share(true, flagged),
                "recall": None if true is None else _share(flagged, true),
                "wrong": _share(wrong, flagged),
                "of_wrong": _share(flagged, wrong),
            }
        )
    return pl.DataFrame(rows, schema=FLAG_TABLE)


FLAG_TABLE = {
    "flag": pl.String,
    "kind": pl.String,
    "n": pl.Int64,
    "share": pl.Float64,
    "meant": pl.String,
    "n_meant": pl.Int64,
    "precision": pl.Float64,
    "recall": pl.Float64,
    "wrong": pl.Float64,
    "of_wrong": pl.Float64,
}


def moduli(stars: pl.DataFrame) -> pl.DataFrame:
    """Give one row: how well the true distance moduli of some stars are found again.

    Returns
    -------
    ``n``; ``bias``, the median residual, and ``scatter``, half of what lies between its 16th and
    84th percentile [mag]; ``pull``, the same of the pulls, 1 where errors are what they should be;
    ``coverage_68`` and ``coverage_95``, shares of stars within 1 and 1.96 standard errors.
    """
    known = stars.drop_nulls("modulus_pull")
    residual, pull = pl.col("modulus_residual"), pl.col("modulus_pull")

    def width(values: pl.Expr) -> pl.Expr:
        return (values.quantile(0.8413, "linear") - values.quantile(0.1587, "linear")) / 2

    return known.select(
        n=pl.len(),
        bias=residual.median(),
        scatter=width(residual),
        pull=width(pull),
        coverage_68=(pull.abs() <= 1.0).mean(),
        coverage_95=(pull.abs() <= WITHIN_95).mean(),
    )


def _modulation() -> pl.Expr:
    """Give the rms of what a modulation adds to the mean light curve [mag].

    A relative amplitude of m and a phase of p rad, both sines, add m²A²/4 and k²p²A²/4 to the
    variance for each harmonic k of amplitude A.
    """
    deep, late = pl.col("modulated_amplitude") ** 2, pl.col("modulated_phase") ** 2
    orders = range(1, MAX_HARMONICS + 1)
    return pl.sum_horizontal((deep + k**2 * late) * pl.col(f"a{k}") ** 2 / 4 for k in orders).sqrt()


def _far() -> pl.Expr:
    return pl.col("pull").abs() > FAR


def _wrong() -> pl.Expr:
    return _far().fill_null(False) | pl.col("true_feh").is_null()


def _mask(stars: pl.DataFrame, which: pl.Expr) -> NDArray[np.bool_]:
    return stars.select(which.fill_null(False).alias("which"))["which"].to_numpy()


def _share(of: NDArray[np.bool_], among: NDArray[np.bool_]) -> float | None:
    """Give which share of the stars ``among`` is also ``of``; None of no star."""
    return float(of[among].mean()) if among.any() else None
