"""Parquet with the units, UCDs and descriptions of its columns inside.

The IVOA note VOParquet 1.0 puts them there as a VOTable without rows.
"""

from pathlib import Path

import polars as pl

from rrcat.release.about import About
from rrcat.release.votable import document
from rrcat.schema import Table

VERSION_KEY = "IVOA.VOTable-Parquet.version"
CONTENT_KEY = "IVOA.VOTable-Parquet.content"
ROW_GROUP = 65_536


def write_parquet(frame: pl.DataFrame, table: Table, about: About, path: Path) -> None:
    """Write a conforming frame as Parquet."""
    # A size of group and page left open would follow the number of threads.
    frame.rechunk().write_parquet(
        path,
        compression="zstd",
        compression_level=9,
        row_group_size=ROW_GROUP,
        data_page_size=1 << 20,
        metadata={VERSION_KEY: "1.0", CONTENT_KEY: document(table, about, frame.height)},
    )
