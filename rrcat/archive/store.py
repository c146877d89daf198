"""The local store: what an archive gave, as Parquet files that are read star by star.

A table is cut into parts, each of which holds all rows of its stars. Nothing needs more of a table
in memory than one part and what is asked for.
"""

import itertools
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rrcat import atomic
from rrcat.archive.ingest import Ingest
from rrcat.errors import ArchiveError
from rrcat.schema import load

FORMAT = 2
DESCRIPTION = "store.json"
ACCOUNT = "account.json"
ASKED = "account.parquet"
"""What became of each star that was asked for: ``source_id``, ``status``, ``reason`` and more."""

TABLES = ("stars", "light_curves", "features")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _File(_Strict):
    sha256: str
    size: int


class _Input(_File):
    name: str


class StorePart(_File):
    """One file of a table: all rows of the stars with lo <= source_id <= hi that have some.

    ``file`` is its path in the folder of the store.
    """

    file: str = Field(pattern=r"^[a-z_]+/[0-9a-f.-]+\.parquet$")
    lo: int
    hi: int
    rows: int


class _Description(_Strict):
    """What ``store.json`` says."""

    format: int
    archive: dict[str, Any]
    bands: list[str]
    inputs: list[_Input]
    adql: list[str]
    schemas: dict[str, str]
    tables: dict[str, list[StorePart]]
    files: dict[str, _File]

    @model_validator(mode="after")
    def _parts_ascend(self) -> "_Description":
        if not {"stars"} <= self.tables.keys() <= set(TABLES):
            raise ValueError(f"a store has stars and no {', '.join(self.tables.keys() - TABLES)}")
        for name, parts in self.tables.items():
            ends = all(part.lo <= part.hi for part in parts)
            if not ends or any(one.hi >= other.lo for one, other in itertools.pairwise(parts)):
                raise ValueError(f"the parts of {name} overlap or are not in order")
        return self


@dataclass(frozen=True)
class LocalStore:
    """A store on disk. ``description`` is what ``store.json`` says, ``account`` ``account.json``.

    ``description`` holds ``inputs`` (name, sha256, size of the files the store was made from),
    ``adql``, ``archive``, ``bands`` and ``schemas``, and the files of the store: in ``tables`` the
    parts of each table, in ``files`` what stands beside them.
    """

    folder: Path
    description: dict[str, Any]
    account: dict[str, Any]

    @classmethod
    def open(cls, folder: Path, *, verify: bool = True) -> "LocalStore":
        """Open a store, after checking every one of its files against its hash.

        A worker process leaves out the check with ``verify=False``: who started it has checked.

        Raises
        ------
        ArchiveError
            The folder is no store, or a file of it is missing or damaged.
        """
        description = _json(folder / DESCRIPTION)
        if description.get("format") != FORMAT:
            raise _damaged("the store has another format than this version writes", folder)
        try:
            _Description.model_validate(description)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "tables"
            raise _damaged(
                f"the store says something impossible at {place}: {first['msg']}",
                folder / DESCRIPTION,
            ) from None
        store = cls(folder, description, {})
        for given in store.files() if verify else ():
            path = folder / given["name"]
            if not path.is_file():
                raise _damaged("a file of the store is missing", path)
            if path.stat().st_size != given["size"] or atomic.sha256(path) != given["sha256"]:
                raise _damaged("a file of the store has changed since it was written", path)
        return replace(store, account=_json(folder / ACCOUNT))

    def files(self) -> list[dict[str, Any]]:
        """Give ``name``, ``sha256`` and ``size`` of the files of the store, sorted by name."""
        parts = {
            part["file"]: part for parts in self.description["tables"].values() for part in parts
        }
        given = sorted((parts | self.description["files"]).items())
        return [{"name": name, "sha256": g["sha256"], "size": g["size"]} for name, g in given]

    @property
    def bands(self) -> tuple[str, ...]:
        """The photometric bands of the light curves, or else of the archive's features."""
        return tuple(self.description["bands"])

    @property
    def has_light_curves(self) -> bool:
        """Whether the archive gives light curves."""
        return "light_curves" in self.description["tables"]

    @property
    def has_features(self) -> bool:
        """Whether the archive gives features."""
        return "features" in self.description["tables"]

    def source_ids(self) -> NDArray[np.int64]:
        """Give the ``source_id`` of every star, sorted, shape ``(n_stars,)``."""
        return self._ids("stars").to_numpy()

    def served_ids(self) -> pl.Series:
        """Give the ``source_id`` of every star with light curves, or else features; sorted."""
        return self._ids("light_curves" if self.has_light_curves else "features")

    def stars(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame:
        """Give the stars with lo <= source_id <= hi."""
        return self._rows("stars", lo, hi)

    def light_curves(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame | None:
        """Give the observations of stars with lo <= source_id <= hi; None if there are none."""
        return self._rows("light_curves", lo, hi) if self.has_light_curves else None

    def features(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame | None:
        """Give the archive's features of stars with lo <= source_id <= hi; None if none."""
        return self._rows("features", lo, hi) if self.has_features else None

    def only(self, source_ids: pl.Series, *, light_curves: bool = True) -> Ingest:
        """Give the stars of these identifiers, with their tables, or all but ``light_curves``."""

        def rows(table: str) -> pl.DataFrame:
            found = [self.rows_of(part, source_ids) for part in self.parts(table)]
            return pl.concat([load(table).empty(), *found])

        return Ingest(
            stars=rows("stars"),
            light_curves=rows("light_curves") if self.has_light_curves and light_curves else None,
            features=rows("features") if self.has_features else None,
            account=self.account,
            inputs=self.description["inputs"],
        )

    def parts(self, table: str, lo: int = 0, hi: int = 2**63 - 1) -> list[StorePart]:
        """Give the parts of a table that have stars with lo <= source_id <= hi, in their order."""
        parts = (StorePart(**given) for given in self.description["tables"][table])
        return [part for part in parts if part.lo <= hi and part.hi >= lo]

    def rows_of(self, part: StorePart, source_ids: pl.Series) -> pl.DataFrame:
        """Give the rows of a part that belong to some stars."""
        wanted = pl.col("source_id").is_in(source_ids.implode())
        return pl.scan_parquet(self.folder / part.file, glob=False).filter(wanted).collect()

    def _rows(self, table: str, lo: int, hi: int) -> pl.DataFrame:
        there = [self.folder / part.file for part in self.parts(table, lo, hi)]
        if not there:
            return load(table).empty()
        between = pl.col("source_id").is_between(lo, hi)
        return pl.scan_parquet(there, glob=False).filter(between).collect()

    def _ids(self, table: str) -> pl.Series:
        found = [
            pl.read_parquet(self.folder / part.file, columns=["source_id"], glob=False)
            .to_series()
            .unique(maintain_order=True)
            for part in self.parts(table)
        ]
        return pl.concat([pl.Series("source_id", [], pl.Int64), *found])


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes())
    except OSError:
        raise _damaged("there is no store in the folder, or it is incomplete", path) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(f"not readable as JSON: {error}", path) from None
    if not isinstance(data, dict):
        raise _damaged("not the JSON of a store", path)
    return data


def _damaged(message: str, path: Path) -> ArchiveError:
    return ArchiveError(
        message, file=path, hint="remove the folder of the store and read the archive again"
    )
