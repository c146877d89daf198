"""What a paper about a release is made of: its rows, and what the release knows beside them."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import polars as pl

from rrcat.estimator.manifest import MANIFEST as BUNDLE
from rrcat.estimator.manifest import read_manifest
from rrcat.release.about import About
from rrcat.release.candidate import BUNDLES, COMBINATION, OUT_OF_FOLD, VALIDATION
from rrcat.release.export.dated import where_told
from rrcat.release.opened import Release, check_hashes, open_release
from rrcat.release.report_calibrators import Tested, tested
from rrcat.schema import Table


@dataclass(frozen=True, eq=False)
class Material:
    """What is told of a release, or of a part of one.

    Attributes
    ----------
    release
        The release, or the part of one; ``date`` and ``doi`` are None where nothing tells them.
    table, frame
        All columns of the release, and the rows; a column that the part lacks is null there.
    tested
        How well calibrators are found again, None where the release does not know.
    checks
        Results of the validation; the short form of the manifest where there is no other.
    combination
        What was learned of how estimators are combined; empty where they are not.
    calibrators
        Of each estimator that learned, from how many.

    What concerns calibrators, checks and combination is of the whole release, also of a part.
    """

    release: Release
    date: str | None
    doi: str | None
    table: Table
    frame: pl.DataFrame
    tested: Tested | None
    checks: tuple[dict[str, Any], ...]
    combination: dict[str, Any]
    calibrators: dict[str, int] = field(default_factory=dict)

    @property
    def about(self) -> About:
        """What the release says of itself."""
        return self.release.about

    @property
    def rows(self) -> str:
        """The name of the file that holds the rows."""
        return f"{self.about.name}.parquet"

    @cached_property
    def valued(self) -> pl.DataFrame:
        """The rows of the stars with a metallicity."""
        return self.frame.drop_nulls("feh")

    def has(self, *columns: str) -> bool:
        """Tell whether columns are in the release, or in the part of it."""
        return set(columns) <= set(self.release.table.names)


def material(release: Release) -> Material:
    """Read what a release holds beside its rows.

    Raises
    ------
    ReleaseError
        A file of the release is not as it was made.
    """
    whole = release if release.about.subset is None else open_release(release.folder)
    listed = release.manifest.files
    bundles = sorted(name for name in listed if name.startswith(BUNDLES) and name.endswith(BUNDLE))
    known = [name for name in (VALIDATION, COMBINATION, OUT_OF_FOLD) if name in listed]
    check_hashes(release.folder, release.manifest, [*known, *bundles])
    learned = [read_manifest((release.folder / name).parent) for name in bundles]
    date, doi = where_told(release)
    unseen = release.folder / OUT_OF_FOLD
    validation = _document(release, VALIDATION).get("results")
    return Material(
        release=release,
        date=date,
        doi=doi,
        table=whole.table,
        frame=_with_all_columns(release.frame, whole.table),
        tested=tested(
            whole.frame, pl.read_parquet(unseen, glob=False) if OUT_OF_FOLD in listed else None
        ),
        checks=tuple(validation or release.manifest.facts["validation"]),
        combination=_document(release, COMBINATION),
        calibrators={
            one.estimator: one.metrics["n_calibrators"]
            for one in learned
            if isinstance(one.metrics.get("n_calibrators"), int)
        },
    )


def _document(release: Release, name: str) -> dict[str, Any]:
    if name not in release.manifest.files:
        return {}
    return dict(json.loads((release.folder / name).read_bytes()))


def _with_all_columns(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    lacks = [column for column in table.column if column.name not in frame.columns]
    nulls = (pl.lit(None, dtype=column.polars).alias(column.name) for column in lacks)
    return frame.with_columns(*nulls).select(table.names)
