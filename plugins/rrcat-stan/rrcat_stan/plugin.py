"""Tells rrcat of the estimator; imports nothing heavy."""

from rrcat.plugin import EstimatorSpec, hookimpl

# CmdStan and cmdstanpy are no requirements: learning needs them, and a bundle predicts without.
SPEC = EstimatorSpec(
    id="bayes-relation",
    version="1.0.0",
    api=1,
    factory="rrcat_stan.estimator:BayesRelation",
    inputs=frozenset({"features"}),
    bands=None,
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="Bayesian linear relation of period and Fourier parameters with errors in all of them",
)


@hookimpl
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give the one estimator."""
    return [SPEC]
