"""Parquet with the units, UCDs and descriptions of its columns inside.

The IVOA note VOParquet 1.0 puts them there as a VOTable without rows.
"""

from pathlib import Path

import polars as pl

from rrcat.canonical import parquet_bytes
from rrcat.release.about import About
from rrcat.release.votable import document
from rrcat.schema import Table

VERSION_KEY = "IVOA.VOTable-Parquet.version"
CONTENT_KEY = "IVOA.VOTable-Parquet.content"


def write_parquet(frame: pl.DataFrame, table: Table, about: About, path: Path) -> None:
    """Write a conforming frame as Parquet."""
    described = vo_metadata(table, about, frame.height)
    path.write_bytes(parquet_bytes(frame, metadata=described))


def vo_metadata(table: Table, about: About, n_rows: int) -> dict[str, str]:
    """Give the key-value metadata of a Parquet file that VOParquet asks for."""
    return {VERSION_KEY: "1.0", CONTENT_KEY: document(table, about, n_rows)}
