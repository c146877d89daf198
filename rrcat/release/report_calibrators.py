"""How well calibrators are found again by models that had not seen them, in numbers and figures."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from rrcat.evaluation.metrics import metrics
from rrcat.evaluation.reliability import INTERVALS, reliability
from rrcat.release.figures_calibrators import calibrator_figures
from rrcat.release.figures_drawing import Figure

COMBINATION = "combination"
ALL = "all"
BOOTSTRAP_SEED = 0
CONDITIONS = ("int_average_mag", "n_epochs", "phi31_error")


@dataclass(frozen=True)
class Tested:
    """What the folds tell of the estimators.

    ``recommended`` is the one whose values the catalogue takes first. ``metrics`` holds, of each
    estimator and type, what :func:`rrcat.evaluation.metrics.metrics` gives, with the shares that
    the intervals of the catalogue hold, ``interval_68`` and ``interval_95``; ``thirds`` these
    shares of the recommended one in thirds of magnitude and error of φ31.
    """

    recommended: str
    n_stars: int
    metrics: list[dict[str, Any]]
    thirds: list[dict[str, Any]]
    figures: list[Figure]


def tested(catalogue: pl.DataFrame, out_of_fold: pl.DataFrame | None) -> Tested | None:
    """Give what the values of calibrators show; None where there are none.

    Parameters
    ----------
    catalogue
        Rows of the catalogue, for what residuals may depend on.
    out_of_fold
        As :class:`rrcat.release.report_material.Material` has it.
    """
    if out_of_fold is None or not out_of_fold["feh"].count():
        return None
    known = catalogue.select("source_id", *CONDITIONS)
    rows = out_of_fold.join(known, on="source_id", how="left", maintain_order="left")
    rows = rows.with_columns(
        mag=pl.col("int_average_mag"), log_phi31_error=pl.col("phi31_error").cast(pl.Float64).log()
    )
    ids = sorted(rows["estimator"].unique(), key=lambda id: (id != COMBINATION, id))
    levels, told = {}, []
    for id in ids:
        some = rows.filter(pl.col("estimator") == id)
        levels[id] = reliability(some.drop_nulls("feh_error"))
        told += _metrics(id, some)
    main = rows.filter(pl.col("estimator") == ids[0]).drop_nulls("feh")
    # A star counts once, with its mean over repeats.
    stars = main.sort("source_id", "repeat").group_by("source_id", maintain_order=True)
    points = stars.agg(
        pl.col("feh").mean(), pl.col("feh_true", "pulsation_type", *CONDITIONS).first()
    )
    shares = {id: one["levels"] for id, one in levels.items()}
    return Tested(
        recommended=ids[0],
        n_stars=rows["source_id"].n_unique(),
        metrics=told,
        thirds=[
            {"of": name, "place": place, **third}
            for name, thirds in levels[ids[0]]["thirds"].items()
            for place, third in zip(("lowest", "middle", "highest"), thirds or (), strict=False)
        ],
        figures=calibrator_figures(points, shares, points.height),
    )


def _metrics(id: str, rows: pl.DataFrame) -> list[dict[str, Any]]:
    kinds = sorted(rows["pulsation_type"].drop_nulls().unique())
    groups = [(kind, rows.filter(pl.col("pulsation_type") == kind)) for kind in kinds]
    if len(groups) != 1:
        groups.insert(0, (ALL, rows))
    return [
        {
            "estimator": id,
            "type": kind,
            **metrics(some, seed=BOOTSTRAP_SEED),
            **{name: reliability(some)[name] for name in INTERVALS},
        }
        for kind, some in groups
    ]
