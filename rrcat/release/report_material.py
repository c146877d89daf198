"""What a report needs of a candidate beside the rows of the catalogue."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from rrcat.release.candidate import COMBINATION, OUT_OF_FOLD, VALIDATION

STARS = "report_stars.parquet"
ACCOUNT = "account.json"


@dataclass(frozen=True)
class Material:
    """What a build left for the report; None, or empty, where it left nothing.

    Parameters
    ----------
    stars
        Light curves, fits and estimates of chosen stars, one row a star.
    out_of_fold
        Values of calibrators by models that had not seen them: ``source_id, estimator,
        pulsation_type, repeat, feh_true, feh, feh_error``.
    account
        What the archive gave and lost.
    checks
        Results of the validation, with the rows they rest on.
    combination
        What was learned of how estimators are combined.
    """

    stars: pl.DataFrame | None = None
    out_of_fold: pl.DataFrame | None = None
    account: dict[str, Any] = field(default_factory=dict)
    checks: tuple[dict[str, Any], ...] = ()
    combination: dict[str, Any] = field(default_factory=dict)


def read_material(folder: Path, listed: Collection[str]) -> Material:
    """Read it from a candidate whose files were compared with their hashes.

    Parameters
    ----------
    listed
        Names of the files that ``candidate.json`` knows; others are not looked at.
    """

    def frame(name: str) -> pl.DataFrame | None:
        return pl.read_parquet(folder / name, glob=False) if name in listed else None

    def document(name: str) -> dict[str, Any]:
        return dict(json.loads((folder / name).read_bytes())) if name in listed else {}

    return Material(
        stars=frame(STARS),
        out_of_fold=frame(OUT_OF_FOLD),
        account=document(ACCOUNT),
        checks=tuple(document(VALIDATION).get("results", ())),
        combination=document(COMBINATION),
    )
