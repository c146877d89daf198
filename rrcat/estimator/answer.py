"""What a model may answer: checked before it goes any further."""

from __future__ import annotations

import polars as pl

from rrcat import schema
from rrcat.errors import PluginError

# Found by comparison with calibrators once the model has answered, as is who it was.
NOT_ANSWERED = (
    "estimator",
    "feh_error_label",
    "feh_p025",
    "feh_p975",
    "feh_undiluted",
    "feh_undiluted_error",
)
VALUES = ("feh", "feh_error", "feh_p16", "feh_p84", "feh_plug_in")


def checked_answer(answer: pl.DataFrame, asked: pl.Series, estimator: str) -> pl.DataFrame:
    """Give the answer of a model with every column of ``predictions`` that it may have.

    ``status`` is filled with ``ok`` where it is absent. A finite value outside the range of the
    schema says that the model was far from home, not that it is broken: that star gets the status
    ``estimator_failed`` and no value.

    Raises
    ------
    PluginError
        The answer has an unknown column or type, misses a star or has one twice, has a value and
        a reason or neither, a NaN, an error that is not positive, or percentiles out of order.
    """
    if not isinstance(answer, pl.DataFrame):
        raise PluginError(
            f"the estimator answered with a {type(answer).__name__} instead of a Polars frame",
            plugin=estimator,
        )
    table = schema.load("predictions")
    types = {n: t for n, t in table.polars_schema.items() if n not in NOT_ANSWERED}
    if unknown := sorted(set(answer.columns) - set(types)):
        raise PluginError(
            f"the answer has unknown columns: {', '.join(unknown)}",
            plugin=estimator,
            hint=f"the columns are {', '.join(types)}",
        )
    try:
        answer = answer.select(
            pl.col(name).cast(kind) if name in answer.columns else pl.lit(None, kind).alias(name)
            for name, kind in types.items()
        )
    except pl.exceptions.PolarsError as error:
        raise PluginError(f"the answer has a wrong type: {error}", plugin=estimator) from None
    _same_stars(answer["source_id"], asked, estimator)
    answer = answer.with_columns(pl.col("status").fill_null("ok")).sort("source_id")
    for rule, broken in _rules(table["status"].values or ()).items():
        rows = answer.filter(broken)
        if rows.height:
            raise PluginError(
                f"the answer of the estimator {rule} for {rows.height} of {answer.height} stars",
                plugin=estimator,
                star=rows["source_id"][0],
                hint="give a finite [Fe/H] with a positive error, or null and a status",
            )
    far = pl.any_horizontal(
        ~pl.col(name).is_between(*table[name].range)  # type: ignore[misc]
        for name in ("feh", "feh_error")
    ).fill_null(False)
    return answer.with_columns(
        *(pl.when(~far).then(pl.col(name)).alias(name) for name in (*VALUES, "extrapolated")),
        pl.when(far).then(pl.lit("estimator_failed")).otherwise("status").alias("status"),
    )


def _same_stars(answered: pl.Series, asked: pl.Series, estimator: str) -> None:
    lost = asked.filter(~asked.is_in(answered.implode()))
    extra = answered.filter(~answered.is_in(asked.implode()) | answered.is_null())
    twice = answered.filter(answered.is_duplicated())
    for what, stars in (("lost", lost), ("invented", extra), ("gave twice", twice)):
        if len(stars):
            raise PluginError(
                f"the estimator {what} {len(stars)} of the {len(asked)} stars it was asked for",
                plugin=estimator,
                star=stars[0],
                hint="every star asked for comes back once, with a value or a reason",
            )


def _rules(words: tuple[str, ...]) -> dict[str, pl.Expr]:
    ok = pl.col("status") == "ok"
    not_finite = pl.any_horizontal((~pl.col(name).is_finite()).fill_null(False) for name in VALUES)
    return {
        "has an unknown status": ~pl.col("status").is_in(list(words)),
        "has NaN or infinity": not_finite,
        "has neither a value nor a reason": ok & pl.col("feh").is_null(),
        "has a value and a reason against it": ~ok & pl.col("feh").is_not_null(),
        "has a value without an error": ok & pl.col("feh_error").is_null(),
        "has an error that is not positive": (pl.col("feh_error") <= 0).fill_null(False),
        "has only one of the percentiles": pl.col("feh_p16").is_null()
        != pl.col("feh_p84").is_null(),
        "has percentiles out of order": (
            (pl.col("feh_p16") > pl.col("feh")) | (pl.col("feh") > pl.col("feh_p84"))
        ).fill_null(False),
    }
