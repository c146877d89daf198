"""Rows of a catalogue as an astropy table, with all that the definition says of its columns."""

from dataclasses import asdict
from typing import Any

import numpy as np
import polars as pl
from astropy import units as u
from astropy.table import MaskedColumn
from astropy.table import Table as AstropyTable

from rrcat.release.about import About
from rrcat.schema import Column, Table


def astropy_table(frame: pl.DataFrame, table: Table, about: About) -> AstropyTable:
    """Give conforming rows as an astropy table: units, descriptions, masked nulls, UCDs in meta."""
    columns = [_column(frame[column.name], column) for column in table.column]
    told = {key: list(one) if isinstance(one, tuple) else one for key, one in asdict(about).items()}
    meta = {key: one for key, one in told.items() if one not in (None, [])}
    meta |= {"schema": f"{table.name} {table.version}", "description": table.description}
    return AstropyTable(columns, meta=meta, copy=False)


def _column(cells: pl.Series, column: Column) -> MaskedColumn:
    values, mask = _filled(cells, column)
    unit = column.unit_in("votable")
    return MaskedColumn(
        values,
        name=column.name,
        mask=mask,
        # astropy's own spelling knows dex and unquoted words, which VOUnit does not.
        unit=u.Unit(unit.replace("'", "")) if unit else None,
        description=column.description,
        meta={"ucd": column.ucd}
        | ({"bits": [bit.model_dump() for bit in column.bits]} if column.bits else {}),
    )


def _filled(cells: pl.Series, column: Column) -> tuple[Any, np.ndarray[Any, Any]]:
    """Give the cells with something in place of a null, and which are null."""
    if isinstance(column.polars, pl.Array):
        length = column.polars.shape[0]
        empty = pl.lit([None] * length, dtype=column.polars)
        whole = cells.to_frame().select(pl.first().fill_null(empty)).to_series()
        flat = whole.explode(empty_as_null=False)
        values = flat.fill_null(np.nan).to_numpy().reshape(-1, length)
        return values, flat.is_null().to_numpy().reshape(-1, length)
    mask = cells.is_null().to_numpy()
    if column.dtype == "string":
        return _texts(cells.fill_null("")), mask
    fill: Any = np.nan
    if column.dtype == "bool":
        fill = False
    elif column.is_integer:
        fill = 0 if column.null is None else column.null
    return cells.fill_null(fill).to_numpy(), mask


def _texts(cells: pl.Series) -> np.ndarray[Any, Any]:
    """Give texts as numpy has them, each distinct one turned once."""
    distinct = cells.unique()
    place = cells.replace_strict(distinct, np.arange(len(distinct)), return_dtype=pl.Int64)
    texts: np.ndarray[Any, Any] = np.array(distinct.to_list() or [""], dtype=np.str_)
    return np.take(texts, place.to_numpy().astype(np.int64))
