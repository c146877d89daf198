"""Has the estimator id of another, two"""

from rrcat.plugin import EstimatorSpec, hookimpl


@hookimpl
def rrcat_estimators():
    """Give one estimator."""
    return [
        EstimatorSpec(
            id="same-id",
            version="1.0.0",
            api=1,
            factory="nowhere:Nothing",
            inputs=frozenset({"features"}),
            pulsation_types=frozenset({"RRab"}),
            summary="Has the estimator id of another, two",
        )
    ]
