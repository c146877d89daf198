import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from rrcat.lightcurve import clean, fold, pack

FRAME = pl.DataFrame(
    {
        "source_id": [2, 1, 1, 2, 1],
        "band": ["G", "G", "BP", "G", "G"],
        "time": [5.0, 3.0, 1.0, 4.0, 2.0],
        "mag": [15.5, 15.3, 15.1, 15.4, 15.2],
        "mag_error": [0.05, 0.03, None, 0.04, 0.02],
    }
)


def test_light_curves_lie_end_to_end_in_the_order_of_their_keys():
    packed = pack(clean(FRAME)[0])
    assert packed.keys.rows() == [(1, "BP"), (1, "G"), (2, "G")]
    assert packed.offsets.tolist() == [0, 1, 3, 5]
    assert packed.time.tolist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert packed.mag.tolist() == [15.1, 15.2, 15.3, 15.4, 15.5]


def test_unknown_errors_are_zero_and_unknown_phases_nan():
    packed = pack(clean(FRAME)[0])
    assert packed.mag_error[0] == 0.0
    assert np.isnan(packed.phase).all()


def test_no_light_curves_pack_to_nothing():
    packed = pack(clean(FRAME.clear())[0])
    assert packed.offsets.tolist() == [0]
    assert packed.keys.height == 0


@given(st.floats(-5000, 5000), st.floats(0.1, 2.0), st.floats(-100, 100))
def test_fold_then_unfold_is_identity_up_to_whole_periods(time, period, reference):
    phase = float(fold(time, period, reference))
    assert 0.0 <= phase < 1.0
    cycles = (time - (reference + phase * period)) / period
    assert np.isclose(cycles, round(cycles), atol=1e-6)


def test_time_just_before_the_reference_does_not_fold_to_one():
    assert fold(-1e-18, 0.5) == 0.0
