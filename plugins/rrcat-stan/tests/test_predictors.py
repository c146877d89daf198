import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rrcat_stan.predictors import NAMES, Measured, learn_scaling, measured

from rrcat import schema
from rrcat.harmonic import PARAMETERS, pack_covariance
from rrcat.testing import synthetic_batch


@pytest.fixture(scope="module")
def features():
    batch, _ = synthetic_batch(30, seed=2, bands=["G"])
    return batch.features


def of_phases(angles, errors):
    angles, errors = np.asarray(angles, dtype=float), np.asarray(errors, dtype=float)
    return Measured(
        np.linspace(0.4, 0.7, angles.size),
        np.zeros(angles.size),
        angles[:, np.newaxis],
        (errors**2)[:, np.newaxis, np.newaxis],
    )


def test_the_covariance_of_the_fit_is_that_of_the_star(features):
    matrix = np.diag(np.arange(1.0, 17.0))
    matrix[3, 10] = matrix[10, 3] = 0.5  # a3 and phi31
    packed = pl.Series([pack_covariance(matrix).tolist()] * features.height)
    given_ = measured(
        features.with_columns(covariance=packed.cast(features.schema["covariance"])),
        ("phi31", "a3"),
    )
    assert PARAMETERS[10] == "phi31"
    assert given_.s[0].tolist() == [[11.0, 0.5], [0.5, 4.0]]


def test_without_a_covariance_the_standard_errors_count(features):
    bare = features.with_columns(covariance=pl.lit(None, features.schema["covariance"]))
    given_ = measured(bare, ("phi31", "a2"))
    assert given_.s[:, 0, 0] == pytest.approx(bare["phi31_error"].to_numpy() ** 2)
    assert not given_.s[:, 0, 1].any()


@pytest.mark.parametrize("gone", ["phi31", "phi31_error"])
def test_a_value_without_error_is_no_value(features, gone):
    null = features.with_columns(
        pl.lit(None, pl.Float64).alias(gone),
        covariance=pl.lit(None, features.schema["covariance"]),
    )
    given_ = measured(null, ("phi31", "a2"))
    assert np.isnan(given_.x[:, 0]).all()
    assert np.isfinite(given_.x[:, 1]).all()
    assert np.isfinite(given_.s).all()


def test_a_period_without_error_is_exact(features):
    fixed = features.with_columns(period_error=pl.lit(None, pl.Float64))
    assert not measured(fixed, ("a1",)).period_variance.any()


def test_no_parameter_but_the_period_is_a_relation_too(features):
    given_ = measured(features, ())
    assert given_.x.shape == (features.height, 0)
    assert given_.s.shape == (features.height, 0, 0)
    standard = learn_scaling(given_, ()).standardised(given_)
    assert standard.period.mean() == pytest.approx(0.0, abs=1e-12)


def test_every_parameter_is_a_column_of_features():
    assert set(NAMES) <= set(schema.load("features").names)


@given(st.floats(0.0, 2.0 * np.pi), st.lists(st.floats(-0.8, 0.8), min_size=5, max_size=20))
def test_phases_are_on_one_branch_wherever_they_gather(middle, offsets):
    offsets = [-0.1, 0.1, *offsets]
    angles = np.mod(middle + np.array(offsets), 2.0 * np.pi)
    stars = of_phases(angles, np.full(angles.size, 0.05))
    scaling = learn_scaling(stars, ("phi31",))
    values = scaling.standardised(stars).x[:, 0] * scaling.width[1]
    assert np.ptp(values) == pytest.approx(np.ptp(offsets))


def test_a_phase_that_says_nothing_does_not_move_the_branch():
    angles = [*np.linspace(0.0, 0.6, 10), np.pi + 0.3, np.pi + 0.4]
    scaling = learn_scaling(of_phases(angles, [0.05] * 10 + [5.0] * 2), ("phi31",))
    assert scaling.centre[1] == pytest.approx(0.3, abs=0.02)


def test_a_calibrator_is_never_outside_the_calibrators():
    stars = of_phases(np.linspace(5.9, 6.7, 12) % (2.0 * np.pi), np.full(12, 0.05))
    scaling = learn_scaling(stars, ("phi31",))
    assert not scaling.outside(scaling.standardised(stars)).any()


def test_a_star_beyond_the_calibrators_in_any_parameter_is_outside():
    stars = of_phases(np.linspace(2.0, 3.0, 12), np.full(12, 0.05))
    scaling = learn_scaling(stars, ("phi31",))
    odd = of_phases([2.5, 3.2, 2.5, np.nan], [0.05, 0.05, 0.05, np.nan])
    odd = Measured(np.array([0.5, 0.5, 0.9, 0.5]), odd.period_variance, odd.x, odd.s)
    outside = scaling.outside(scaling.standardised(odd))
    assert outside.tolist() == [False, True, True, False]
