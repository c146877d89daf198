"""The estimator ``fourier-xgboost``."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
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
from rrcat.fourier import shapes
from rrcat_xgboost.plugin import SPEC
from rrcat_xgboost.regression import Account, Regression, Settings, learn
from rrcat_xgboost.stored import load_model, save_model

REFERENCE = "Chen, T. & Guestrin, C. 2016, KDD '16, 785, doi:10.1145/2939672.2939785"


class BoostingParams(Params):
    """Which band to learn in, and what learning may cost."""

    band: str | None = Field(
        default=None,
        description="Photometric band; by default the one in which most calibrators have a fit, "
        "of several the one in which A1 is known best.",
    )
    n_trials: int = Field(
        default=6, ge=1, le=200, description="Settings of the trees compared by cross-validation."
    )
    max_rounds: int = Field(
        default=400, ge=25, le=5000, description="Most boosting rounds compared."
    )
    n_boosters: int = Field(
        default=5,
        ge=1,
        le=50,
        description="Boosters with different seeds of which the mean counts.",
    )
    min_stars: int = Field(
        default=10, ge=10, description="Fewest calibrators of a pulsation type to learn it from."
    )


class BoostingModel(Model):
    """A regression for each pulsation type, in one band."""

    params: BoostingParams
    reference = (REFERENCE,)

    def __init__(
        self,
        scale: str,
        band: str,
        regressions: dict[str, Regression],
        accounts: dict[str, Account],
    ) -> None:
        self.scale = scale
        self.band = band
        self.bands = frozenset({band})
        self.regressions = regressions
        self.accounts = accounts

    def _predict(self, batch: StarBatch) -> pl.DataFrame:
        assert batch.features is not None
        rows = batch.stars.select("source_id", "pulsation_type").join(
            batch.features, on="source_id", how="inner", maintain_order="left"
        )
        answers = [self._answer(kind, rows) for kind in sorted(self.regressions)]
        unknown = rows.filter(~pl.col("pulsation_type").is_in(sorted(self.regressions)))
        silent = unknown.select("source_id", status=pl.lit("unsupported_pulsation_type"))
        return pl.concat([*answers, silent], how="diagonal")

    def _answer(self, kind: str, rows: pl.DataFrame) -> pl.DataFrame:
        rows = rows.filter(pl.col("pulsation_type") == kind)
        with threadpool_limits(1):
            given = shapes(rows)
            feh, error, outside = self.regressions[kind](given)
        return pl.DataFrame(
            {
                "source_id": rows["source_id"],
                "feh": feh,
                "feh_error": error,
                "feh_p16": feh - error,
                "feh_p84": feh + error,
                "variant": pl.repeat(f"{kind}:{self.band}", rows.height, eager=True),
                "extrapolated": outside,
                "status": np.where(given.observed, "ok", "missing_features"),
            },
            schema_overrides={"status": pl.String},
        ).with_columns(
            pl.when(pl.col("status") == "ok").then(pl.col(name)).alias(name)
            for name in ("feh", "feh_error", "feh_p16", "feh_p84", "extrapolated")
        )

    def _save(self, folder: Path) -> None:
        save_model(folder, self.scale, self.band, self.regressions, self.accounts)


class FourierXGBoost(Estimator):
    """Gradient-boosted trees on the residuals of a robust linear base.

    For each pulsation type, from its own calibrators: an empirical Gaussian prior on the Fourier
    coefficients, whose mean follows period; robust ridge relations of the regularised
    coefficients, weighted by how well they foretell calibrators left out; trees on the residuals
    of calibrators left out, if those help; errors by split conformal prediction. Position, apparent
    magnitude and extinction do not enter.
    """

    spec = SPEC
    Params = BoostingParams
    params: BoostingParams

    def _fit(
        self,
        batch: StarBatch | None,
        calibrators: pl.DataFrame | None,
        *,
        seed: int,
        progress: Progress | None,
    ) -> BoostingModel:
        assert batch is not None
        assert calibrators is not None
        band, rows = calibrators_in_band(batch, calibrators, self.params.band, SPEC)
        by_kind = {kind: _with_shape(rows, kind) for kind in sorted(SPEC.pulsation_types)}
        counts = {kind: of_kind.height for kind, of_kind in by_kind.items()}
        kinds = types_to_learn(counts, self.params.min_stars, SPEC, having=f"a fit in {band}")
        settings = Settings(self.params.n_trials, self.params.max_rounds, self.params.n_boosters)
        steps_of_type = self.params.n_trials + 1
        steps = len(kinds) * steps_of_type
        regressions, accounts = {}, {}
        # With more threads sums are added in another order.
        with threadpool_limits(1):
            for before, kind in enumerate(kinds):
                of_kind = by_kind[kind]
                done = count(before * steps_of_type + 1)

                def step(done: Iterator[int] = done) -> None:
                    if progress is not None:
                        progress(next(done), steps)

                regressions[kind], accounts[kind] = learn(
                    shapes(of_kind),
                    of_kind["feh"].to_numpy(),
                    of_kind["feh_error"].to_numpy(),
                    settings,
                    seed=seed,
                    step=step,
                )
            if progress is not None:
                progress(steps, steps)
        return BoostingModel(calibrators["feh_scale"][0], band, regressions, accounts)

    def _load(self, folder: Path) -> BoostingModel:
        return BoostingModel(*load_model(folder))


def _with_shape(rows: pl.DataFrame, kind: str) -> pl.DataFrame:
    of_kind = rows.filter(pl.col("pulsation_type") == kind)
    return of_kind.filter(pl.Series(shapes(of_kind).observed, dtype=pl.Boolean))
