"""Metallicities that others published for the same stars."""

from pathlib import Path

import polars as pl

from rrcat.archive.config import TimeSystem
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import map_file
from rrcat.calibration.scales import convert
from rrcat.errors import ArchiveError
from rrcat.evaluation.config import ExternalFile


def read_external(config: ExternalFile, base: Path, *, survey: str, scale: str) -> pl.DataFrame:
    """Give ``source_id``, ``feh`` and ``feh_error`` of published values, on a scale [dex].

    Raises
    ------
    ArchiveError
        The file cannot be read or mapped, or gives a star twice.
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
            f"{twice['source_id'].n_unique()} stars stand twice among the values of {config.id!r}",
            file=base / config.file,
            star=twice["source_id"].min(),
            hint="keep one row a star, or take some with `where`",
        )
    feh, error = convert(rows["feh"], rows["feh_error"], config.scale, scale)
    return rows.select(
        "source_id",
        feh=pl.Series(feh).fill_nan(None),
        feh_error=pl.Series(error).fill_nan(None),
    ).sort("source_id")


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
