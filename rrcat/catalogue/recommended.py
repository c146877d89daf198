"""Predictions with calibrated errors, and the rows of the combination among them."""

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.catalogue.combination import (
    COMBINATION,
    Combination,
    OfType,
    Stars,
    recommend,
    undiluted,
)
from rrcat.catalogue.spectrum_error import without_spectrum_error
from rrcat.estimator.label_error import with_label_error
from rrcat.evaluation.uncertainty import matrix
from rrcat.schema import conform, load

FloatArray = NDArray[np.float64]


def with_recommended(
    predictions: pl.DataFrame, stars: pl.DataFrame, learned: Combination
) -> pl.DataFrame:
    """Give predictions with calibrated errors, and with rows of the estimator ``combination``.

    Their ``variant`` names the members that a value is made of. A star of a type of which nothing
    was learned has the value of the first member that has one, and errors stay as they are.

    Parameters
    ----------
    predictions
        Frame of the table ``predictions``, of one or several estimators.
    stars
        ``source_id``, ``pulsation_type`` and :data:`rrcat.evaluation.uncertainty.CONDITIONS` of
        their stars.

    Returns
    -------
    pl.DataFrame
        Frame of the table ``predictions``, sorted. Each star is the same in any company.
    """
    table = load("predictions")
    known = pl.col("pulsation_type").is_in(list(learned.types)).fill_null(False)
    others = _of(predictions, stars.filter(~known))
    found = [others, _first(others, learned.members)]
    for kind, of_type in learned.types.items():
        some = stars.filter(pl.col("pulsation_type") == kind).sort("source_id")
        rows = _of(predictions, some)
        calibrated = pl.concat(conform(one, table) for one in _of_type(rows, some, of_type))
        if kind in learned.spectrum_error:
            calibrated = without_spectrum_error(calibrated, learned.spectrum_error[kind])
        found.append(with_label_error(calibrated, some, learned.label_error))
    return pl.concat([conform(one, table) for one in found]).sort(table.sort)


def stars_of_type(predictions: pl.DataFrame, stars: pl.DataFrame, ids: Sequence[str]) -> Stars:
    """Give what some estimators say of stars, in the order of ``stars``.

    The error is that against what was learned from, ``feh_error_label`` where that is given.
    """
    error = pl.coalesce("feh_error_label", "feh_error").alias("error")
    found = {id: _aligned(predictions, stars, id, "feh", error) for id in ids}
    return Stars(
        {id: matrix(rows, ["feh"])[:, 0] for id, rows in found.items()},
        {id: matrix(rows, ["error"])[:, 0] for id, rows in found.items()},
        matrix(stars),
    )


def _of(predictions: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    return predictions.join(stars, on="source_id", how="semi", maintain_order="left")


def _aligned(
    predictions: pl.DataFrame, stars: pl.DataFrame, id: str, *columns: str | pl.Expr
) -> pl.DataFrame:
    given = predictions.filter(pl.col("estimator") == id).select("source_id", *columns)
    return stars.select("source_id").join(
        given, on="source_id", how="left", validate="1:1", maintain_order="left"
    )


def _first(predictions: pl.DataFrame, members: Sequence[str]) -> pl.DataFrame:
    """Give rows of the combination that repeat the first member with a value, or say why none."""
    rank = pl.col("estimator").replace_strict(
        list(members), list(range(len(members))), return_dtype=pl.Int32
    )
    return (
        predictions.filter(pl.col("estimator").is_in(list(members)))
        .with_columns(none=pl.col("feh").is_null(), rank=rank)
        .sort("source_id", "none", "rank")
        .unique("source_id", keep="first", maintain_order=True)
        .with_columns(
            variant=pl.when(~pl.col("none")).then("estimator"), estimator=pl.lit(COMBINATION)
        )
        .drop("none", "rank")
    )


def _of_type(rows: pl.DataFrame, stars: pl.DataFrame, learned: OfType) -> Iterator[pl.DataFrame]:
    """Yield the rows of each estimator, then those of the combination, for stars of a type."""
    given = stars_of_type(rows, stars, list(learned.errors))
    for id, calibration in learned.errors.items():
        error = calibration.calibrated(given.error[id], given.conditions)
        inner, outer = error * calibration.width_68, error * calibration.width_95
        told = _values(stars, given.value[id], error, inner, outer)
        mine = rows.filter(pl.col("estimator") == id)
        yield mine.drop(told.columns[1:]).join(
            told, on="source_id", how="left", validate="1:1", maintain_order="left"
        )
    best = recommend(learned, given)
    flat, flat_error = undiluted(learned, best, given.conditions)
    used = best.share > 0
    extrapolated = np.column_stack(
        [
            _aligned(rows, stars, id, "extrapolated")["extrapolated"].fill_null(False).to_numpy()
            for id in learned.members
        ]
    )
    first = _aligned(rows, stars, learned.members[0], "status")
    yield _values(
        stars,
        best.value,
        best.error,
        best.error * best.width_68,
        best.error * best.width_95,
    ).with_columns(
        feh_undiluted=flat,
        feh_undiluted_error=flat_error,
        estimator=pl.lit(COMBINATION),
        variant=pl.Series(_names(used, learned.members), dtype=pl.String),
        extrapolated=pl.Series((used & extrapolated).any(axis=1)),
        status=pl.when(pl.lit(pl.Series(used.any(axis=1))))
        .then(pl.lit("ok"))
        .otherwise(pl.lit(first["status"])),
    )


def _values(
    stars: pl.DataFrame,
    value: FloatArray,
    error: FloatArray,
    inner: FloatArray,
    outer: FloatArray,
) -> pl.DataFrame:
    columns = {
        "feh": value,
        "feh_error": error,
        "feh_p025": value - outer,
        "feh_p16": value - inner,
        "feh_p84": value + inner,
        "feh_p975": value + outer,
    }
    return stars.select("source_id").with_columns(**columns)


def _names(used: NDArray[np.bool_], members: Sequence[str]) -> list[str | None]:
    """Give the names of the members that were used for each star, joined by +."""
    codes = used @ (1 << np.arange(len(members)))
    names = {
        code: "+".join(id for bit, id in enumerate(members) if code >> bit & 1)
        for code in np.unique(codes).tolist()
    }
    return [names[code] or None for code in codes.tolist()]
