"""The contract of estimators, their bundles and the registry that finds them.

``Estimator``, ``Model``, ``Params`` and ``StarBatch`` are what a plugin author imports. They are
looked up on first use, so that listing plugins imports neither Polars nor numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rrcat.estimator.batch import StarBatch
    from rrcat.estimator.bundle import load_bundle, save_bundle
    from rrcat.estimator.contract import Estimator, Model
    from rrcat.estimator.dataset import Dataset, batches, read_dataset
    from rrcat.estimator.params import Params
    from rrcat.estimator.registry import Registry, discover
    from rrcat.estimator.scaler import Scaler, learn_scaler
    from rrcat.estimator.training_set import calibrators_in_band, types_to_learn

_HOMES = {
    "Dataset": "dataset",
    "Estimator": "contract",
    "Model": "contract",
    "Params": "params",
    "Registry": "registry",
    "Scaler": "scaler",
    "StarBatch": "batch",
    "batches": "dataset",
    "calibrators_in_band": "training_set",
    "discover": "registry",
    "learn_scaler": "scaler",
    "load_bundle": "bundle",
    "read_dataset": "dataset",
    "save_bundle": "bundle",
    "types_to_learn": "training_set",
}

__all__ = [
    "Dataset",
    "Estimator",
    "Model",
    "Params",
    "Registry",
    "Scaler",
    "StarBatch",
    "batches",
    "calibrators_in_band",
    "discover",
    "learn_scaler",
    "load_bundle",
    "read_dataset",
    "save_bundle",
    "types_to_learn",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
