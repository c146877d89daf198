"""The relation of one pulsation type: learned from calibrators, applied to stars."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rrcat.errors import PluginError
from rrcat_stan.cmdstan import CmdStan
from rrcat_stan.draws import Draws
from rrcat_stan.leave_one_out import LeftOut, leave_one_out
from rrcat_stan.plugin import SPEC
from rrcat_stan.population import predict
from rrcat_stan.predictors import PERIOD, Measured, Scaling, learn_scaling, measured
from rrcat_stan.sampling import Posterior, sample, stan_data
from rrcat_stan.settings import RelationParams, Terms

FloatArray = NDArray[np.float64]

# A predictor whose standard deviation is below this part of its size does not vary.
_CONSTANT = 1e-9


@dataclass(frozen=True)
class Relation:
    """A relation that was learned.

    ``draws`` are the thinned ones, ``chain`` says of which each is. ``calibrators`` has a row for
    each star learned from: its parameters (phases on their branch) and errors, [Fe/H], and what the
    others say of it. ``account`` tells how learning went, as plain data.
    """

    terms: Terms
    scaling: Scaling
    draws: Draws
    chain: NDArray[np.int64]
    calibrators: pl.DataFrame
    account: dict[str, Any]

    def __call__(self, features: pl.DataFrame) -> pl.DataFrame:
        """Give ``source_id, feh, feh_error, feh_p16, feh_p84, feh_plug_in, extrapolated, status``.

        One row a row of ``features``, in its order. A star without a parameter that has a slope,
        or without its error, has a reason instead of a value.
        """
        n_slopes = len(self.terms.slopes)
        given = self.scaling.standardised(measured(features, self.terms.names))
        said = predict(self.draws, given)
        absent = pl.any_horizontal(
            pl.lit(False), *(pl.col(name).is_null() for name in self.terms.slopes)
        )
        known = np.all(np.isfinite(given.x[:, :n_slopes]), axis=1)
        status = (
            pl.when(absent)
            .then(pl.lit("missing_features"))
            .when(~pl.Series(known))
            .then(pl.lit("uncertain_features"))
            # A covariance that is none, with correlations beyond 1, leads to no number.
            .when(~pl.Series(np.isfinite(said.feh) & np.isfinite(said.error)))
            .then(pl.lit("estimator_failed"))
            .otherwise(pl.lit("ok"))
        )
        values = {
            "feh": said.feh,
            "feh_error": said.error,
            "feh_p16": said.p16,
            "feh_p84": said.p84,
            "feh_plug_in": said.plug_in,
            "extrapolated": self.scaling.outside(given),
        }
        answer = features.select("source_id", status=status).with_columns(
            pl.Series(name, array) for name, array in values.items()
        )
        return answer.with_columns(
            pl.when(pl.col("status") == "ok").then(pl.col(name)).alias(name) for name in values
        )


def enough(n_stars: int, terms: Terms, params: RelationParams) -> bool:
    """Say whether there are more calibrators than the line and its scatter have parameters."""
    return n_stars >= max(params.min_stars, len(terms.predictors) + 3)


def learn_relation(
    rows: pl.DataFrame, kind: str, params: RelationParams, *, seed: int, cmdstan: CmdStan
) -> Relation:
    """Give the relation of the calibrators of one pulsation type.

    Parameters
    ----------
    rows
        ``source_id``, ``feh`` and ``feh_error`` [dex], and the columns of ``features``, no
        parameter of the relation null.

    Raises
    ------
    PluginError
        A calibrator has no error, a parameter or [Fe/H] does not vary, or the chains cannot be
        trusted.
    """
    terms = params.terms(kind)
    feh, feh_error = rows["feh"].to_numpy(), rows["feh_error"].to_numpy()
    given = measured(rows, terms.names)
    _check(rows, given, terms, kind)
    scaling = learn_scaling(given, terms.names)
    for name, centre, width in zip(
        (PERIOD, *terms.names), scaling.centre, scaling.width, strict=True
    ):
        if width <= _CONSTANT * (1.0 + abs(centre)):
            raise PluginError(
                f"{name} is the same for all {rows.height} {kind} calibrators: nothing can be "
                "learned of its slope",
                plugin=SPEC.id,
                column=name,
                hint=f"take it out of the predictors and companions of {kind}, or give calibrators "
                "that differ in it",
            )
    standard = scaling.standardised(given)
    data = stan_data(
        standard,
        feh,
        feh_error,
        n_slopes=len(terms.slopes),
        period_slope=PERIOD in terms.predictors,
        scatter=params.scatter,
        priors=params.priors,
    )
    posterior = sample(data, params.sampler, seed=seed, cmdstan=cmdstan, kind=kind)
    left_out = leave_one_out(posterior.draws(), standard, feh, feh_error)
    kept, chain = posterior.thinned(params.kept_draws)
    return Relation(
        terms,
        scaling,
        kept,
        chain,
        _calibrators(rows, given, scaling, left_out),
        _account(posterior, scaling, terms, left_out, feh, cmdstan),
    )


def _check(rows: pl.DataFrame, given: Measured, terms: Terms, kind: str) -> None:
    if (without := rows.filter(pl.col("feh_error") <= 0.0)).height:
        raise PluginError(
            f"{without.height} {kind} calibrators have an [Fe/H] without an error",
            plugin=SPEC.id,
            star=without["source_id"][0],
            column="feh_error",
            hint="give the error of the measurement, or error_floor under [calibration]",
        )
    if rows["feh"].n_unique() == 1:
        raise PluginError(
            f"all {rows.height} {kind} calibrators have the same [Fe/H]: nothing can be learned",
            plugin=SPEC.id,
            column="feh",
            hint="is the right column named as feh under [calibration]?",
        )
    for place, name in enumerate(terms.names):
        unknown = rows.filter(pl.Series(~np.isfinite(given.x[:, place])))
        if unknown.height:
            raise PluginError(
                f"{unknown.height} {kind} calibrators have {name} without a finite error",
                plugin=SPEC.id,
                star=unknown["source_id"][0],
                column=f"{name}_error",
                hint="map the error of the archive, or leave these stars out with `where`",
            )


def _calibrators(
    rows: pl.DataFrame, given: Measured, scaling: Scaling, left_out: LeftOut
) -> pl.DataFrame:
    standard = scaling.standardised(given)
    values = standard.x * scaling.width[1:] + scaling.centre[1:]
    own = np.arange(len(scaling.names))
    columns = {"period": given.period}
    for place, name in enumerate(scaling.names):
        columns[name] = values[:, place]
        columns[f"{name}_error"] = np.sqrt(given.s[:, own, own][:, place])
    columns |= {
        "feh": rows["feh"].to_numpy(),
        "feh_error": rows["feh_error"].to_numpy(),
        "left_out_feh": left_out.feh,
        "left_out_probability": left_out.probability,
        "left_out_log_density": left_out.log_density,
        "pareto_k": left_out.pareto_k,
    }
    return rows.select("source_id").with_columns(
        pl.Series(name, array) for name, array in columns.items()
    )


def _account(
    posterior: Posterior,
    scaling: Scaling,
    terms: Terms,
    left_out: LeftOut,
    feh: FloatArray,
    cmdstan: CmdStan,
) -> dict[str, Any]:
    residual = left_out.feh - feh
    return {
        "n": feh.size,
        "parameters": coefficients(posterior.draws(), scaling, terms),
        "diagnostics": asdict(posterior.diagnostics),
        "left_out": {
            "elpd": float(left_out.log_density.sum()),
            "elpd_error": float(np.sqrt(feh.size) * left_out.log_density.std(ddof=1)),
            "rmse": float(np.sqrt(np.mean(residual**2))),
            "mae": float(np.mean(np.abs(residual))),
            "largest_pareto_k": float(left_out.pareto_k.max()),
        },
        "versions": {
            "cmdstan": cmdstan.version,
            "cmdstanpy": version("cmdstanpy"),
            "arviz-stats": version("arviz-stats"),
        },
    }


def coefficients(draws: Draws, scaling: Scaling, terms: Terms) -> dict[str, dict[str, float]]:
    """Give posterior mean and standard deviation of what a reader asks for, in physical units.

    ``constant`` and a slope for each predictor make the line; ``scatter`` [dex], ``error_scale``,
    and those of ``freedom``, ``share`` and ``excess`` that there are.
    """
    return {
        name: {"mean": float(values.mean()), "sd": float(values.std(ddof=1))}
        for name, values in physical(draws, scaling, terms).items()
    }


def physical(draws: Draws, scaling: Scaling, terms: Terms) -> dict[str, FloatArray]:
    """Give the draws of each parameter of :func:`coefficients`."""
    slopes = {PERIOD: draws.delta / scaling.width[0]} if PERIOD in terms.predictors else {}
    for place, name in enumerate(terms.slopes):
        slopes[name] = draws.beta[:, place] / scaling.width[place + 1]
    centres = dict(zip((PERIOD, *terms.names), scaling.centre, strict=True))
    constant = draws.alpha - sum(slope * centres[name] for name, slope in slopes.items())
    others = {
        "scatter": draws.sigma,
        "error_scale": draws.error_scale,
        "freedom": draws.freedom,
        "share": draws.share,
        "excess": draws.excess,
    }
    there = {name: values for name, values in others.items() if values is not None}
    return {"constant": constant, **slopes, **there}
