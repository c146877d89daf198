"""How much dust is in front of each star: E(B−V) from the first source that knows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from rrcat.catalogue.distance.coefficients import ambiguity, coefficient, systems
from rrcat.catalogue.distance.config import Absorption, ColumnReddening, Extinction
from rrcat.catalogue.distance.maps import look_up

COLUMNS = {
    "ebv": pl.Float64(),
    "ebv_error": pl.Float64(),
    "ebv_syst": pl.Float64(),
    "ebv_source": pl.String(),
}


def reddening(stars: pl.DataFrame, sources: tuple[Extinction, ...], folder: Path) -> pl.DataFrame:
    """Give E(B−V) of the stars, in the system of the extinction coefficients.

    Parameters
    ----------
    stars
        With ``ra, dec, ebv, ebv_error, g_absorption, g_absorption_error`` of the table stars.
    sources
        Where it is from, the preferred first.
    folder
        That the paths of maps are relative to.

    Returns
    -------
    Frame of one row a star, in their order: ``ebv`` and ``ebv_error`` [mag]; ``ebv_syst`` [mag], by
    how much it is off if it was given in another system than the recipe says; ``ebv_source``, its
    kind. All are null where no source knows.

    Raises
    ------
    ArchiveError, RunError
        A map cannot be read.
    """
    found = pl.DataFrame(schema=COLUMNS).clear(stars.height)
    for source in sources:
        this = _of(stars, source, folder)
        lacking = found["ebv"].is_null()
        found = found.select(
            pl.when(lacking).then(this[name]).otherwise(pl.col(name)).alias(name)
            for name in COLUMNS
        )
    return found


def _of(stars: pl.DataFrame, source: Extinction, folder: Path) -> pl.DataFrame:
    """Give what one source says of the stars."""
    if isinstance(source, Absorption):
        given = stars.select(value="g_absorption", error="g_absorption_error")
        factor, doubt = 1.0 / coefficient("G").value, 0.0
    else:
        factor, doubt = systems()[source.system].factor, ambiguity(source.system)
        if isinstance(source, ColumnReddening):
            given = stars.select(value="ebv", error="ebv_error")
        else:
            place = [stars[name].fill_null(np.nan).to_numpy() for name in ("ra", "dec")]
            found = look_up(source, place[0], place[1], folder)
            given = pl.DataFrame(dict(zip(("value", "error"), found, strict=True))).fill_nan(None)
    value = pl.col("value")
    error = pl.coalesce("error", source.relative_error * value.abs())
    return given.select(
        ebv=factor * value,
        ebv_error=pl.when(value.is_not_null()).then(factor * error),
        ebv_syst=doubt * value.abs(),
        ebv_source=pl.when(value.is_not_null()).then(pl.lit(source.kind)),
    )
