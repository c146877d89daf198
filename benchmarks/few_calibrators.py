"""What a combination is worth that was learned from few calibrators.

    python benchmarks/few_calibrators.py EVALUATION [--estimator ID ...] [--weak SIGMA] [--draws N]

EVALUATION is the folder that `rrcat evaluate` left of a recipe with many calibrators and a
combination, such as `catalogues/ogle-gaia-g/combination.toml`. As many stars as asked for are drawn
from it, weights are learned from what its members say of these, out of fold, and tried on all the
others. With --weak a member more says what the last one says, with noise of SIGMA dex.

Errors are taken as calibrated and conditions of stars as unknown. Some minutes.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.catalogue.combination import COMBINATION, recommend
from rrcat.catalogue.combination_config import CombinationSection
from rrcat.catalogue.combination_learning import learn
from rrcat.catalogue.recommended import stars_of_type
from rrcat.evaluation.uncertainty import CONDITIONS

NUMBERS = (17, 49, 300, 1000)
DRAWS = 30
COLUMNS = ("best of these stars", "equal weights", "without a curve", "the law")
TYPE = "RRab"
WEAK = "weak"


def read(folder: Path, estimators: Sequence[str], weak: float | None) -> pl.DataFrame:
    """Give the predictions of the members, of the first repeat and one pulsation type."""
    rows = pl.read_parquet(folder / "predictions.parquet", glob=False).filter(
        pl.col("repeat") == 0, pl.col("pulsation_type") == TYPE, pl.col("estimator") != COMBINATION
    )
    if estimators:
        rows = rows.filter(pl.col("estimator").is_in(list(estimators)))
    rows = rows.select("source_id", "feh_true", "estimator", "feh", "feh_error").with_columns(
        feh_error_label=pl.lit(None, dtype=pl.Float64)
    )
    if weak is not None:
        last = rows.filter(pl.col("estimator") == rows["estimator"].max()).sort("source_id")
        noise = np.random.default_rng(0).normal(0.0, weak, last.height)
        error = pl.lit(float(np.hypot(weak, last["feh_error"].median())))
        more = {"estimator": pl.lit(WEAK), "feh": pl.col("feh") + noise, "feh_error": error}
        rows = pl.concat([rows, last.with_columns(**more)])
    return rows.sort("source_id", "estimator")


def once(rows: pl.DataFrame, ids: Sequence[str], few: NDArray[np.int64]) -> dict[str, float]:
    """Give mean square residuals of all other stars [dex²], learned from a few."""
    stars = (
        rows.select("source_id", "feh_true")
        .unique("source_id")
        .sort("source_id")
        .with_columns(pulsation_type=pl.lit(TYPE))
        .with_columns(pl.lit(None, dtype=pl.Float64).alias(name) for name in CONDITIONS)
    )
    mine = pl.col("source_id").is_in(few.tolist())
    taught, others = stars.filter(mine), stars.filter(~mine)
    true = others["feh_true"].to_numpy()
    given = stars_of_type(rows, others, ids)

    def off(value: NDArray[np.float64]) -> float:
        return float(np.nanmean((value - true) ** 2))

    laws = {}
    for name, recalibrate in (("the law", True), ("without a curve", False)):
        section = CombinationSection(recalibrate=recalibrate, undilute=False)
        told = learn(rows.filter(mine), taught, ids, section, scale="", label_error={})
        laws[name] = told.types[TYPE]
    best = laws["the law"].preferred[0]
    return {
        "best of these stars": off(given.value[best]),
        "equal weights": off(np.nanmean(list(given.value.values()), axis=0)),
        **{name: off(recommend(law, given).value) for name, law in laws.items()},
    }


def measure(
    folder: Path, estimators: Sequence[str], weak: float | None, draws: int
) -> Iterator[tuple[int, list[float]]]:
    """Yield a number of stars, and each RMSE [dex] of :data:`COLUMNS` learned from as many."""
    rows = read(folder, estimators, weak)
    ids = rows["estimator"].unique().sort().to_list()
    every = rows["source_id"].unique().sort().to_numpy()
    for number in NUMBERS:
        random = np.random.default_rng(number)
        drawn = [once(rows, ids, random.choice(every, number, replace=False)) for _ in range(draws)]
        yield number, [float(np.sqrt(np.mean([one[name] for one in drawn]))) for name in COLUMNS]


def rows() -> Iterator[Any]:
    from run import NotMeasured, Row

    folder = os.environ.get("RRCAT_EVALUATION")
    if folder is None:
        raise NotMeasured("RRCAT_EVALUATION names no folder of an evaluation")
    for number, found in measure(Path(folder), (), None, DRAWS):
        told = ", ".join(f"{name} {one:.4f}" for name, one in zip(COLUMNS, found, strict=True))
        yield Row(f"RMSE learned from {number:,} stars", f"{told} dex")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("evaluation", type=Path)
    parser.add_argument("--estimator", action="append", default=[])
    parser.add_argument("--weak", type=float)
    parser.add_argument("--draws", type=int, default=DRAWS)
    wanted = parser.parse_args()
    print(f"| stars learned from | {' | '.join(COLUMNS)} |")
    print("|--:" * (1 + len(COLUMNS)) + "|")
    for number, found in measure(wanted.evaluation, wanted.estimator, wanted.weak, wanted.draws):
        print(f"| {number:,} | " + " | ".join(f"{one:.4f}" for one in found) + " |", flush=True)


if __name__ == "__main__":
    main()
