"""Chunks of an archive's stars: asked for together, judged together, safe together.

A chunk is so many stars that follow each other in ``source_id``, so that it holds the same stars
whenever and in whatever order chunks are fetched. Its rows become parts of the store; then its
record takes its name, and from there on it is never asked for again. The rows of a chunk of which
stars failed wait beside it, so that the next fetch asks for those stars only, and then judges all.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl

from rrcat import atomic
from rrcat.archive.account import EMPTY, FAILED, RECEIVED, Account
from rrcat.archive.columns import LightCurvesMapping
from rrcat.archive.failures import one_line
from rrcat.archive.fetch_folder import unfinished
from rrcat.archive.ingest import Ingest, Part, assemble
from rrcat.archive.mapping import ROW
from rrcat.archive.pages import Stars, numbered
from rrcat.archive.rows import Ids, Provider, Rows
from rrcat.archive.store import StorePart
from rrcat.archive.store_writing import write_part
from rrcat.archive.tap_config import TapArchive, TapFeatures
from rrcat.canonical import json_bytes, parquet_bytes
from rrcat.schema import load

GIVE_UP = 3
"""So many chunks in a row that fail altogether, and the service is not asked for further ones."""

MAX_REASON = 1000
"""Characters of the reason why a star failed, in which there are words of the service."""

STATE = "state"
NOTHING = "the archive has no observations of it"


@dataclass(frozen=True)
class Record:
    """A chunk that is safe: what of it is in the store, and how many of its stars failed."""

    n_stars: int
    failed: int
    bands: list[str]
    parts: dict[str, list[StorePart]]
    account: Account


@dataclass
class Chunks:
    """The chunks of an archive's stars.

    Parameters
    ----------
    archive
        What is asked for.
    stars
        Its stars.
    providers
        Who gives the rows of each other table.
    folder
        The folder of the store.
    work
        The folder of what is not yet, or not only, in the store.
    reading
        Held while rows are in memory, so that they are those of one chunk at a time.
    """

    archive: TapArchive
    stars: Stars
    providers: Mapping[str, Provider]
    folder: Path
    work: Path
    reading: Lock
    _failures: dict[str, list[str]] = field(default_factory=dict, init=False)
    """The reasons for which the chunks of a table failed of late, without one that did not."""

    def __len__(self) -> int:
        return -(-self.stars.ids.height // self.archive.stars_in_chunk)

    def ids(self, number: int) -> pl.DataFrame:
        """Give the identifiers of the stars of a chunk."""
        size = self.archive.stars_in_chunk
        return self.stars.ids.slice(number * size, size)

    def record(self, number: int) -> Record | None:
        """Give the record of a chunk, None if it is not safe yet."""
        path = self._path(number, ".json")
        if not path.exists():
            return None
        with unfinished(path):
            told: dict[str, Any] = json.loads(path.read_bytes())
            parts = {
                table: [StorePart(**part) for part in parts]
                for table, parts in told.pop("parts").items()
            }
            return Record(parts=parts, **told)

    def asked(self, number: int) -> Path:
        """Give the file that says what became of each star of a chunk that is safe."""
        return self._path(number, ".asked.parquet")

    def fetch(self, number: int) -> int:
        """Ask for what is missing of a chunk and make it safe; give the bytes received.

        Raises
        ------
        ArchiveError, FrameError
            What came cannot be mapped, or is bad in a way that the recipe does not say to keep.
        """
        kept = self._path(number, "")
        given = {
            table: self._completed(table, kept / f"{table}.parquet", number)
            for table in self.providers
        }
        with self.reading:
            self._make_safe(number, given, kept)
        for rows in given.values():
            for answer in rows.answers:
                answer.unlink(missing_ok=True)
        return sum(rows.size for rows in given.values())

    def _path(self, number: int, suffix: str) -> Path:
        return self.work / "chunks" / f"{number:06d}{suffix}"

    def _completed(self, table: str, kept: Path, number: int) -> Rows:
        """Give the rows of a table that an earlier fetch has left, and those still missing."""
        ids: Ids = self.ids(number)[self.stars.key].to_list()
        earlier = _kept(kept)
        if earlier is not None:
            ids = earlier[0]
        failures = self._failures.setdefault(table, [])
        if not ids:
            rows = Rows()
        elif len(failures) >= GIVE_UP:
            reason = f"not asked for, after {GIVE_UP} chunks in a row failed: {failures[-1]}"
            rows = Rows(failed=dict.fromkeys(ids, reason))
        else:
            rows = self.providers[table](ids)
            if len(rows.failed) == len(ids):
                failures.append(next(iter(rows.failed.values())))
            else:
                failures.clear()
        if earlier is not None:
            rows.frames += earlier[1].frames
            rows.not_asked_for += earlier[1].not_asked_for
        return rows

    def _make_safe(self, number: int, given: Mapping[str, Rows], kept: Path) -> None:
        ids = self.ids(number)
        frames = {table: self._frame(table, rows) for table, rows in given.items()}
        ingest = self._assembled(ids, given, frames)
        tables = {name: getattr(ingest, name) for name in ("stars", *given)}
        parts = {
            name: [write_part(self.folder, name, frame).model_dump()] if frame.height else []
            for name, frame in tables.items()
        }
        asked = self._asked(ids, given, tables)
        atomic.write_bytes(self.asked(number), parquet_bytes(asked))
        failed = asked.filter(status=FAILED).height
        if failed:
            for table, rows in given.items():
                _keep(kept / f"{table}.parquet", frames[table], rows)
        record = {
            "n_stars": ids.height,
            "failed": failed,
            "bands": sorted(tables[next(iter(given))]["band"].unique()),
            "parts": parts,
            "account": ingest.account,
        }
        atomic.write_bytes(self._path(number, ".json"), json_bytes(record))
        if not failed:
            shutil.rmtree(kept, ignore_errors=True)

    def _frame(self, table: str, rows: Rows) -> pl.DataFrame:
        """Give rows in one frame, the same whatever order and pieces they came in."""
        mapped = self._mapping(table).columns
        empty = (
            load(table)
            .empty()
            .with_columns(archive_id=pl.lit(None, pl.String))
            .select(list(mapped))
        )
        return numbered(pl.concat([empty, *rows.frames], how="diagonal_relaxed"))

    def _mapping(self, table: str) -> LightCurvesMapping | TapFeatures:
        if table == "features":
            assert self.archive.features is not None, "they are used"
            return self.archive.features
        assert self.archive.light_curves is not None, "they are used"
        return next(self.archive.light_curves.forms[0].mappings())

    def _assembled(
        self, ids: pl.DataFrame, given: Mapping[str, Rows], frames: Mapping[str, pl.DataFrame]
    ) -> Ingest:
        def part(table: str) -> Part[Any] | None:
            if table not in given:
                return None
            told = {
                "rows": frames[table].height,
                "not_asked_for": given[table].not_asked_for,
            }
            return Part(frames[table], self._mapping(table), Path(table), told)

        rows = self.stars.rows(ids)
        stars = Part(rows, self.archive.stars, Path("stars"), {"rows": rows.height})
        return assemble(self.archive, stars, part("light_curves"), part("features"))

    def _asked(
        self, ids: pl.DataFrame, given: Mapping[str, Rows], tables: Mapping[str, pl.DataFrame]
    ) -> pl.DataFrame:
        """Give what became of each star."""
        reasons = {
            star: one_line(f"{table}: {reason}", MAX_REASON)
            for table, rows in reversed(list(given.items()))
            for star, reason in rows.failed.items()
        }
        failed = pl.DataFrame(
            {self.stars.key: list(reasons), "failure": list(reasons.values())},
            schema={self.stars.key: ids.schema[self.stars.key], "failure": pl.String},
        )
        found = pl.concat(tables[table]["source_id"] for table in given).unique()
        observations = (
            tables["light_curves"].group_by("source_id").agg(n_observations=pl.len())
            if "light_curves" in given
            else ids.select("source_id", n_observations=pl.lit(None))
        )
        has_failed, is_found = (
            pl.col("failure").is_not_null(),
            pl.col("source_id").is_in(found.implode()),
        )
        return (
            ids.join(failed, on=self.stars.key, how="left", maintain_order="left")
            .join(observations, on="source_id", how="left", maintain_order="left")
            .with_columns(
                status=pl.when(has_failed)
                .then(pl.lit(FAILED))
                .when(is_found)
                .then(pl.lit(RECEIVED))
                .otherwise(pl.lit(EMPTY)),
            )
            .with_columns(
                reason=pl.when(pl.col("status") == EMPTY)
                .then(pl.lit(NOTHING))
                .otherwise("failure"),
                n_observations=pl.col("n_observations").cast(pl.Int64).fill_null(0)
                if "light_curves" in given
                else pl.lit(None, pl.Int64),
            )
            .drop("failure")
            .select(*ids.columns, "status", "reason", "n_observations")
        )


def _keep(file: Path, frame: pl.DataFrame, rows: Rows) -> None:
    """Keep the rows of a chunk of which stars failed, and which those are, in one file."""
    state = {"failed": list(rows.failed), "not_asked_for": rows.not_asked_for}
    content = parquet_bytes(frame.drop(ROW), metadata={STATE: json.dumps(state)})
    atomic.write_bytes(file, content)


def _kept(file: Path) -> tuple[Ids, Rows] | None:
    """Give the stars that failed, and the rows of the others; None if nothing is kept."""
    if not file.exists():
        return None
    with unfinished(file):
        state = json.loads(pl.read_parquet_metadata(file)[STATE])
        rows = Rows([pl.read_parquet(file, glob=False)], not_asked_for=state["not_asked_for"])
        return state["failed"], rows
