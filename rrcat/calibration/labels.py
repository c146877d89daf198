"""The values of a catalogue as labels: who is taken, and for everyone who is not, why."""

from math import cos, radians
from pathlib import Path

import polars as pl

from rrcat.archive.mapping import sql_filter
from rrcat.calibration import scales
from rrcat.calibration.config import LabelsSection
from rrcat.calibration.sample import Sample, counted, for_people
from rrcat.errors import RecipeError
from rrcat.schema import Table, check, conform, load

SAME_PLACE = 0.1
"""Distance up to which two positions are of one star [deg]: no proper motion is larger."""

OF_ANOTHER = "value of another estimator"


def values_given(rows: pl.DataFrame, table: Table, estimator: str, *, file: Path) -> pl.DataFrame:
    """Give the rows of a catalogue with the values of one estimator alone.

    They are those of its own columns, recommended or not; where it has none, the recommended values
    that it gave. The combination is one of the latter. ``flags`` stay those of the recommended.

    Parameters
    ----------
    table
        Definition of the rows, which names the columns of each estimator.

    Raises
    ------
    RecipeError
        The catalogue has no values of the estimator.
    """
    own = {column.stem: column.name for column in table.column if column.estimator == estimator}
    if own:
        return rows.with_columns(
            pl.col(own[stem]).alias(stem) for stem in ("feh", "feh_error", "feh_status")
        ).with_columns(feh_method=pl.when(pl.col("feh").is_not_null()).then(pl.lit(estimator)))
    columns = pl.Series([c.estimator for c in table.column if c.estimator], dtype=pl.String)
    _require(estimator, pl.concat([rows["feh_method"].drop_nulls(), columns]), file)
    its = (pl.col("feh_method") == estimator).fill_null(False)
    others = pl.col("feh").is_not_null() & ~its
    return rows.with_columns(
        feh_status=pl.when(others).then(pl.lit(OF_ANOTHER)).otherwise("feh_status"),
        feh=pl.when(its).then("feh"),
        feh_error=pl.when(its).then("feh_error"),
    )


def values_predicted(
    rows: pl.DataFrame, table: Table, predictions: pl.DataFrame, estimator: str, *, file: Path
) -> pl.DataFrame:
    """Give the rows of a catalogue with the values of an estimator, recommended or not.

    Parameters
    ----------
    table
        Definition of the rows; the bit ``extrapolated`` of ``flags`` becomes that of the values.
    predictions
        Frame of the table ``predictions`` with the same stars.

    Raises
    ------
    RecipeError
        The estimator predicted none.
    """
    _require(estimator, predictions["estimator"], file)
    (bit,) = (bit.value for bit in table["flags"].bits if bit.name == "extrapolated")
    its = predictions.filter(pl.col("estimator") == estimator).select(
        "source_id", "feh", "feh_error", "extrapolated", feh_status="status"
    )
    outside = pl.col("extrapolated").fill_null(False).cast(pl.Int32)
    return (
        rows.drop("feh", "feh_error", "feh_status")
        .join(its, on="source_id", how="left", validate="1:1", maintain_order="left")
        .with_columns(
            feh_method=pl.when(pl.col("feh").is_not_null()).then(pl.lit(estimator)),
            flags=pl.col("flags") - (pl.col("flags") & bit) + outside * bit,
        )
        .select(rows.columns)
    )


def _require(estimator: str, known: pl.Series, file: Path) -> None:
    if estimator not in (ids := known.unique().sort().to_list()):
        raise RecipeError(
            f"the catalogue has no values of {estimator!r}",
            file=file,
            key="calibration.estimator",
            hint=f"it has those of {', '.join(ids)}" if ids else "it has none at all",
        )


