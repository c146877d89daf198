"""Tables in files: Parquet, CSV, ECSV, FITS and VOTable to Polars frames with units."""

import csv
import gzip
import threading
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs

from rrcat.errors import ArchiveError

DAMAGED = "the file may be damaged or incomplete: get it again"

_LOADING = threading.Lock()


@dataclass(frozen=True)
class StatedTime:
    """The time system that a file states for a column; None for what it leaves open."""

    scale: str | None
    reference_position: str | None
    origin_jd: float | None


@dataclass(frozen=True)
class RawTable:
    """What a file holds: its rows, and the units and time systems that it states, by column."""

    frame: pl.DataFrame
    units: dict[str, str] = field(default_factory=dict)
    times: dict[str, StatedTime] = field(default_factory=dict)


def read(
    path: Path,
    *,
    table: int = 1,
    text: Collection[str] = (),
    null_values: Collection[str] = (),
) -> RawTable:
    """Read a table from a file in the format that its name ends in.

    Parameters
    ----------
    table
        Which table of a FITS file or VOTable that holds several; 1 is the first.
    text
        Columns of a CSV file to keep as they are written: identifiers that look like numbers
        would lose leading zeros.
    null_values
        What stands for a missing value, in every column.

    Raises
    ------
    ArchiveError
        There is no such file, its format is unknown, or it is damaged.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    suffix = next((s for s in reversed(suffixes) if s != ".gz"), "")
    if suffix not in READERS:
        raise ArchiveError(
            "cannot tell the format of the file from its name",
            file=path,
            hint=f"names end in one of {', '.join(READERS)}",
        )
    require_file(path)
    try:
        raw = READERS[suffix](path, table, text, null_values)
    except (ArchiveError, MemoryError):
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        first_line = str(error).strip().partition("\n")[0]
        raise ArchiveError(
            f"cannot read the file: {first_line or type(error).__name__}", file=path, hint=DAMAGED
        ) from error
    return replace(raw, frame=with_nulls(raw.frame, null_values))


def require_file(path: Path) -> None:
    """Raise unless the file is there."""
    if not path.is_file():
        raise ArchiveError(
            "there is no such file",
            file=path,
            hint="paths are relative to --data, or to the recipe where --data is not given",
        )


def _read_parquet(
    path: Path, table: int, text: Collection[str], null_values: Collection[str]
) -> RawTable:
    frame = pl.read_parquet(path, glob=False)
    return RawTable(frame.with_columns(cs.categorical().cast(pl.String)))


def _read_csv(
    path: Path, table: int, text: Collection[str], null_values: Collection[str]
) -> RawTable:
    header = _check_lengths(path)
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise ArchiveError(
            f"columns have one name: {', '.join(twice)}", file=path, hint="rename one of them"
        )
    frame = pl.read_csv(
        path,
        null_values=list(null_values),
        schema_overrides={name: pl.String for name in text if name in header},
        infer_schema_length=None,
        glob=False,
    )
    # A blank line is read as a row of nulls.
    return RawTable(frame.filter(~pl.all_horizontal(pl.all().is_null())))


def _check_lengths(path: Path) -> list[str]:
    """Give the header; raise on a row with too few cells, which Polars fills up with nulls."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        for number, row in enumerate(rows, start=1):
            if row and len(row) != len(header):
                raise ArchiveError(
                    f"the row has {len(row)} cells and the header {len(header)}",
                    file=path,
                    row=number,
                    hint=DAMAGED,
                )
    return header


def _read_ecsv(
    path: Path, table: int, text: Collection[str], null_values: Collection[str]
) -> RawTable:
    from astropy.table import Table

    # An empty cell is ECSV's own null. Other words for it, such as the `null` of Gaia's archive,
    # would stop astropy in a column of numbers.
    nulls = [(word, "0") for word in ("", *null_values)]
    return from_astropy(quietly(lambda: Table.read(path, format="ascii.ecsv", fill_values=nulls)))


