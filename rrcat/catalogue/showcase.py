"""Which stars are shown one by one: typical ones, and those that a reader should worry about."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from rrcat.schema import Table

JUDGED = ("source_id", "pulsation_type", "feh", "feh_error", "feh_status", "flags")
"""Columns of the catalogue that stars are chosen by."""

MOST = 200
"""Stars that are shown of a large catalogue; a smaller one is shown whole."""

OF_TYPE, OF_FLAG, OF_STATUS, OF_RESIDUAL = 5, 3, 2, 15

BEST, TYPICAL, WORST = "smallest error", "typical error", "largest error"
RESIDUAL, SPREAD, REST = "calibrator far from its value", "across the metallicities", "the rest"


def showcase(
    catalogue: pl.DataFrame, table: Table, residuals: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Give ``source_id`` and ``why`` of the stars to show, sorted by ``source_id``.

    ``why`` is a list of reasons, the first the one that brought the star in: a calibrator with one
    of the largest residuals; smallest, median and largest errors of each type; examples of each
    flag and of each reason for having no value; stars along the range of [Fe/H].

    Parameters
    ----------
    catalogue
        :data:`JUDGED` of rows of ``table``, in any order.
    residuals
        ``source_id`` and ``residual`` [dex] of calibrators; None where there are none.
    """
    rows = catalogue.sort("source_id")
    why: dict[int, list[str]] = {}
    whole = rows.height <= MOST
    for reason, stars in _reasons(rows, table, residuals):
        for star in stars:
            if star in why:
                why[star].append(reason)
            elif whole or len(why) < MOST:
                why[star] = [reason]
    if whole:
        for star in rows["source_id"].to_list():
            why.setdefault(star, [REST])
    types: dict[str, Any] = {"source_id": pl.Int64, "why": pl.List(pl.String)}
    return pl.DataFrame({"source_id": list(why), "why": list(why.values())}, types).sort(
        "source_id"
    )


def _reasons(
    rows: pl.DataFrame, table: Table, residuals: pl.DataFrame | None
) -> Iterator[tuple[str, list[int]]]:
    """Yield each reason with its stars, the most telling reason first."""
    if residuals is not None:
        size = residuals.with_columns(size=pl.col("residual").abs())
        far = size.join(rows.select("source_id"), on="source_id", how="semi")
        far = far.sort("size", "source_id", descending=[True, False]).head(OF_RESIDUAL)
        yield RESIDUAL, far["source_id"].to_list()
    sure = rows.drop_nulls(["feh", "feh_error"]).sort("feh_error", "source_id")
    for kind in (*(table["pulsation_type"].values or ()), None):
        stars = sure.filter(pl.col("pulsation_type").eq_missing(pl.lit(kind, dtype=pl.String)))
        ids = stars["source_id"].to_list()
        middle = max(0, len(ids) // 2 - OF_TYPE // 2)
        yield f"{kind or 'type unknown'}: {BEST}", ids[:OF_TYPE]
        yield f"{kind or 'type unknown'}: {TYPICAL}", ids[middle : middle + OF_TYPE]
        yield f"{kind or 'type unknown'}: {WORST}", ids[::-1][:OF_TYPE]
    for bit in table["flags"].bits:
        flagged = rows.filter(pl.col("flags") & bit.value != 0)
        yield f"flag {bit.name}", _spread(flagged, OF_FLAG)
    for status in table["feh_status"].values or ():
        if status != "ok":
            yield f"no value: {status}", _spread(rows.filter(feh_status=status), OF_STATUS)
    yield SPREAD, _spread(rows.drop_nulls("feh").sort("feh", "source_id"), MOST // 5)


def _spread(rows: pl.DataFrame, n: int) -> list[int]:
    """Give some stars at equal steps through the rows, the first and the last among them."""
    if rows.height <= n:
        return rows["source_id"].to_list()
    places = [round(step * (rows.height - 1) / (n - 1)) for step in range(n)]
    return rows["source_id"].gather(places).to_list()
