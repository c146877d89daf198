"""Parquet with the units, UCDs and descriptions of its columns inside.

The IVOA note VOParquet 1.0 puts them there as a VOTable without rows.
"""

from pathlib import Path

from rrcat import canonical
from rrcat.release.about import About
from rrcat.release.batches import Rows, count
from rrcat.release.votable import document
from rrcat.schema import Table

VERSION_KEY = "IVOA.VOTable-Parquet.version"
CONTENT_KEY = "IVOA.VOTable-Parquet.content"


def write_parquet(rows: Rows, table: Table, about: About, path: Path) -> None:
    """Write conforming rows as Parquet."""
    described = vo_metadata(table, about, count(rows))
    canonical.write_parquet(rows.lazy(), path, metadata=described)


def vo_metadata(table: Table, about: About, n_rows: int) -> dict[str, str]:
    """Give the key-value metadata of a Parquet file that VOParquet asks for."""
    return {VERSION_KEY: "1.0", CONTENT_KEY: document(table, about, n_rows)}
