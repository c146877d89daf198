"""VOTable and FITS read through astropy, as frames of a table: what any other reader must give."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from astropy.io import fits, votable

from rrcat.release.fits import null_in_fits
from rrcat.schema import Column, Table


def read_votable(path: Path, table: Table) -> pl.DataFrame:
    """Give the rows of a VOTable; a missing text comes back empty."""
    read = votable.parse(path, verify="exception").get_first_table().array
    columns = []
    for column in table.column:
        cells = read[column.name]
        columns.append(_series(column, cells.data, cells.mask))
    return pl.DataFrame(columns)


def read_fits(path: Path, table: Table) -> pl.DataFrame:
    """Give the rows of a FITS table; a missing text comes back empty."""
    with fits.open(path, memmap=False) as hdus:
        read = hdus[1].data
        columns = []
        for column in table.column:
            cells = np.asarray(read[column.name])
            null = null_in_fits(column)
            mask = np.zeros(cells.shape, dtype=bool) if null is None else cells == null
            columns.append(_series(column, cells, mask))
    return pl.DataFrame(columns)


def _series(column: Column, cells: np.ndarray[Any, Any], mask: np.ndarray[Any, Any]) -> pl.Series:
    if column.dtype == "string":
        return pl.Series(column.name, cells.tolist(), dtype=pl.String)
    native = cells.astype(cells.dtype.newbyteorder("="))
    if native.dtype.kind == "f":
        mask = mask | np.isnan(native)
    flat = pl.select(pl.when(pl.Series(~mask.ravel())).then(pl.Series(native.ravel()))).to_series()
    if isinstance(column.polars, pl.Array):
        flat = flat.reshape((-1, column.polars.shape[0]))
    return flat.alias(column.name).cast(column.polars)