def on_scale(rows: pl.DataFrame, scale: str, *, file: Path) -> pl.DataFrame:
    """Give the rows of a catalogue with ``feh`` and ``feh_error`` on another scale [dex].

    Raises
    ------
    RecipeError
        The rows are on several scales, or no conversion is known.
    """
    given = rows["feh_scale"].unique().sort().to_list()
    if len(given) > 1:
        raise RecipeError(
            f"the catalogue is on several scales: {', '.join(given)}",
            file=file,
            hint="give a catalogue whose values are all on one",
        )
    value, error = scales.convert(rows["feh"], rows["feh_error"], (given or [scale])[0], scale)
    return rows.with_columns(
        feh=pl.Series(value).fill_nan(None),
        feh_error=pl.Series(error).fill_nan(None),
        feh_scale=pl.lit(scale),
    )


def label_sample(
    config: LabelsSection,
    rows: pl.DataFrame,
    table: Table,
    *,
    held_out: pl.Series,
    stars: pl.DataFrame,
    with_light_curve: pl.Series,
    scale: str,
    file: Path,
) -> Sample:
    """Give the labels among the rows of a catalogue, and for every other row the reason.

    Parameters
    ----------
    rows
        Rows of the catalogue, and ``sources``: whose value each one is.
    table
        Their definition, which names the bits of ``flags``.
    held_out
        ``source_id`` of stars that are no labels.
    stars
        The stars of the archive: ``source_id``, ``ra``, ``dec`` [deg].
    with_light_curve
        ``source_id`` of the stars that the archive has light curves, or features, of.
    scale
        Metallicity scale to bring the values to.
    file
        Where the rows are from, for messages.

    Raises
    ------
    RecipeError
        No label is left, or no conversion between the scales is known.
    ArchiveError
        `where` cannot be followed.
    """
    kept = sql_filter(rows, config.where, file=file)["source_id"]
    known = _is_at_another_place(on_scale(rows, scale, file=file), stars)
    bits = {bit.name: bit.value for bit in table["flags"].bits}
    id, error = pl.col("source_id"), pl.col("feh_error")
    rules = {
        "left out by where": ~id.is_in(kept.implode()),
        "held out": id.is_in(held_out.implode()),
        "no error": pl.col("feh").is_not_null() & ~(error > 0).fill_null(False),
        "error too large": error > (config.max_feh_error or float("inf")),
        **{
            f"flag {name}": pl.col("flags") & bits.get(name, 0) != 0
            for name in config.without_flags
        },
        "no light curve": ~id.is_in(with_light_curve.implode()),
        "another star has its number": pl.col("elsewhere"),
    }
    reasons = [
        pl.when(pl.col("feh").is_null()).then(pl.format("no [Fe/H] ({})", "feh_status")),
        *(pl.when(rule).then(pl.lit(reason)) for reason, rule in rules.items()),
    ]
    told = (
        known.with_columns(reason=pl.concat_list(reasons).list.drop_nulls().list.join("; "))
        .with_columns(taken=pl.col("reason") == "")
        .with_columns(reason=pl.when(~pl.col("taken")).then("reason"))
    )
    taken = told.filter("taken")
    if taken.is_empty():
        raise RecipeError(
            f"no label is left of {told.height} stars: {counted(told['reason'])}",
            file=file,
            key="calibration",
            hint="check `without_flags`, `max_feh_error` and `where`, and that the catalogue is of "
            "the stars of this archive",
        )
    labels = load("calibrators")
    calibrators = conform(taken.select(n for n in labels.names if n in taken.columns), labels)
    calibrators = calibrators.sort(labels.sort)
    check(calibrators, labels, file=file)
    return Sample(calibrators, for_people(told))


def _is_at_another_place(rows: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    """Add ``elsewhere``: whether the star of this number is at another place in the archive."""
    both = rows.join(
        stars.select("source_id", "ra", "dec"),
        on="source_id",
        how="left",
        suffix="_there",
        maintain_order="left",
    )
    here, there = (
        (pl.col(f"ra{of}").radians(), pl.col(f"dec{of}").radians()) for of in ("", "_there")
    )
    cosine = (
        here[1].sin() * there[1].sin() + here[1].cos() * there[1].cos() * (here[0] - there[0]).cos()
    )
    return both.with_columns(elsewhere=(cosine < cos(radians(SAME_PLACE))).fill_null(False))
