"""An earlier catalogue of the same stars: how far the values have moved."""

from typing import Any

import polars as pl

from rrcat.catalogue.validation.config import EarlierCatalogue
from rrcat.catalogue.validation.result import (
    Result,
    judge,
    not_made,
    signed,
    table,
    together,
    verdict,
)
from rrcat.catalogue.validation.robust import middle

CHECK = "reference"
OFFSET = "values agree with the earlier catalogue in the mean"
SCATTER = "values agree with the earlier catalogue star by star"
FEWEST = 10
# What is told one by one: the stars beyond so many scatters, the farthest first.
OUTLIER, MOST_TOLD = 5.0, 20


def check_earlier(
    rows: pl.DataFrame, earlier: pl.DataFrame, settings: EarlierCatalogue, significance: float
) -> list[Result]:
    """Give the checks of values, less those of an earlier catalogue of the same stars, by type.

    Parameters
    ----------
    rows
        As :func:`~rrcat.catalogue.validation.evidence.rows_of` gives them.
    earlier
        ``source_id, feh`` on the scale of the catalogue.
    """
    both = (
        rows.join(earlier.select("source_id", feh_earlier="feh"), on="source_id", validate="1:1")
        .drop_nulls(["feh", "feh_earlier"])
        .with_columns(difference=pl.col("feh") - pl.col("feh_earlier"))
        .sort("source_id")
    )
    told = [
        _of_type(kind, these["difference"])
        for kind in ("RRab", "RRc")
        if (these := both.filter(pulsation_type=kind)).height >= FEWEST
    ]
    if not told:
        reason = f"{both.height} stars have a value in both"
        return [not_made(CHECK, name, reason) for name in (OFFSET, SCATTER)]
    each = [
        judge(row["median_difference"], row["error"], settings.offset, significance) for row in told
    ]
    offset = max(told, key=lambda row: abs(row["median_difference"]))
    scatter = max(told, key=lambda row: row["scatter"])
    passed = together(each)
    text = "; ".join(
        f"{row['n']:,} {row['pulsation_type']} stars differ by "
        f"{signed(row['median_difference'], row['error'])}"
        for row in told
    )
    words = "; ".join(
        f"{row['n']:,} {row['pulsation_type']} stars scatter by {row['scatter']:.3f} dex, "
        f"{row['n_outliers']} are far off"
        for row in told
    )
    return [
        Result(
            CHECK,
            OFFSET,
            passed,
            verdict(passed, text),
            offset["median_difference"],
            settings.offset,
            "dex",
            table(told),
        ),
        Result(
            CHECK,
            SCATTER,
            scatter["scatter"] <= settings.scatter,
            words,
            scatter["scatter"],
            settings.scatter,
            "dex",
            table(_outliers(both, told)),
        ),
    ]


def _of_type(kind: str, differences: pl.Series) -> dict[str, Any]:
    values = differences.to_numpy()
    found = middle(values)
    far = abs(values - found.value) > OUTLIER * found.scatter
    return {
        "pulsation_type": kind,
        "n": found.n,
        "median_difference": found.value,
        "error": found.error,
        "scatter": found.scatter,
        "n_outliers": int(far.sum()) if found.scatter > 0 else 0,
    }


def _outliers(both: pl.DataFrame, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    centre = {row["pulsation_type"]: row["median_difference"] for row in told}
    spread = {row["pulsation_type"]: row["scatter"] for row in told}

    def of_type(numbers: dict[str, float]) -> pl.Expr:
        kind = pl.col("pulsation_type")
        return kind.replace_strict(numbers, default=None, return_dtype=pl.Float64)

    off = (pl.col("difference") - of_type(centre)).abs()
    return (
        both.filter((off > OUTLIER * of_type(spread)) & (of_type(spread) > 0))
        .sort(off, "source_id", descending=[True, False])
        .head(MOST_TOLD)
        .select("source_id", "pulsation_type", "feh", "feh_earlier", "difference")
        .to_dicts()
    )
