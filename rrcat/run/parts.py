"""Finished work on disk: one Parquet file for each unit of a stage.

The name of a part holds its stars and the start of its SHA-256, so a part either is whole, and
knows it, or is made again. Nothing else needs to be remembered for a build to go on after it was
killed.
"""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from rrcat import atomic
from rrcat.canonical import parquet_bytes
from rrcat.run.partition import AnyUnit

HASH_LENGTH = 16


def make_part(work: Callable[[AnyUnit], pl.DataFrame], unit: AnyUnit, folder: Path) -> str:
    """Do the work of a unit, keep its frame as a part and give the file's name."""
    content = parquet_bytes(work(unit))
    start = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
    name = f"{unit.name}.{start}.parquet"
    atomic.write_bytes(folder / name, content)
    return name


def finished_parts(units: list[AnyUnit], folder: Path) -> dict[AnyUnit, Path]:
    """Give the parts that are whole; remove damaged ones, those of others and leftovers."""
    by_name = {unit.name: unit for unit in units}
    finished: dict[AnyUnit, Path] = {}
    for path in sorted(folder.iterdir()):
        name, _, hash_start = path.name.removesuffix(".parquet").partition(".")
        known = path.suffix == ".parquet" and name in by_name and path.is_file()
        whole = known and atomic.sha256(path).startswith(hash_start or "-")
        if whole and by_name[name] not in finished:
            finished[by_name[name]] = path
        elif path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    return finished


def read_part(unit: AnyUnit, folder: Path) -> pl.DataFrame:
    """Give one part of a finished stage."""
    (path,) = folder.glob(f"{unit.name}.*.parquet")
    return pl.read_parquet(path, glob=False)


def scan_parts(units: list[AnyUnit], folder: Path) -> pl.LazyFrame:
    """Give the parts of a finished stage as one table, in the order of the units.

    Nothing is read before the rows are asked for, and no more than is asked for.
    """
    paths = {path.name.partition(".")[0]: path for path in folder.glob("*.parquet")}
    return pl.scan_parquet([paths[unit.name] for unit in units], glob=False)


def read_parts(units: list[AnyUnit], folder: Path) -> pl.DataFrame:
    """Give the parts of a finished stage as one frame, in the order of the units."""
    return scan_parts(units, folder).collect()
