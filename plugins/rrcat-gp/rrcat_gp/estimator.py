"""The estimator ``fourier-gp``."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import Field
from threadpoolctl import threadpool_limits

from rrcat.estimator import (
    Estimator,
    Model,
    Params,
    StarBatch,
    calibrators_in_band,
    types_to_learn,
)
from rrcat.estimator.contract import Progress
from rrcat.fourier import shapes, sums
from rrcat_gp.plugin import SPEC
from rrcat_gp.regression import Regression, learn
from rrcat_gp.stored import load_model, save_model

REFERENCE = (
    "Rasmussen, C. E. & Williams, C. K. I. 2006, Gaussian Processes for Machine Learning, "
    "MIT Press, ISBN 0-262-18253-X"
)

# Fewer observations say nothing of a shape.
_FEWEST_POINTS = 5
# Stars whose observations are looked at together: memory is bounded by it.
_AT_A_TIME = 4_096


class GpParams(Params):
    """Which band to learn in, and what learning may cost."""

    band: str | None = Field(
        default=None,
        description="Photometric band; by default the one in which most calibrators have a fit, "
        "of several the one in which A1 is known best.",
    )
    search_stars: int = Field(
        default=700,
        ge=20,
        le=5000,
        description="Most calibrators by which length scales and noise are found; the values rest "
        "on all of them.",
    )
    min_stars: int = Field(
        default=10, ge=10, description="Fewest calibrators of a pulsation type to learn it from."
    )


class GpModel(Model):
    """A Gaussian process for each pulsation type, in one band."""

    params: GpParams
    reference = (REFERENCE,)

    def __init__(self, scale: str, band: str, regressions: dict[str, Regression]) -> None:
        self.scale = scale
        self.band = band
        self.bands = frozenset({band})
        self.regressions = regressions

    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        rows = _folded(batch, self.band)
        answers = []
        for kind in sorted(self.regressions):
            of_kind = rows.filter(pl.col("pulsation_type") == kind)
            answers += [
                self._answer(kind, of_kind[start : start + _AT_A_TIME])
                for start in range(0, of_kind.height, _AT_A_TIME)
            ]
        unknown = rows.filter(~pl.col("pulsation_type").is_in(sorted(self.regressions)))
        silent = unknown.select("source_id", status=pl.lit("unsupported_pulsation_type"))
        return pl.concat([*answers, silent], how="diagonal")

    def _answer(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        # With more threads sums are added in another order.
        with threadpool_limits(1):
            feh, error, outside = self.regressions[kind](sums(rows), shapes(rows))
        enough = pl.col("n_points") >= _FEWEST_POINTS
        said = {
            "feh": feh,
            "feh_error": error,
            "feh_p16": feh - error,
            "feh_p84": feh + error,
            "extrapolated": outside,
        }
        return (
            rows.select("source_id", "n_points")
            .with_columns(
                pl.lit(f"{kind}:{self.band}").alias("variant"),
                pl.when(enough)
                .then(pl.lit("ok"))
                .otherwise(pl.lit("too_few_epochs"))
                .alias("status"),
                *(pl.Series(name, values) for name, values in said.items()),
            )
            .with_columns(pl.when(enough).then(pl.col(name)).alias(name) for name in said)
            .drop("n_points")
        )

    def _save(self, folder: Path) -> None:
        save_model(folder, self.scale, self.band, self.regressions)


class FourierGp(Estimator):
    """A Gaussian process on Fourier coefficients that are regularised, with their noise.

    For each pulsation type, from its own calibrators: coefficients to order 8 given the
    observations and a prior whose mean follows period, with the noise of each light curve; a linear
    relation of coefficients, ratios, phases and noise, and a smooth departure from it; errors from
    what the calibrators nearby, the shape and the labels leave open. Position and mean magnitude do
    not enter.
    """

    spec = SPEC
    Params = GpParams
    params: GpParams

    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> GpModel:
        assert batch is not None
        assert calibrators is not None
        band, fitted = calibrators_in_band(batch, calibrators, self.params.band, SPEC)
        labels = fitted.select("source_id", "feh", "feh_error")
        rows = _folded(batch, band).join(labels, on="source_id", how="inner", maintain_order="left")
        rows = rows.filter(pl.col("n_points") >= _FEWEST_POINTS)
        rows = rows.filter(pl.Series(shapes(rows).observed, dtype=pl.Boolean))
        by_kind = {
            kind: rows.filter(pl.col("pulsation_type") == kind)
            for kind in sorted(SPEC.pulsation_types)
        }
        counts = {kind: of_kind.height for kind, of_kind in by_kind.items()}
        kinds = types_to_learn(
            counts, self.params.min_stars, SPEC, having=f"a light curve in {band}"
        )
        regressions = {}
        for done, kind in enumerate(kinds):
            of_kind = by_kind[kind]
            with threadpool_limits(1):
                regressions[kind] = learn(
                    kind,
                    sums(of_kind),
                    shapes(of_kind),
                    of_kind["feh"].to_numpy(),
                    of_kind["feh_error"].to_numpy(),
                    search_stars=self.params.search_stars,
                    seed=seed,
                )
            if progress is not None:
                progress(done + 1, len(kinds))
        return GpModel(calibrators["feh_scale"][0], band, regressions)

    def _load(self, folder: Path) -> GpModel:
        with threadpool_limits(1):
            return GpModel(*load_model(folder))


def _folded(batch: StarBatch, band: str) -> pl.DataFrame:
    """Give a row for each star with a folded light curve in the band, and its fit."""
    assert batch.features is not None
    assert batch.sequences is not None
    features = batch.features.filter(pl.col("band") == band).drop("band", "period")
    return (
        batch.stars.select("source_id", "pulsation_type")
        .join(
            batch.sequences.filter(pl.col("band") == band),
            on="source_id",
            how="inner",
            maintain_order="left",
        )
        .join(features, on="source_id", how="left", maintain_order="left")
    )
