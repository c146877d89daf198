"""Tells rrcat of the estimator; imports nothing heavy."""

from rrcat.plugin import EstimatorSpec, hookimpl

SPEC = EstimatorSpec(
    id="fourier-gp",
    version="1.0.0",
    api=1,
    factory="rrcat_gp.estimator:FourierGp",
    inputs=frozenset({"features", "sequences"}),
    bands=None,
    pulsation_types=frozenset({"RRab", "RRc"}),
    requires=("sklearn", "scipy"),
    summary="Gaussian process with a linear mean on regularised Fourier coefficients and their "
    "noise",
)


@hookimpl
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give the one estimator."""
    return [SPEC]
