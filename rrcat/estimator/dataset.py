"""A training set on disk: read only after every file has proved to be what was written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from rrcat import atomic
from rrcat.errors import DatasetError

FACTS = "dataset.json"
SEAL = "dataset.json.sha256"
FORMAT = 1
TABLES = ("sequences", "features", "labels", "folds")
ROWS_IN_GROUP = 1024
"""Rows that a file of a training set has in each group: what is in memory while it is streamed."""

Split = Literal["train", "validation", "test"]
LABELS = ("pulsation_type", "feh", "feh_error", "weight", "split")
"""What :func:`batches` puts beside each sequence."""


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0)


class _Facts(BaseModel):
    """The part of ``dataset.json`` that reading rests on."""

    format: Literal[1]
    name: str
    rows: dict[str, int]
    files: dict[str, _File]


@dataclass(frozen=True)
class Dataset:
    """A training set that `rrcat dataset` has left. ``facts`` is what ``dataset.json`` says."""

    folder: Path
    facts: dict[str, Any] = field(repr=False)

    def scan(self, table: str) -> pl.LazyFrame:
        """Give one of the tables ``sequences``, ``features``, ``labels``, ``folds``, unread."""
        return pl.scan_parquet(self.folder / f"{table}.parquet", glob=False)

    def batches(
        self, size: int, *, split: Split | None = None, features: Sequence[str] = ()
    ) -> Iterator[pl.DataFrame]:
        """Yield the sequences of so many stars after another, sorted, with what is learned of them.

        Only a group of ``ROWS_IN_GROUP`` rows of each file and a batch are in memory, and the
        labels.

        Parameters
        ----------
        size
            Stars in a batch; the last one may have fewer. All bands of a star are in one batch.
        split
            Only the stars of this part; by default all.
        features
            Columns of the table ``features`` to put beside the sequences; that of the period is
            called ``period_features``.

        Yields
        ------
        pl.DataFrame
            The columns of the table ``sequences``, then ``LABELS``, then the features.
        """
        labels = self.scan("labels").select("source_id", *LABELS)
        if split is not None:
            labels = labels.filter(pl.col("split") == split)
        known, rest = labels.collect(), None
        for rows in self._groups("sequences"):
            rows = rows.join(known, on="source_id", how="inner", maintain_order="left")
            if features:
                rows = self._beside(rows, features)
            rows = rows if rest is None else pl.concat([rest, rows])
            star = rows["source_id"].rle_id()
            # The last star may go on in the next group.
            whole = 0 if rows.is_empty() else int(star[-1]) // size * size
            yield from _cut(rows.filter(star < whole), size)
            rest = rows.filter(star >= whole)
        if rest is not None:
            yield from _cut(rest, size)

    def _groups(self, table: str) -> Iterator[pl.DataFrame]:
        lazy = self.scan(table)
        for start in range(0, self.facts["rows"][table], ROWS_IN_GROUP):
            yield lazy.slice(start, ROWS_IN_GROUP).collect()

    def _beside(self, rows: pl.DataFrame, features: Sequence[str]) -> pl.DataFrame:
        keys = ["source_id", "band"]
        ids = rows["source_id"]
        few = self.scan("features").filter(pl.col("source_id").is_between(ids.min(), ids.max()))
        found = few.select(*keys, *features).collect()
        return rows.join(found, on=keys, how="left", suffix="_features", maintain_order="left")


def read_dataset(folder: Path) -> Dataset:
    """Open a training set, after checking every one of its files against its hash.

    Raises
    ------
    DatasetError
        The folder is no training set, or a file of it is missing or not what was written.
    """
    folder = Path(folder)
    path = folder / FACTS
    try:
        content, seal = path.read_bytes(), (folder / SEAL).read_bytes()
    except OSError:
        raise DatasetError(
            f"the folder is no training set: it has no {FACTS} with {SEAL}",
            file=folder,
            hint="give the folder that `rrcat dataset` made",
        ) from None
    if seal != sealed(path):
        raise _damaged(f"{FACTS} has not the hash that {SEAL} tells", path)
    try:
        facts = json.loads(content)
        known = _Facts.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise DatasetError(
            f"{FACTS} is wrong at {place}: {first['msg']}",
            file=path,
            hint="it may be of another version of rrcat: make the training set again",
        ) from None
    except (ValueError, RecursionError) as error:
        raise _damaged(f"{FACTS} is not JSON: {error}", path) from None
    for name, file in sorted(known.files.items()):
        there = folder / name
        if not there.is_file():
            raise _damaged(f"{name} is missing", there)
        if there.stat().st_size != file.size or atomic.sha256(there) != file.sha256:
            raise _damaged(f"{name} is not what was written", there)
    return Dataset(folder, facts)


def batches(
    folder: Path, size: int, *, split: Split | None = None, features: Sequence[str] = ()
) -> Iterator[pl.DataFrame]:
    """Yield the batches of a training set on disk: :func:`read_dataset`, then ``batches``."""
    yield from read_dataset(folder).batches(size, split=split, features=features)


def sealed(path: Path) -> bytes:
    """Give the line that ``sha256sum`` writes of a file in its own folder."""
    return f"{atomic.sha256(path)}  {path.name}\n".encode()


def _cut(rows: pl.DataFrame, size: int) -> Iterator[pl.DataFrame]:
    """Yield rows that are sorted by star, so many stars after another."""
    number = pl.col("source_id").rle_id() // size
    for _, batch in rows.group_by(number, maintain_order=True):
        yield batch


def _damaged(message: str, path: Path) -> DatasetError:
    return DatasetError(
        f"the training set is damaged: {message}",
        file=path,
        hint="copy the whole folder again from where it was made, or make it again",
    )
