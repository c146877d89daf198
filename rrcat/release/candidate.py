"""A candidate catalogue, read back and checked before anything is made from it."""

import json
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from rrcat import atomic
from rrcat.calibration import scales
from rrcat.catalogue import hull
from rrcat.errors import ReleaseError
from rrcat.release.batches import count
from rrcat.release.cells import check_storable
from rrcat.release.facts import Facts
from rrcat.release.manifest import FROM_CANDIDATE, listing
from rrcat.schema import Table, check, expanded, load

CATALOGUE = "catalogue.parquet"
FACTS = "candidate.json"
RECIPE = "recipe.toml"
BUNDLES = "bundles/"
COMBINATION = "combination.json"
HULL = hull.FILE
VALIDATION = "validation.json"
OUT_OF_FOLD = "out_of_fold.parquet"
CARRIED = frozenset({RECIPE, COMBINATION, HULL, VALIDATION, OUT_OF_FOLD})


@dataclass(frozen=True)
class Candidate:
    """A candidate whose files are as they were built and whose rows conform to their table.

    ``rows`` are those of its file, read when they are asked for; ``carried`` are the names of the
    files a release takes over unchanged.
    """

    folder: Path
    facts: dict[str, Any]
    table: Table
    rows: pl.LazyFrame
    carried: tuple[str, ...]

    @cached_property
    def frame(self) -> pl.DataFrame:
        """All rows in memory."""
        return self.rows.collect()

    @property
    def failed(self) -> list[dict[str, Any]]:
        """The validations that did not pass."""
        return [item for item in self.facts["validation"] if item["passed"] is False]


def read_candidate(folder: Path) -> Candidate:
    """Read a candidate folder.

    Raises
    ------
    ReleaseError
        It is no finished candidate, or a file is missing, changed or unknown.
    FrameError
        The catalogue does not conform to its table.
    RecipeError
        Its metallicity scale is not known.
    """
    facts = _facts(folder)
    carried = _check_files(folder, facts["files"])
    table = expanded(load(facts["schema"]), facts.get("individual_columns", ()))
    if table.version != facts["schema_version"]:
        raise ReleaseError(
            f"the candidate was built with {table.name} {facts['schema_version']}, and"
            f" {table.version} is installed",
            file=folder / FACTS,
            hint="build it again",
        )
    rows, n_rows = _rows(folder / CATALOGUE)
    check(rows, table, file=folder / CATALOGUE)
    there = rows.collect_schema()
    if absent := [name for name in table.names if name not in there]:
        raise ReleaseError(
            f"the catalogue has no columns {', '.join(absent)}",
            file=folder / CATALOGUE,
            hint="build it again",
        )
    check_storable(rows, table, file=folder / CATALOGUE)
    if n_rows != facts["n_rows"]:
        raise ReleaseError(
            f"the catalogue has {n_rows} rows instead of {facts['n_rows']}",
            file=folder / CATALOGUE,
            hint="build it again",
        )
    return Candidate(folder, facts, table, rows.select(table.names), carried)


def _rows(path: Path) -> tuple[pl.LazyFrame, int]:
    rows = pl.scan_parquet(path, glob=False)
    try:
        return rows, count(rows)
    except pl.exceptions.PolarsError as error:
        raise ReleaseError(
            f"the catalogue cannot be read: {error}", file=path, hint="build it again"
        ) from None


def _facts(folder: Path) -> dict[str, Any]:
    path = folder / FACTS
    try:
        facts = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise ReleaseError(
            "the folder holds no finished candidate",
            file=path,
            hint="give the output folder of a finished `rrcat build`",
        ) from None
    except (ValueError, RecursionError) as error:
        raise ReleaseError(
            f"not JSON: {error}", file=path, hint="build the candidate again"
        ) from None
    wanted = (*FROM_CANDIDATE, "files")
    if not isinstance(facts, dict) or (missing := [key for key in wanted if key not in facts]):
        raise ReleaseError(
            f"the candidate lacks {', '.join(missing)}" if isinstance(facts, dict) else "no object",
            file=path,
            hint="build it again",
        )
    try:
        Facts.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise ReleaseError(
            f"the candidate says something impossible: {first['msg']}",
            file=path,
            key=".".join(str(part) for part in first["loc"]),
            hint="build it again",
        ) from None
    if not re.fullmatch("[a-z0-9][a-z0-9-]*", facts["name"]):
        raise ReleaseError(
            f"{facts['name']!r} cannot name a catalogue",
            file=path,
            hint="use lower-case letters, digits and hyphens",
        )
    for key, text in _texts(facts):
        if any(unicodedata.category(letter) == "Cc" for letter in text):
            raise ReleaseError(
                "the text holds control characters, which VOTable and FITS cannot store",
                file=path,
                key=key,
                hint="write it on one line in the recipe, and build again",
            )
    facts["scale_definition"] = _scale_definition(facts["scale"])
    return facts


def _texts(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts that enter the headers of VOTable and FITS, with their keys."""
    for key in ("title", "rights", "survey"):
        if facts.get(key) is not None:
            yield key, facts[key]
    for key in ("reference", "authors"):
        for text in facts.get(key) or ():
            yield key, text


def _scale_definition(name: str) -> str:
    scale = scales.describe(name)
    return f"{scale.description} ({scale.reference})"


def _check_files(folder: Path, known: dict[str, str]) -> tuple[str, ...]:
    """Compare the files with their hashes; give the names of those a release carries."""
    there = dict(listing(folder))
    for name, sha256 in known.items():
        if name not in there:
            raise ReleaseError(
                "a file of the candidate is missing", file=folder / name, hint="build it again"
            )
        if atomic.sha256(there[name]) != sha256:
            raise ReleaseError(
                "a file of the candidate changed after it was built",
                file=folder / name,
                hint="build it again; nobody can tell what made the change",
            )
    carried = tuple(name for name in there if name in CARRIED or name.startswith(BUNDLES))
    for name in (RECIPE, CATALOGUE, *carried):
        if name not in known:
            raise ReleaseError(
                "candidate.json does not know the file", file=folder / name, hint="build it again"
            )
    return carried
