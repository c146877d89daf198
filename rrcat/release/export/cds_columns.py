"""Columns as CDS tables have them: label, unit, number of decimals, and cells as fixed width."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from astropy import units as u
from astropy.table import MaskedColumn

from rrcat.errors import ReleaseError
from rrcat.release.cells import fits_text
from rrcat.schema import Column, Table

# Decimals by unit: a digit or two beyond what light curves of RR Lyrae stars can tell.
DECIMALS = {"deg": 9, "d": 9, "mag": 5, "rad": 5, "dex": 4, "kpc": 5}
OTHERS = 5
# A number wider than this is written with an exponent, to DIGITS digits. So is a standard error
# that would keep less than three digits, to ERROR_DIGITS: of errors only the size matters.
WIDEST = 20
DIGITS = 10
ERROR_DIGITS = 5
STANDARD_ERROR = "stat.error"
# Labels of https://vizier.cds.unistra.fr/doc/catstd-3.3.htx
LABELS = {"pos.eq.ra;meta.main": "RAdeg", "pos.eq.dec;meta.main": "DEdeg"}
ERROR = "_error"
CDS_UNITS = {"dex": "[-]", "": "---"}


@dataclass(frozen=True)
class CdsColumn:
    """A column of a CDS table.

    ``form`` is the Fortran format, ``decimals`` the digits after the point of a fixed-point number
    and None for others. ``cells`` are masked where null.
    """

    column: Column
    label: str
    unit: str
    form: str
    decimals: int | None
    cells: MaskedColumn

    @property
    def width(self) -> int:
        """The bytes of a cell."""
        return int(self.form[1:].partition(".")[0])

    @property
    def example(self) -> MaskedColumn:
        """Three cells that show what the column may hold: extremes, and whether any is missing.

        They are all that cdspyreadme looks at to describe it, and it looks at each cell in Python.
        """
        known = np.ma.asarray(self.cells).compressed()
        ends = [known[0], known[0]] if self.form[0] == "A" else [known.min(), known.max()]
        mask = [False, False, known.size < len(self.cells)]
        values = np.array([*ends, ends[1]], dtype=known.dtype)
        return MaskedColumn(values, name=self.label, mask=mask if mask[2] else np.ma.nomask)

    @property
    def limits(self) -> tuple[Any, Any] | None:
        """The least and the greatest value, of integers and fixed-point numbers alone."""
        known = np.ma.asarray(self.cells).compressed()
        if self.form[0] not in "IF" or not known.size:
            return None
        return known.min().item(), known.max().item()


def cds_columns(frame: pl.DataFrame, table: Table) -> list[CdsColumn]:
    """Give those columns of a conforming frame that hold anything.

    Raises
    ------
    ReleaseError
        A column holds arrays, or the labels of two are the same.
    """
    labels = _labels(table)
    return [
        _cds_column(frame[column.name], column, labels[column.name])
        for column in table.column
        if frame[column.name].count()
    ]


def fixed_width(columns: list[CdsColumn]) -> bytes:
    """Give the rows as cdspyreadme writes them, which takes minutes for a large catalogue."""
    n_rows = len(columns[0].cells)
    rows = np.full((n_rows, sum(one.width + 1 for one in columns)), ord(" "), np.uint8)
    start = 0
    for one in columns:
        known = ~np.ma.getmaskarray(one.cells)
        written = np.array(_written(one, known), f"S{one.width}").view(np.uint8)
        rows[known, start : start + one.width] = written.reshape(-1, one.width)
        start += one.width + 1
    rows[rows == 0] = ord(" ")
    rows[:, -1] = ord("\n")
    return rows.tobytes()


def _written(one: CdsColumn, known: np.ndarray[Any, Any]) -> list[str]:
    cells = one.cells.data[known].tolist()
    if one.form[0] == "A":
        return [str(cell) for cell in cells]
    digits = int(one.form.partition(".")[2] or 0)
    form = {"I": "d", "F": f".{digits}f", "E": f".{digits - 1}e"}[one.form[0]]
    form = f"{one.width}{form}"
    return [format(cell, form) for cell in cells]


def _labels(table: Table) -> dict[str, str]:
    labels = {column.name: LABELS.get(column.ucd, column.name) for column in table.column}
    for column in table.column:
        if (of := _error_of(column, table)) is not None:
            labels[column.name] = f"e_{labels[of]}"
    if twice := sorted({label for label in labels.values() if _count(label, labels) > 1}):
        raise ReleaseError(
            f"two columns would have the label {twice[0]}",
            hint="leave one of them out with --columns, or name it otherwise",
        )
    return labels


def _count(label: str, labels: dict[str, str]) -> int:
    return list(labels.values()).count(label)


def _error_of(column: Column, table: Table) -> str | None:
    """Give the name of the column whose standard error this one is."""
    start, found, end = column.name.partition(ERROR)
    is_error = found and column.ucd.startswith(STANDARD_ERROR) and (not end or column.estimator)
    return start + end if is_error and start + end in table.names else None


def _cds_column(cells: pl.Series, column: Column, label: str) -> CdsColumn:
    if cells.dtype.is_nested():
        raise ReleaseError(
            "tables of CDS have no place for arrays",
            column=column.name,
            hint="export to ecsv, or leave the column out with --columns",
        )
    mask = cells.is_null().to_numpy()
    decimals: int | None = None
    values: Any
    if column.dtype == "string":
        # An empty text takes no bytes, and one column of no bytes is none.
        values = np.array([fits_text(cell).decode() for cell in cells.fill_null("")])
        form = f"A{max(1, values.dtype.itemsize // 4)}"
    elif column.dtype == "bool" or column.is_integer:
        values = cells.cast(pl.Int64).fill_null(0).to_numpy()
        form = f"I{max(len(str(cells.cast(pl.Int64).min())), len(str(cells.cast(pl.Int64).max())))}"
    else:
        values = cells.cast(pl.Float64).fill_null(0.0).to_numpy()
        form, decimals = _float_form(values[~mask], column)
    unit = column.unit_in("votable")
    masked = MaskedColumn(values, name=label, mask=mask if mask.any() else np.ma.nomask)
    return CdsColumn(column, label, _cds_unit(unit), form, decimals, masked)


def _float_form(values: np.ndarray[Any, Any], column: Column) -> tuple[str, int | None]:
    """Give the Fortran format of numbers, and their decimals where the point is fixed."""
    decimals = DECIMALS.get(column.unit_in("votable"), OTHERS)
    extremes = [float(values.min()), float(values.max())]
    width = max(len(f"{value:.{decimals}f}") for value in extremes)
    is_error = column.ucd.startswith(STANDARD_ERROR)
    sizes = np.abs(values[values != 0])
    if width > WIDEST or (is_error and sizes.size and sizes.min() < 10.0 ** (2 - decimals)):
        digits = ERROR_DIGITS if is_error else DIGITS
        sign = "-" if values.min() < 0 else ""
        width = max(len(f"{sign}{size:.{digits - 1}e}") for size in (sizes.min(), sizes.max()))
        return f"E{width}.{digits}", None
    return f"F{width}.{decimals}", decimals


def _cds_unit(unit: str) -> str:
    if unit in CDS_UNITS:
        return CDS_UNITS[unit]
    try:
        return str(u.Unit(unit, format="vounit").to_string("cds"))
    except ValueError:  # CDS knows no such unit: it is written as it is, in one word
        return re.sub(r"[\s']", "", unit)
