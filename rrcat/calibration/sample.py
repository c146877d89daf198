"""The calibration sample: who is in it, and for everyone who is not, why."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from rrcat.archive.config import TimeSystem
from rrcat.archive.identity import identifiers
from rrcat.archive.mapping import ROW, map_file
from rrcat.calibration import scales
from rrcat.calibration.config import CalibrationSection
from rrcat.calibration.pool import pool
from rrcat.calibration.stars import physical_stars
from rrcat.errors import RecipeError
from rrcat.schema import check, conform, load

SAME_PERIOD = 1e-3
"""Relative difference up to which two periods are one, written with fewer digits."""

COLUMNS = ("archive_id", *load("spectra").names)

FOR_PEOPLE: dict[str, pl.DataType] = {
    "archive_id": pl.String(),
    "source_id": pl.Int64(),
    "other_id": pl.String(),
    "name": pl.String(),
    "taken": pl.Boolean(),
    "reason": pl.String(),
    "pulsation_type": pl.String(),
    "blazhko": pl.Boolean(),
    "feh": pl.Float64(),
    "feh_error": pl.Float64(),
    "feh_scatter": pl.Float64(),
    "feh_scale": pl.String(),
    "n_spectra": pl.Int32(),
    "sources": pl.String(),
    "instruments": pl.String(),
    "n_left_out": pl.UInt32(),
    "left_out": pl.String(),
}
"""Columns of ``sample.csv``."""


@dataclass(frozen=True)
class Sample:
    """The calibrators, and the table for people.

    ``calibrators`` is a frame of the table ``calibrators``. ``stars`` has one row for every star
    of the file, taken or not, and the columns :data:`FOR_PEOPLE`: who the star is, ``taken``,
    ``reason`` (null for those taken), what is known of it, how many of its measurements were left
    out and why. ``teacher`` is what is recorded of the catalogue whose values they are; None for
    spectra.
    """

    calibrators: pl.DataFrame
    stars: pl.DataFrame
    teacher: dict[str, Any] | None = None


def read_sample(
    config: CalibrationSection,
    base: Path,
    *,
    survey: str,
    with_light_curve: pl.Series,
    scale: str,
) -> Sample:
    """Read measurements and pool them to one row for each physical star.

    Parameters
    ----------
    base
        Folder that the path of the file is relative to.
    survey
        Name of the survey, which with ``archive_id`` makes the ``source_id``.
    with_light_curve
        ``source_id`` of the stars that the archive has light curves, or features, of.
    scale
        Metallicity scale to bring the values to.

    Raises
    ------
    ArchiveError
        The file cannot be read or mapped.
    RecipeError
        No star is left, or no conversion between the scales is known.
    """
    rows = _rows(config, base, survey)
    rows = rows.with_columns(_why_not(config))
    value, error = scales.convert(
        rows["feh"] + rows["shift"], rows["feh_error"], config.scale, scale
    )
    rows = rows.with_columns(feh=pl.Series(value), feh_error=pl.Series(error))
    used = rows.filter(pl.col("why_not").is_null())
    pooled = pool(used, error_floor=config.error_floor)
    stars = (
        _described(rows, set(with_light_curve))
        .join(pooled, on="star", how="left", validate="1:1", maintain_order="left")
        .with_columns(reason=pl.concat_list(_reasons()).list.drop_nulls().list.join("; "))
        .with_columns(taken=pl.col("reason") == "", feh_scale=pl.lit(scale))
        .with_columns(reason=pl.when(~pl.col("taken")).then("reason"))
    )
    taken = stars.filter("taken")
    if taken.is_empty():
        raise RecipeError(
            f"no calibrator is left of {stars.height} stars: {counted(stars['reason'])}",
            file=base / config.file,
            hint="check [calibration]: its identifiers, `where`, and the columns it maps",
        )
    table = load("calibrators")
    calibrators = conform(taken.select(n for n in table.names if n in taken.columns), table)
    calibrators = calibrators.sort(table.sort)
    check(calibrators, table, file=base / config.file)
    return Sample(calibrators, for_people(stars))


def stars_named(config: CalibrationSection, base: Path, *, survey: str) -> pl.Series:
    """Give the ``source_id`` of the stars that a file of measurements is about, sorted.

    Several of a star that has several light curves. Rows that `where` leaves out name no star.

    Raises
    ------
    ArchiveError
        The file cannot be read or mapped.
    """
    rows = _rows(config, base, survey)
    named = rows.filter(~pl.col("outside"))["star"]
    of_them = rows.filter(pl.col("star").is_in(named.implode()))
    return of_them["source_id"].drop_nulls().unique().sort()


def _rows(config: CalibrationSection, base: Path, survey: str) -> pl.DataFrame:
    """Give every row of the file, with the star it belongs to and whether `where` leaves it out."""
    time = TimeSystem()
    rows, _ = map_file(config.model_copy(update={"where": None}), time, base)
    left = rows[ROW] if config.where is None else map_file(config, time, base)[0][ROW]
    types = {"archive_id": pl.String(), **load("spectra").polars_schema}
    rows = rows.with_columns(
        pl.lit(None, types[name]).alias(name) for name in COLUMNS if name not in rows.columns
    ).with_columns(pl.col(name).replace("", None) for name in ("archive_id", "other_id"))
    if "source_id" not in config.columns:
        ids = identifiers(survey, rows["archive_id"].drop_nulls())
        rows = rows.drop("source_id").join(ids, on="archive_id", how="left", maintain_order="left")
    return rows.with_columns(
        physical_stars(rows, ["source_id", "other_id"]),
        outside=~pl.col(ROW).is_in(left.implode()),
        shift=pl.col("shift") if "shift" in config.columns else pl.lit(0.0),
    )


def _why_not(config: CalibrationSection) -> pl.Expr:
    """Give the reason why a measurement is left out; null for one that is taken."""
    low, high = config.feh_range
    unknown = {
        name: pl.col(name).is_null() | ~pl.col(name).is_finite()
        for name in ("feh", "feh_error", "shift")
    }
    return (
        pl.when("outside")
        .then(pl.lit("left out by where"))
        .when(unknown["feh"])
        .then(pl.lit("no [Fe/H]"))
        .when(~pl.col("feh").is_between(low, high))
        .then(pl.lit("[Fe/H] out of range"))
        .when(unknown["feh_error"] | (pl.col("feh_error") <= 0))
        .then(pl.lit("no error"))
        .when(unknown["shift"])
        .then(pl.lit("no shift to the scale"))
        .alias("why_not")
    )


def _described(rows: pl.DataFrame, served: set[int]) -> pl.DataFrame:
    """Give what the rows of each star say together; what is said of it counts in taken rows only.

    ``source_id`` is the smallest of those with a light curve, or else the smallest.
    """
    rows = rows.with_columns(served=pl.col("source_id").is_in(list(served)))
    used = pl.col("why_not").is_null()

    def joined(name: str, where: pl.Expr) -> pl.Expr:
        words = pl.col(name).filter(where).drop_nulls().unique().sort()
        return words.str.join("; ").replace("", None).alias(name)

    everything = pl.lit(True)
    preferred = pl.col("source_id").sort_by(~pl.col("served"), "source_id", nulls_last=True)
    periods = pl.col("period").filter(used & pl.col("period").is_finite()).drop_nulls()
    types = pl.col("pulsation_type").filter(used).drop_nulls().unique()
    return rows.group_by("star", maintain_order=True).agg(
        source_id=preferred.first(),
        archive_id=pl.col("archive_id")
        .sort_by(~pl.col("served"), "source_id", nulls_last=True)
        .first(),
        other_id=joined("other_id", everything),
        name=joined("name", everything),
        pulsation_type=types.first(),
        blazhko=pl.col("blazhko").filter(used).any() if _known(rows, "blazhko") else None,
        sources=joined("source", used),
        instruments=joined("instrument", used),
        n_left_out=(~used).sum(),
        left_out=joined("why_not", ~used),
        with_light_curve=pl.col("served").any(),
        several_types=types.len() > 1,
        several_periods=periods.max() > periods.min() * (1 + SAME_PERIOD),
    )


def _known(rows: pl.DataFrame, name: str) -> bool:
    return rows[name].null_count() < rows.height


def _reasons() -> list[pl.Expr]:
    """Give the reasons against a star, each null where it does not hold."""
    rules = {
        "no light curve": ~pl.col("with_light_curve").fill_null(False),
        "two periods": pl.col("several_periods").fill_null(False),
        "two pulsation types": pl.col("several_types"),
    }
    return [
        pl.when(pl.col("feh").is_null()).then(pl.col("left_out")),
        *(pl.when(rule).then(pl.lit(reason)) for reason, rule in rules.items()),
    ]


def for_people(stars: pl.DataFrame) -> pl.DataFrame:
    """Give the columns :data:`FOR_PEOPLE` of stars, absent ones null; those taken come first."""
    absent = [
        pl.lit(None, kind).alias(name)
        for name, kind in FOR_PEOPLE.items()
        if name not in stars.columns
    ]
    return (
        stars.with_columns(absent)
        .select(*FOR_PEOPLE)
        .sort("taken", "archive_id", "source_id", "name", descending=[True, False, False, False])
    )


def counted(reasons: pl.Series) -> str:
    """Give the most frequent reasons with their numbers, in words."""
    counts = reasons.value_counts(name="n").sort("n", reasons.name, descending=[True, False])
    return ", ".join(f"{n} {reason}" for reason, n in counts.head(5).iter_rows())
