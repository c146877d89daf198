"""From the tables of epoch photometry that archives give to our rows of ``light_curves``."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from rrcat.archive.account import label
from rrcat.archive.columns import LightCurvesMapping
from rrcat.archive.config import TimeSystem
from rrcat.archive.light_curve_forms import Form
from rrcat.archive.mapping import ROW, map_table
from rrcat.archive.readers import RawTable, with_nulls
from rrcat.errors import ArchiveError
from rrcat.schema import load

MAG_PER_RELATIVE_FLUX = 2.5 / math.log(10.0)
"""Magnitudes for one e-fold of flux: the derivative of Pogson's law, 1.0857."""

WORDS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False, "?": None}
"""How text formats spell booleans, in lower case; VOTable's question mark is null."""


def to_rows(raw: RawTable, forms: Sequence[Form], time: TimeSystem, place: Path) -> pl.DataFrame:
    """Give the observations of a table of epoch photometry in our columns of ``light_curves``.

    The table is read in the first of the forms that it has all columns of. Of wide tables and
    arrays, every transit gives a row in every band, also where it was not observed: nothing is
    judged here, and NaN stays NaN. Arrays have one length in each band of a star; an array that is
    null or empty stands for nulls. Rows are sorted by star, band and time, and numbered in
    :data:`~rrcat.archive.mapping.ROW`.

    Where the archive gives a flux F with its error but no error of the magnitude, that is
    2.5 / ln 10 * sigma_F / F, and null where F is not positive.

    Raises
    ------
    ArchiveError
        The table has none of the forms, arrays of one band and star differ in length, or a column
        cannot be mapped.
    """
    form = form_of(raw, forms, place)
    bands = [_band(raw, form, mapping, time, place) for mapping in form.mappings()]
    rows = pl.concat(bands, how="diagonal_relaxed")
    order = [name for name in load("light_curves").sort if name in rows.columns]
    star = label(rows)
    ordered = rows.sort([star, *(n for n in order if n != star)], maintain_order=True)
    return ordered.drop(ROW).with_row_index(ROW, offset=1)


def form_of(raw: RawTable, forms: Sequence[Form], place: Path) -> Form:
    """Give the first of the forms that a table has.

    Raises
    ------
    ArchiveError
        It has none of them.
    """
    there = raw.frame.columns
    for form in forms:
        if set(form.asked) <= set(there) and _fits(raw.frame, form):
            return form
    missing = min(
        ([name for name in form.asked if name not in there] for form in forms),
        key=len,
    )
    raise ArchiveError(
        "the table has none of the forms that the profile describes: "
        + (f"there is no column {missing[0]!r}" if missing else "arrays and numbers are mixed up"),
        file=place,
        column=missing[0] if missing else None,
        hint=f"describe it in `forms` of [archive.light_curves]; its columns are "
        f"{', '.join(there) or 'none'}",
    )


def _fits(frame: pl.DataFrame, form: Form) -> bool:
    """Whether magnitudes stand in arrays if the form says so; a column of nulls may be either."""
    columns = {name for mapping in form.mappings() for name in mapping.columns["mag"].asked}
    known = [name for name in columns if frame[name].null_count() < frame.height]
    return all(_is_array(frame[name]) == (form.kind == "arrays") for name in known)


def _is_array(cells: pl.Series) -> bool:
    if cells.dtype == pl.String:
        return bool(cells.str.starts_with("[").any())
    return isinstance(cells.dtype, pl.List | pl.Array)


def _band(
    raw: RawTable, form: Form, mapping: LightCurvesMapping, time: TimeSystem, place: Path
) -> pl.DataFrame:
    asked = sorted({name for source in mapping.columns.values() for name in source.asked})
    frame = raw.frame.select(asked)
    if form.kind == "arrays":
        frame = _exploded(frame, mapping, place)
    frame = with_nulls(frame, form.null_values)
    rejected = mapping.columns.get("rejected")
    if rejected is not None and not rejected.values and rejected.contains is None:
        frame = frame.with_columns(_boolean(frame[name]) for name in rejected.asked)
    rows = map_table(replace(raw, frame=frame), mapping, time, place)
    if "mag_error" not in rows.columns and {"flux", "flux_error"} <= set(rows.columns):
        relative = pl.col("flux_error") / pl.col("flux")
        positive = (pl.col("flux") > 0) & pl.col("flux").is_finite()
        rows = rows.with_columns(mag_error=pl.when(positive).then(MAG_PER_RELATIVE_FLUX * relative))
    return rows


def _exploded(frame: pl.DataFrame, mapping: LightCurvesMapping, place: Path) -> pl.DataFrame:
    """Give a row for each element of the arrays; a column without arrays is repeated."""
    frame = frame.with_columns(
        _listed(pl.col(name)) if dtype == pl.String else pl.col(name).arr.to_list()
        for name, dtype in frame.schema.items()
        if not isinstance(dtype, pl.List) and _is_array(frame[name])
    )
    arrays = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    if not arrays:
        return frame.clear()
    lengths = frame.select(pl.col(arrays).list.len().fill_null(0))
    longest = lengths.select(pl.max_horizontal(arrays).alias("n"))["n"]
    differs = lengths.select(
        pl.any_horizontal((pl.col(arrays) != 0) & (pl.col(arrays) != longest))
    ).to_series()
    if differs.any():
        row = int(differs.arg_true()[0])
        found = ", ".join(f"{name} {n}" for name, n in lengths.row(row, named=True).items())
        star = next(
            s.column for n, s in mapping.columns.items() if n in ("source_id", "archive_id")
        )
        raise ArchiveError(
            f"arrays of one star differ in length: {found}",
            file=place,
            star=None if star is None else frame[star][row],
            hint="the answer may be damaged: get it again",
        )
    filled = [
        pl.when(lengths[name] == 0)
        .then(pl.lit(None).repeat_by(longest).cast(frame.schema[name]))
        .otherwise(pl.col(name))
        .alias(name)
        for name in arrays
    ]
    return frame.with_columns(filled).filter(longest > 0).explode(arrays)


def _listed(cell: pl.Expr) -> pl.Expr:
    """Give the lists of words that cells of text such as ``[1.5, NaN, null]`` hold.

    Numbers stay text here: JSON, in which CSV and ECSV write arrays, has no NaN.
    """
    inside = cell.str.strip_chars("[] ")
    word = pl.element().str.strip_chars(' "')
    words = inside.str.split(",").list.eval(pl.when(word != "null").then(word))
    return pl.when(inside != "").then(words)


def _boolean(cells: pl.Series) -> pl.Series:
    """Give text as booleans where every word of it is one; else the cells as they are."""
    if cells.dtype != pl.String:
        return cells
    words = cells.str.to_lowercase()
    if not words.drop_nulls().is_in(list(WORDS)).all():
        return cells
    return words.replace_strict(WORDS, return_dtype=pl.Boolean)
