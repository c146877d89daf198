"""A release as HATS catalogue, which LSDB opens: Parquet files, one for each patch of the sky.

The format is that of https://www.ivoa.net/documents/Notes/HATS, written by lsdb and hats.
"""

from pathlib import Path
from typing import Any

import dask
import lsdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
from hats.io.paths import get_common_metadata_pointer

import rrcat
from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.documents import environment
from rrcat.release.export.dated import date_and_doi
from rrcat.release.export.words import content, edition, scale
from rrcat.release.opened import Release
from rrcat.release.parquet import vo_metadata, write_parquet
from rrcat.schema import Table

ROWS = 100_000  # at most, of one file
RA, DEC = "pos.eq.ra;meta.main", "pos.eq.dec;meta.main"


def export(release: Release, output: Path) -> list[Path]:
    """Write the catalogue ``NAME/`` and ``README.md``.

    Stars without a position have no place in a patch of the sky: they are in
    ``NAME-without-position.parquet``, where there are any.

    Raises
    ------
    ReleaseError
        Nothing tells the date of the release, no star has a position, or a column holds arrays.
    """
    _check_columns(release.table)
    ra, dec = _position(release)
    placed = pl.col(ra).is_not_null() & pl.col(dec).is_not_null()
    located, others = release.frame.filter(placed), release.frame.filter(~placed)
    if located.is_empty():
        raise ReleaseError(
            "no star has a position, and HATS orders stars by it", file=release.folder
        )
    folder = output / release.about.name
    with atomic.naming(folder):
        _write(release, located, ra, dec, folder)
    files = []
    if not others.is_empty():
        files.append(output / f"{release.about.name}-without-position.parquet")
        with atomic.naming(files[0]):
            write_parquet(others, release.table, release.about, files[0])
    readme = environment(html=False).get_template("hats_README.md.j2")
    words = readme.render(
        about=release.about,
        table=release.table,
        n_located=located.height,
        n_others=others.height,
        star=located.row(0, named=True) | {"ra": located[ra][0], "dec": located[dec][0]},
    )
    atomic.write_inside(output / "README.md", words.encode())
    inside = sorted(path for path in folder.rglob("*") if path.is_file())
    return [output / "README.md", *inside, *files]


def _check_columns(table: Table) -> None:
    for column in table.column:
        if column.polars.is_nested():
            raise ReleaseError(
                "columns of arrays are not written as HATS",
                column=column.name,
                hint="export to parquet, or leave the column out with --columns",
            )


def _position(release: Release) -> tuple[str, str]:
    """Give the names of the columns of right ascension and declination."""
    names = {column.ucd: column.name for column in release.table.column}
    if RA not in names or DEC not in names:
        raise ReleaseError(
            "the table has no columns of position, and HATS orders stars by it",
            file=release.folder,
        )
    return names[RA], names[DEC]


def _write(release: Release, frame: pl.DataFrame, ra: str, dec: str, folder: Path) -> None:
    rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    # Of threads or processes none: the work is small, and its order is that of the files.
    with dask.config.set(scheduler="synchronous"):
        catalogue = lsdb.from_dataframe(
            rows.to_pandas(types_mapper=pd.ArrowDtype),
            catalog_name=release.about.name,
            ra_column=ra,
            dec_column=dec,
            partition_rows=ROWS,
            margin_threshold=None,
        )
        catalogue.write_catalog(
            folder,
            catalog_name=release.about.name,
            as_collection=False,
            addl_hats_properties=_properties(release),
            progress_bar=False,
        )
    common = get_common_metadata_pointer(folder)
    schema = pq.read_schema(common)
    told = vo_metadata(release.table, release.about, frame.height)
    pq.write_metadata(schema.with_metadata((schema.metadata or {}) | told), common)


def _properties(release: Release) -> dict[str, Any]:
    """Give what HATS tells of where a catalogue is from; nothing of the time it was written."""
    about = release.about
    date, doi = date_and_doi(release)
    told = {
        "obs_title": about.title,
        "obs_description": " ".join([*content(release), scale(about), edition(about)]),
        "obs_copyright": about.rights,
        "hats_creator": "; ".join(about.authors) or None,
        "hats_data_semver": about.version,
        "bib_reference": f"doi:{doi}" if doi else None,
        "prov_progenitor": about.survey,
        "hats_creation_date": f"{date}T00:00UTC",
        "hats_release_date": date,
        "hats_builder": f"rrcat v{rrcat.__version__}, lsdb v{lsdb.__version__}",
    }
    return {key: value for key, value in told.items() if value}