def _read_fits(
    path: Path, table: int, text: Collection[str], null_values: Collection[str]
) -> RawTable:
    from astropy.io import fits
    from astropy.table import Table

    def load() -> Any:
        with fits.open(path, memmap=False) as hdus:
            tables = [h for h in hdus if isinstance(h, fits.BinTableHDU | fits.TableHDU)]
            return Table.read(nth(tables, table, path), unit_parse_strict="silent")

    return from_astropy(quietly(load))


def _read_votable(
    path: Path, table: int, text: Collection[str], null_values: Collection[str]
) -> RawTable:
    from rrcat.archive.votable import parse  # it builds on this module

    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        return parse(file.read(), table=table, place=path).raw


Reader = Callable[[Path, int, Collection[str], Collection[str]], RawTable]
READERS: dict[str, Reader] = {
    ".parquet": _read_parquet,
    ".csv": _read_csv,
    ".ecsv": _read_ecsv,
    ".fits": _read_fits,
    ".fit": _read_fits,
    ".vot": _read_votable,
    ".votable": _read_votable,
    ".xml": _read_votable,
}


def nth(tables: list[Any], number: int, path: Path) -> Any:
    """Give one of several tables, counted from 1; raise where there is no such table."""
    if number > len(tables):
        raise ArchiveError(
            f"the file has {len(tables)} tables, and table {number} is asked for",
            file=path,
            hint="set `table` in the recipe; 1 is the first" if tables else DAMAGED,
        )
    return tables[number - 1]


def quietly(load: Callable[[], Any]) -> Any:
    """Load with astropy, whose many warnings on genuine archive files say nothing of the data."""
    # What is done with warnings is one setting for all threads.
    with _LOADING, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = load()
    for warning in caught:
        if "truncated" in str(warning.message):
            raise ValueError(str(warning.message))
    return table


def from_astropy(table: Any) -> RawTable:
    """Give the columns and units of an astropy table."""
    units = {name: str(table[name].unit) for name in table.colnames if table[name].unit}
    return RawTable(pl.DataFrame([_series(name, table[name]) for name in table.colnames]), units)


def _series(name: str, column: Any) -> pl.Series:
    """Give an astropy column with its masked cells null, without a detour through floats."""
    mask = np.ma.getmaskarray(np.ma.asarray(column))
    values = np.ma.getdata(np.ma.asarray(column))
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind in "OU" or values.ndim > 1:
        matrix = np.ma.array(values, mask=mask) if values.ndim > 1 else values
        cells = [_cell(cell) for cell in matrix]
        missing = mask.reshape(len(cells), -1).all(axis=1) if cells else mask
        # FITS and VOTable have no other way than an empty text to say that there is none.
        kept = [
            None if gone or cell == "" else cell
            for gone, cell in zip(missing.flat, cells, strict=True)
        ]
        return pl.Series(name, kept)
    native = np.ascontiguousarray(values).astype(values.dtype.newbyteorder("="), copy=False)
    series = pl.Series(name, native)
    return series.set(pl.Series(mask), None) if mask.any() else series


def _cell(cell: Any) -> Any:
    if isinstance(cell, bytes):
        return cell.decode()
    return cell.tolist() if isinstance(cell, np.ndarray | np.generic) else cell


def with_nulls(frame: pl.DataFrame, null_values: Collection[str]) -> pl.DataFrame:
    """Give a frame with the listed values null in every column."""
    return frame.with_columns(
        without(pl.col(name), dtype, null_values) for name, dtype in frame.schema.items()
    )


def without(cell: pl.Expr, dtype: pl.DataType, null_values: Collection[str]) -> pl.Expr:
    """Give the cells with the listed values null; in a column of numbers they are numbers."""
    if dtype == pl.String:
        return pl.when(~cell.is_in(list(null_values))).then(cell).otherwise(None).name.keep()
    if dtype.is_numeric():
        numbers = [n for n in map(_number, null_values) if n is not None]
        bad = pl.any_horizontal(pl.lit(False), *(_equals(cell, dtype, n) for n in numbers))
        return pl.when(bad).then(None).otherwise(cell).name.keep()
    return cell


def _number(text: str) -> float | int | None:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return None


def _equals(cell: pl.Expr, dtype: pl.DataType, number: float | int) -> pl.Expr:
    if number != number:
        return cell.is_nan() if dtype.is_float() else pl.lit(False)
    return cell == number
