"""Why an estimator has no value for a star: the reasons that are the same for every estimator.

Where several hold, the first of this order is given, so that the reader learns first what cannot
be mended, then the first thing that was missing on the way from light curve to metallicity:

1. ``unsupported_pulsation_type`` the star is of a type the estimator has no values for
2. ``no_light_curve``       nothing in a table the estimator reads, in any band
3. ``unsupported_band``     something, but nothing in a band of the model
4. ``no_period``            no period
5. ``no_pulsation_type``    the archive does not say what the star is
6. ``too_few_epochs``       too few observations for a fit
7. ``fit_failed``           the fit did not converge
8. ``missing_features``     a fit, but a parameter the model needs is null

Of several bands of a star, the one that got furthest speaks. A row of features that only says
that there is no light curve is no more than an absent row.

Only a light curve with a fit has a row of ``sequences``. Where there is none, the features of the
star say why, if the batch holds them; if they say nothing, or are those of an archive that has no
light curve of the star, it is ``no_light_curve``.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from rrcat.estimator.batch import StarBatch

# How far a band got on the way to a metallicity.
STEPS = ("no_light_curve", "no_period", "too_few_epochs", "fit_failed", "missing_features", "ok")
_step = {name: step for step, name in enumerate(STEPS)}


def usable(batch: StarBatch, bands: frozenset[str] | None, needs: Sequence[str]) -> StarBatch:
    """Give the batch without the rows that a model cannot use.

    What stays are rows in the bands of the model and, of the features, those with a fit, a period
    and a value in every column that ``needs`` names. Stars keep their row.
    """
    frames = batch.frames()
    for name in frames.keys() - {"stars"}:
        frames[name] = frames[name].filter(_in_bands(bands))
    if "features" in frames:
        frames["features"] = frames["features"].filter(_step_of_features(needs) == _step["ok"])
    return StarBatch(**frames)


def reasons(
    batch: StarBatch,
    *,
    inputs: frozenset[str],
    pulsation_types: frozenset[str],
    bands: frozenset[str] | None,
    needs: Sequence[str],
) -> pl.DataFrame:
    """Give ``source_id, status`` of every star of a checked batch; ``ok`` where a model is asked.

    The order in which reasons are looked for is that of this module's own description.
    """
    stars = batch.stars.select("source_id", "pulsation_type", "period")
    explained = "sequences" in inputs and batch.features is not None
    for name in sorted(inputs | {"features"} if explained else inputs):
        table = batch.frames()[name]
        step = pl.lit(_step["ok"])
        if name == "features":
            step = _step_of_features(needs if name in inputs else ())
            table = table.filter(pl.col("fit_status") != "no_light_curve")
        progress = table.group_by("source_id").agg(
            pl.lit(True).alias(f"{name}_there"),
            _in_bands(bands).any().alias(f"{name}_in_bands"),
            step.filter(_in_bands(bands)).max().alias(f"{name}_step"),
        )
        stars = stars.join(progress, on="source_id", how="left", maintain_order="left")
    if explained:
        stopped = pl.col("features_there") & (pl.col("features_step").fill_null(0) < _step["ok"])
        stars = stars.with_columns(
            pl.col(f"sequences_{fact}").fill_null(False) | (stopped & pl.col(f"features_{fact}"))
            for fact in ("there", "in_bands")
        ).with_columns(sequences_step=pl.coalesce("sequences_step", "features_step"))

    def every(suffix: str) -> pl.Expr:
        return pl.all_horizontal(
            pl.col(f"{name}_{suffix}").fill_null(False) for name in sorted(inputs)
        )

    step = pl.min_horizontal(pl.col(f"{name}_step") for name in sorted(inputs))
    if not inputs & {"features", "sequences"}:  # their rows have a period of their own
        step = pl.when(pl.col("period").is_null()).then(_step["no_period"]).otherwise(step)
    kind = pl.col("pulsation_type")
    rules = (
        ("unsupported_pulsation_type", ~kind.is_in(sorted(pulsation_types))),
        ("no_light_curve", ~every("there")),
        ("unsupported_band", ~every("in_bands")),
        ("no_period", step == _step["no_period"]),
        ("no_pulsation_type", kind.is_null()),
        ("too_few_epochs", step == _step["too_few_epochs"]),
        ("fit_failed", step == _step["fit_failed"]),
        ("missing_features", step == _step["missing_features"]),
    )
    status = pl.coalesce(
        *(pl.when(rule).then(pl.lit(reason)) for reason, rule in rules), pl.lit("ok")
    )
    return stars.select("source_id", status.alias("status"))


def _in_bands(bands: frozenset[str] | None) -> pl.Expr:
    return pl.lit(True) if bands is None else pl.col("band").is_in(sorted(bands))


def _step_of_features(needs: Sequence[str]) -> pl.Expr:
    fitted = (
        pl.when(pl.col("period").is_null())
        .then(_step["no_period"])
        .when(pl.any_horizontal(pl.lit(False), *(pl.col(name).is_null() for name in needs)))
        .then(_step["missing_features"])
        .otherwise(_step["ok"])
    )
    return (
        pl.when(pl.col("fit_status") == "ok")
        .then(fitted)
        .otherwise(pl.col("fit_status").replace_strict(_step, return_dtype=pl.Int32))
        .cast(pl.Int32)
    )
