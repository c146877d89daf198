"""The local store: what an archive gave, as Parquet files that are read star by star."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from rrcat import atomic
from rrcat.archive.ingest import Ingest
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.errors import ArchiveError
from rrcat.schema import load

FORMAT = 1
# Small enough that a partition of some hundred stars reads little more than its own rows.
ROWS_IN_GROUP = 16_384


def write_store(ingest: Ingest, folder: Path) -> "LocalStore":
    """Write what an archive gave to a folder, whole or not at all, and open it.

    Equal input gives equal bytes. The folder holds ``stars.parquet``, where there are any
    ``light_curves.parquet`` and ``features.parquet``, ``account.json`` and ``store.json``.

    Raises
    ------
    FileExistsError
        The folder is there already.
    """
    frames = {
        "stars": ingest.stars,
        "light_curves": ingest.light_curves,
        "features": ingest.features,
    }
    with atomic.new_folder(folder) as temporary:
        for name, frame in frames.items():
            if frame is not None:
                content = parquet_bytes(frame, rows_in_group=ROWS_IN_GROUP)
                atomic.write_inside(temporary / f"{name}.parquet", content)
        atomic.write_inside(temporary / "account.json", json_bytes(ingest.account))
        description = {
            "format": FORMAT,
            "bands": _bands(ingest),
            "inputs": ingest.inputs,
            "schemas": {
                name: load(name).version for name, frame in frames.items() if frame is not None
            },
            "files": {
                path.name: {"sha256": atomic.sha256(path), "size": path.stat().st_size}
                for path in sorted(temporary.iterdir())
            },
        }
        atomic.write_inside(temporary / "store.json", json_bytes(description))
    return LocalStore.open(folder)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _File(_Strict):
    sha256: str
    size: int


class _Input(_File):
    name: str


class _Description(_Strict):
    """What ``store.json`` says."""

    format: int
    bands: list[str]
    inputs: list[_Input]
    schemas: dict[str, str]
    files: dict[str, _File]


def _bands(ingest: Ingest) -> list[str]:
    frame = ingest.light_curves if ingest.light_curves is not None else ingest.features
    return [] if frame is None else sorted(frame["band"].unique())


@dataclass(frozen=True)
class LocalStore:
    """A store on disk. ``description`` is what ``store.json`` says, ``account`` ``account.json``.

    ``description`` holds ``inputs`` (name, sha256, size), ``bands``, ``schemas`` and ``files``.
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
        description = _json(folder / "store.json")
        if description.get("format") != FORMAT:
            raise _damaged("the store has another format than this version writes", folder)
        try:
            _Description.model_validate(description)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise _damaged(
                f"the store says something impossible at {place}: {first['msg']}",
                folder / "store.json",
            ) from None
        for name, given in description["files"].items() if verify else ():
            path = folder / name
            if not path.is_file():
                raise _damaged("a file of the store is missing", path)
            if path.stat().st_size != given["size"] or atomic.sha256(path) != given["sha256"]:
                raise _damaged("a file of the store has changed since it was written", path)
        return cls(folder, description, _json(folder / "account.json"))

    @property
    def bands(self) -> tuple[str, ...]:
        """The photometric bands of the light curves, or else of the archive's features."""
        return tuple(self.description["bands"])

    @property
    def has_light_curves(self) -> bool:
        """Whether the archive gave light curves."""
        return "light_curves.parquet" in self.description["files"]

    @property
    def has_features(self) -> bool:
        """Whether the archive gave features."""
        return "features.parquet" in self.description["files"]

    def source_ids(self) -> NDArray[np.int64]:
        """Give the ``source_id`` of every star, sorted, shape ``(n_stars,)``."""
        stars = pl.read_parquet(self.folder / "stars.parquet", columns=["source_id"], glob=False)
        return stars["source_id"].to_numpy()

    def served_ids(self) -> pl.Series:
        """Give the ``source_id`` of every star with light curves, or else features; sorted."""
        table = "light_curves" if self.has_light_curves else "features"
        scan = pl.scan_parquet(self.folder / f"{table}.parquet", glob=False).select("source_id")
        return scan.unique().sort("source_id").collect()["source_id"]

    def only(self, source_ids: pl.Series) -> Ingest:
        """Give the stars of these identifiers, with their tables, as another store to write."""
        wanted = source_ids.alias("source_id").to_frame().lazy()

        def rows(table: str) -> pl.DataFrame:
            scan = pl.scan_parquet(self.folder / f"{table}.parquet", glob=False)
            semi = scan.join(wanted, on="source_id", how="semi", maintain_order="left")
            return semi.collect()

        return Ingest(
            stars=rows("stars"),
            light_curves=rows("light_curves") if self.has_light_curves else None,
            features=rows("features") if self.has_features else None,
            account=self.account,
            inputs=self.description["inputs"],
        )

    def stars(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame:
        """Give the stars with lo <= source_id <= hi."""
        return self._rows("stars", lo, hi)

    def light_curves(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame | None:
        """Give the observations of stars with lo <= source_id <= hi; None if there are none."""
        return self._rows("light_curves", lo, hi) if self.has_light_curves else None

    def features(self, lo: int = 0, hi: int = 2**63 - 1) -> pl.DataFrame | None:
        """Give the archive's features of stars with lo <= source_id <= hi; None if none."""
        return self._rows("features", lo, hi) if self.has_features else None

    def _rows(self, table: str, lo: int, hi: int) -> pl.DataFrame:
        scan = pl.scan_parquet(self.folder / f"{table}.parquet", glob=False)
        return scan.filter(pl.col("source_id").is_between(lo, hi)).collect()


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
