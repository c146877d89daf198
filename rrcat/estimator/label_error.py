"""The errors of labels, in the errors of a model that learned from them.

How far a label is off is mostly a matter of the light curve, for the estimator that gave it saw
nothing else. A model that learns from it copies that with the rest, and its residuals are silent
about it: what it takes for its error is that of the copy.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

INTERVALS = (("feh_p16", "feh_p84", 1.0), ("feh_p025", "feh_p975", 1.96))
"""Percentiles of 68 and of 95 %, and their distances from the value, in errors of a Gaussian."""


def typical_errors(labels: pl.DataFrame) -> dict[str, float]:
    """Give the median error of labels by pulsation type [dex].

    Parameters
    ----------
    labels
        Frame of the table ``calibrators``; a row without type counts for no type.
    """
    by_type = labels.drop_nulls("pulsation_type").group_by("pulsation_type")
    return dict(by_type.agg(pl.col("feh_error").median()).sort("pulsation_type").iter_rows())


def with_label_error(
    answer: pl.DataFrame, stars: pl.DataFrame, errors: Mapping[str, float]
) -> pl.DataFrame:
    """Give an answer whose errors have those of the labels in them, in quadrature.

    ``feh_error_label`` keeps the error without them. Percentiles move away from ``feh`` likewise.

    Parameters
    ----------
    answer
        Frame of the table ``predictions``; ``estimator`` and columns without values may lack.
    stars
        ``source_id`` and ``pulsation_type`` of its stars.
    errors
        As of :func:`typical_errors`; a type that is not among them has the largest of them.
    """
    if not errors:
        return answer
    of_type = pl.col("pulsation_type").replace_strict(
        list(errors), list(errors.values()), default=max(errors.values()), return_dtype=pl.Float64
    )
    known = answer.join(
        stars.select("source_id", label_error=of_type.fill_null(max(errors.values()))),
        on="source_id",
        how="left",
        maintain_order="left",
    )
    feh = pl.col("feh")

    def wider(size: pl.Expr, width: float = 1.0) -> pl.Expr:
        return (size**2 + (width * pl.col("label_error")) ** 2).sqrt()

    widened = {
        "feh_error": wider(pl.col("feh_error")),
        "feh_undiluted_error": wider(pl.col("feh_undiluted_error")),
        **{low: feh - wider(feh - pl.col(low), width) for low, _, width in INTERVALS},
        **{high: feh + wider(pl.col(high) - feh, width) for _, high, width in INTERVALS},
    }
    present = (rule.alias(name) for name, rule in widened.items() if name in answer.columns)
    return known.with_columns(*present, feh_error_label="feh_error").select(
        *dict.fromkeys([*answer.columns, "feh_error_label"])
    )
