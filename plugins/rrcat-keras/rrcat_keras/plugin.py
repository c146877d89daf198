"""Tells rrcat of the estimators; imports nothing heavy."""

from rrcat.plugin import EstimatorSpec, hookimpl

_INPUTS = frozenset({"sequences", "features"})
TYPES = frozenset({"RRab", "RRc"})
_REQUIRES = ("tensorflow", "keras")

LSTM = EstimatorSpec(
    id="keras-lstm",
    version="1.0.0",
    api=1,
    factory="rrcat_keras.estimator:KerasLstm",
    inputs=_INPUTS,
    bands=None,
    pulsation_types=TYPES,
    requires=_REQUIRES,
    summary="Recurrent network (bidirectional LSTM) on the observations of folded light curves",
)
TRANSFORMER = EstimatorSpec(
    id="keras-transformer",
    version="1.0.0",
    api=1,
    factory="rrcat_keras.estimator:KerasTransformer",
    inputs=_INPUTS,
    bands=None,
    pulsation_types=TYPES,
    requires=_REQUIRES,
    summary="Transformer on the observations of folded light curves",
)


@hookimpl
def rrcat_estimators() -> list[EstimatorSpec]:
    """Give both estimators."""
    return [LSTM, TRANSFORMER]
