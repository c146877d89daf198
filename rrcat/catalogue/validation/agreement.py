"""The estimators against each other, pair by pair and type by type."""

from itertools import combinations
from typing import Any

import polars as pl

from rrcat.catalogue.validation.config import AgreementCheck
from rrcat.catalogue.validation.evidence import Evidence
from rrcat.catalogue.validation.result import Result, judge, not_made, signed, table, together
from rrcat.catalogue.validation.robust import middle

CHECK = "agreement"
OFFSET = "the estimators agree in the mean"
SCATTER = "the estimators agree star by star"
TYPES = ("RRab", "RRc")


def check_agreement(
    evidence: Evidence, settings: AgreementCheck, significance: float
) -> list[Result]:
    """Give the checks of the estimators' median difference and of its scatter."""
    told = list_pairs(evidence, settings.least_stars)
    if not told:
        reason = (
            "there is one estimator"
            if len(evidence.estimators) < 2
            else f"no two estimators have values for the same {settings.least_stars} stars"
        )
        return [not_made(CHECK, name, reason) for name in (OFFSET, SCATTER)]
    offset = max(told, key=lambda row: abs(row["median_difference"]))
    scatter = max(told, key=lambda row: row["scatter"])
    return [
        Result(
            CHECK,
            OFFSET,
            together(
                judge(row["median_difference"], row["error"], settings.offset, significance)
                for row in told
            ),
            f"{_words(offset)} differ most, by {signed(offset['median_difference'])}",
            offset["median_difference"],
            settings.offset,
            "dex",
            table(told),
        ),
        Result(
            CHECK,
            SCATTER,
            scatter["scatter"] <= settings.scatter,
            f"{_words(scatter)} scatter most, by {scatter['scatter']:.3f} dex",
            scatter["scatter"],
            settings.scatter,
            "dex",
        ),
    ]


def list_pairs(evidence: Evidence, least_stars: int) -> list[dict[str, Any]]:
    """Give the median difference and the scatter of each two estimators, first less second."""
    values = evidence.predictions.drop_nulls("feh").join(
        evidence.rows.select("source_id", "pulsation_type"), on="source_id", how="inner"
    )
    told = []
    for first, second in combinations(evidence.estimators, 2):
        both = differences(values, first, second)
        for kind in TYPES:
            these = both.filter(pulsation_type=kind)["difference"].to_numpy()
            if these.size >= least_stars:
                found = middle(these)
                told.append(
                    {
                        "first": first,
                        "second": second,
                        "pulsation_type": kind,
                        "n": found.n,
                        "median_difference": found.value,
                        "error": found.error,
                        "scatter": found.scatter,
                    }
                )
    return told


def differences(values: pl.DataFrame, first: str, second: str) -> pl.DataFrame:
    """Give ``difference``, first less second [dex], of the stars that both have a value for."""
    one = values.filter(pl.col("estimator") == first)
    other = values.filter(pl.col("estimator") == second).select("source_id", other="feh")
    return (
        one.join(other, on="source_id", how="inner", validate="1:1")
        .with_columns(difference=pl.col("feh") - pl.col("other"))
        .drop("other")
        .sort("source_id")
    )


def _words(row: dict[str, Any]) -> str:
    return f"{row['first']} and {row['second']}, of {row['n']:,} {row['pulsation_type']} stars,"
