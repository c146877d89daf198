"""Networks that were learned once, for the tests that ask what was learned."""

import pytest
from rrcat_keras.estimator import KerasTransformer

from rrcat.testing import synthetic_batch

QUICK = {
    "epochs": 3, "batch_size": 16, "learning_rate": 0.01, "width": 8, "heads": 2, "layers": 1,
    "anchors": 6, "concentrations": (5.0, 40.0), "max_points": 24,
}  # fmt: skip


@pytest.fixture(scope="session")
def quick():
    """Parameters of a Transformer that is learned in seconds."""
    return QUICK


@pytest.fixture(scope="session")
def stars():
    """A batch in one band, and its calibrators."""
    return synthetic_batch(120, seed=3, bands=["G"])


@pytest.fixture(scope="session")
def model(stars):
    """Two networks for each type, with coefficients."""
    return KerasTransformer(QUICK | {"members": 2}).fit(*stars, seed=1)
