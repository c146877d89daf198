"""Tells rrcat of the estimator; imports nothing heavy."""

from rrcat.plugin import EstimatorSpec, hookimpl

SPEC = EstimatorSpec(
    id="literature-relations",
    version="1.0.0",
    api=1,
    factory="rrcat_relations.estimator:LiteratureRelations",
    inputs=frozenset({"features"}),
    bands=None,
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="Published relations of period and Fourier parameters, with propagated errors",
    needs_calibrators=False,
)


@hookimpl
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give the one estimator."""
    return [SPEC]
