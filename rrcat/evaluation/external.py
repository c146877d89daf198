"""Metallicities that others published for the same stars."""

from math import inf
from pathlib import Path

import polars as pl

from rrcat.archive.config import TimeSystem
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import map_file
from rrcat.calibration.scales import convert
from rrcat.errors import ArchiveError
from rrcat.evaluation.config import ExternalFile
from rrcat.schema import load


def read_external(config: ExternalFile, base: Path, *, survey: str, scale: str) -> pl.DataFrame:
    """Give ``source_id``, ``feh`` and ``feh_error`` of published values, on a scale [dex].

    What is not finite is not known, nor is an error that is not positive.

    Raises
    ------
    ArchiveError
        The file cannot be read or mapped, gives a star twice, or what is no metallicity.
    RecipeError
        No conversion between the scales is known.
    """
    rows, _ = map_file(config, TimeSystem(), base)
    if "source_id" not in rows.columns:
        ids = identifiers(survey, rows["archive_id"])
        rows = rows.join(ids, on="archive_id", how="left", maintain_order="left")
    if "feh_error" not in rows.columns:
        rows = rows.with_columns(feh_error=pl.lit(None, pl.Float64))
    twice = rows.filter(pl.col("source_id").is_duplicated())
    if twice.height:
        raise ArchiveError(
            f"stars stand twice among the values of {config.id!r}: "
            f"{twice['source_id'].n_unique()} of them",
            file=base / config.file,
            star=twice["source_id"].min(),
            hint="keep one row a star, or take some with `where`",
        )
    known = rows.filter(pl.col("feh").is_finite())
    lowest, highest = load("predictions")["feh"].range or (-inf, inf)
    far = known.filter(~pl.col("feh").is_between(lowest, highest))
    if far.height:
        raise ArchiveError(
            f"{far.height} values of {config.id!r} are outside {lowest:g} to {highest:g} dex, such "
            f"as {far['feh'][0]:g}",
            file=base / config.file,
            star=far["source_id"][0],
            hint="list in `null_values` what means that nothing is known",
        )
    feh, error = convert(known["feh"], known["feh_error"], config.scale, scale)
    given = pl.col("feh_error")
    return (
        known.select("source_id", feh=pl.Series(feh), feh_error=pl.Series(error).fill_nan(None))
        .with_columns(feh_error=pl.when(given.is_finite() & (given > 0)).then(given))
        .sort("source_id")
    )


def beside(predictions: pl.DataFrame, external: pl.DataFrame, id: str) -> pl.DataFrame:
    """Give published values as if an estimator ``id`` had given them, for the same stars.

    One row a star and no repeats: a published value is what it is, and may rest on the very
    calibrators it is tested on.
    """
    asked = predictions.unique("source_id").sort("source_id")
    return (
        asked.drop("feh", "feh_error")
        .join(external, on="source_id", how="left", maintain_order="left")
        .with_columns(
            estimator=pl.lit(id),
            repeat=pl.lit(0, pl.Int32),
            fold=pl.lit(0, pl.Int32),
            status=pl.when(pl.col("feh").is_null())
            .then(pl.lit("not_published"))
            .otherwise(pl.lit("ok")),
        )
        .select(predictions.columns)
    )
