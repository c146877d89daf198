"""Tells rrcat of the estimator; imports nothing heavy."""

from rrcat.plugin import EstimatorSpec, hookimpl

SPEC = EstimatorSpec(
    id="fourier-xgboost",
    version="1.0.0",
    api=1,
    factory="rrcat_xgboost.estimator:FourierXGBoost",
    inputs=frozenset({"features"}),
    bands=None,
    pulsation_types=frozenset({"RRab", "RRc"}),
    requires=("xgboost", "sklearn"),
    summary="Gradient-boosted trees on the residuals of a robust linear relation of regularised "
    "Fourier coefficients",
)


@hookimpl
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give the one estimator."""
    return [SPEC]
