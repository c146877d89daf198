import numpy as np
import pytest

from rrcat.simulate.sampling import (
    BETWEEN_FIELDS,
    FIRST_DAY,
    LAST_DAY,
    SPIN_PERIOD,
    mag_errors,
    transit_times,
)


def test_transits_come_in_visits_of_two_fields_of_view():
    gaps = np.concatenate([np.diff(transit_times(np.random.default_rng(i))) for i in range(100)])
    short = gaps[gaps < 0.2]
    between_fields = np.isclose(short, BETWEEN_FIELDS)
    back_to_the_first = np.isclose(short, SPIN_PERIOD - BETWEEN_FIELDS)
    assert (between_fields | back_to_the_first).mean() > 0.98
    assert between_fields.mean() > 0.5
    assert 0.3 < short.size / gaps.size < 0.6


def test_stars_have_about_44_transits_over_a_thousand_days():
    times = [transit_times(np.random.default_rng(i)) for i in range(200)]
    assert np.median([t.size for t in times]) == pytest.approx(44, abs=3)
    assert min(t[0] for t in times) >= FIRST_DAY
    assert max(t[-1] for t in times) < LAST_DAY + 1
    assert all(np.all(np.diff(t) > 0) for t in times)


def test_number_of_transits_can_be_said():
    assert transit_times(np.random.default_rng(0), 7).size == 7


def test_faint_stars_have_larger_errors():
    rng = np.random.default_rng(0)
    medians = [np.median(mag_errors(np.full(500, mag), rng)) for mag in (13.0, 17.0, 19.0)]
    np.testing.assert_allclose(medians, [0.00093, 0.0046, 0.018], rtol=0.1)
