"""Spells its hook wrongly"""

from rrcat.plugin import EstimatorSpec, hookimpl


@hookimpl
def rrcat_estimater():
    """Give one estimator."""
    return [
        EstimatorSpec(
            id="misspelt",
            version="1.0.0",
            api=1,
            factory="nowhere:Nothing",
            inputs=frozenset({"features"}),
            pulsation_types=frozenset({"RRab"}),
            summary="Spells its hook wrongly",
        )
    ]
