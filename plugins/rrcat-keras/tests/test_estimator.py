"""Both estimators keep the contract, in both modes."""

import pytest

from rrcat.estimator import discover
from rrcat.testing import assert_conforms

SMALL = {
    "keras-lstm": {"units": 4, "width": 8, "wrapped": 2},
    "keras-transformer": {"width": 8, "heads": 2, "layers": 1, "anchors": 6},
}
QUICK = {"epochs": 12, "batch_size": 16, "min_stars": 20}


@pytest.mark.slow
@pytest.mark.parametrize("fourier", [False, True], ids=["points", "coefficients"])
@pytest.mark.parametrize("id", sorted(SMALL))
def test_the_contract_is_kept(id: str, fourier: bool) -> None:
    assert_conforms(discover().spec(id), {**SMALL[id], **QUICK, "fourier": fourier})
