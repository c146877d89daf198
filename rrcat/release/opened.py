"""A release opened to be read: its rows, what they mean, and where they come from."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
from astropy.table import Table as AstropyTable

from rrcat import atomic
from rrcat.errors import ReleaseError
from rrcat.release.about import About
from rrcat.release.astropy_table import astropy_table
from rrcat.release.manifest import MANIFEST, SEAL, Manifest, read_manifest
from rrcat.release.subset import Cone, cut_columns, in_cone
from rrcat.schema import Table, read


@dataclass(frozen=True, eq=False)
class Release:
    """A catalogue as released, or a part of one, which ``about.subset`` tells in words.

    Attributes
    ----------
    folder
        Where the release stands.
    manifest
        What it was made from, of the whole release also where this is a part.
    table
        The columns, with unit, UCD and description.
    frame
        The rows, sorted by ``source_id``; what is missing is null.
    about
        Name, version, authors, rights, scale and frames of reference.
    """

    folder: Path
    manifest: Manifest
    table: Table
    frame: pl.DataFrame
    about: About

    def __repr__(self) -> str:
        what = self.about.subset or f"{self.about.name} {self.about.version}"
        size = f"{self.frame.height:,} rows, {self.frame.width} columns"
        return f"<Release: {what}: {size}, in {self.folder}>"

    def to_astropy(self) -> AstropyTable:
        """Give the rows as an astropy table with units; what is missing is masked.

        Shape ``(n_rows,)``. Every column has its unit and description, and its UCD in ``meta``;
        the ``meta`` of the table tells of the catalogue. ``QTable(release.to_astropy())`` gives
        quantities.
        """
        return astropy_table(self.frame, self.table, self.about)

    def subset(
        self, *, columns: str | Iterable[str] | None = None, cone: Cone | None = None
    ) -> "Release":
        """Give some columns of the stars within a cone.

        Parameters
        ----------
        columns
            Names; ``source_id``, ``ra`` and ``dec`` are kept besides. All where not given.
        cone
            Stars without a position are in no cone. A cone without stars gives no rows.

        Raises
        ------
        ReleaseError
            There is no such column.
        """
        frame, table, cuts = self.frame, self.table, []
        if cone is not None:
            frame = in_cone(frame, cone)
            cuts.append(f"stars within {cone}")
        if columns is not None:
            table = cut_columns(table, columns)
            frame = frame.select(table.names)
            cuts.append(f"columns {', '.join(table.names)}")
        if not cuts:
            return self
        whole = f"part of {self.about.name} {self.about.version}: "
        told = f"{self.about.subset}; " if self.about.subset else whole
        about = replace(self.about, subset=told + "; ".join(cuts))
        return replace(self, frame=frame, table=table, about=about)


def open_release(folder: str | Path) -> Release:
    """Give the release in a folder, read from its Parquet file.

    What is read is compared with the hashes of the manifest; ``rrcat verify`` checks all the rest.
    Nothing in a release is run.

    Raises
    ------
    ReleaseError
        The folder holds no release, or what is read is not what was released.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ReleaseError(
            "there is no such folder", file=folder, hint="give the folder of a release"
        )
    manifest = read_manifest(folder)
    parquet = f"{manifest.name}.parquet"
    check_hashes(folder, manifest, ("schema.toml", parquet))
    table = read(folder / "schema.toml")
    try:
        about = About.of(manifest.facts, manifest.version, manifest.date)
        frame = pl.read_parquet(folder / parquet, glob=False)
    except (KeyError, TypeError, ValueError) as error:
        raise _changed(folder / MANIFEST, f"lacks {error}") from None
    except pl.exceptions.PolarsError as error:
        raise _changed(folder / parquet, f"cannot be read: {error}") from None
    if frame.schema != table.polars_schema or frame.height != manifest.n_rows:
        raise _changed(folder / parquet, "does not have the columns and rows it should")
    return Release(folder, manifest, table, frame, about)


def check_hashes(folder: Path, manifest: Manifest, names: Iterable[str]) -> None:
    """Compare the manifest with its seal, and files of a release with the manifest.

    Raises
    ------
    ReleaseError
        One is missing or changed, or the manifest does not list it.
    """
    told = f"{atomic.sha256(folder / MANIFEST)}  {MANIFEST}\n".encode()
    try:
        if (folder / SEAL).read_bytes() != told:
            raise _changed(folder / MANIFEST, f"does not have the hash that {SEAL} tells")
        for name in names:
            if name not in manifest.files:
                raise _changed(folder / MANIFEST, f"does not list {name}")
            if atomic.sha256(folder / name) != manifest.files[name].sha256:
                raise _changed(folder / name, "does not have the hash that the manifest tells")
    except FileNotFoundError as error:
        raise _changed(Path(error.filename), "is missing") from None


def _changed(file: Path, what: str) -> ReleaseError:
    return ReleaseError(
        f"the release is not as it was made: {file.name} {what}",
        file=file,
        hint=f"`rrcat verify {file.parent}` tells everything that is wrong;"
        " get the release again from where it is published",
    )
