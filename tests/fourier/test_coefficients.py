import numpy as np
import polars as pl
import pytest

from rrcat.fourier import N_COEFFICIENTS, shapes
from rrcat.testing import synthetic_batch


@pytest.fixture(scope="module")
def features():
    return synthetic_batch(20, seed=1, bands=["G"])[0].features


def coefficients(given, row):
    seen = np.flatnonzero(np.diagonal(given.information[row]) > 0)
    block = given.information[row][np.ix_(seen, seen)]
    return seen, np.linalg.solve(block, given.moment[row, seen])


def test_coefficients_are_those_of_the_series_with_the_first_phase_at_zero(features):
    given = shapes(features)
    for row in range(features.height):
        seen, value = coefficients(given, row)
        order = features["n_harmonics"][row]
        assert seen.tolist() == list(range(2 * order - 1))
        a, phi = features[f"a{order}"][row], features[f"phi{order}1"][row]
        assert value[-2:] == pytest.approx([a * np.cos(phi), a * np.sin(phi)], abs=1e-6)


def test_harmonics_that_were_not_fitted_bring_no_information(features):
    given = shapes(features)
    for row, order in enumerate(features["n_harmonics"]):
        assert not given.information[row, 2 * order - 1 :].any()
        assert not given.information[row, :, 2 * order - 1 :].any()


def test_a_phase_without_its_amplitude_is_not_observed(features):
    given = shapes(features.with_columns(a3=pl.lit(None, pl.Float64)))
    assert not given.information[:, 3:5].any()
    assert given.observed.all()


def test_standard_errors_serve_where_there_is_no_covariance(features):
    none = pl.lit(None, features.schema["covariance"]).alias("covariance")
    given = shapes(features.with_columns(none))
    assert given.information[:, 0, 0] == pytest.approx(1.0 / features["a1_error"].to_numpy() ** 2)


def test_a_covariance_that_is_none_still_gives_a_positive_information(features):
    broken = pl.lit([-1.0] * 136, features.schema["covariance"]).alias("covariance")
    given = shapes(features.with_columns(broken))
    assert np.isfinite(given.information).all()
    assert (np.linalg.eigvalsh(given.information) > -1e-3).all()


def test_no_star_gives_no_shape(features):
    assert shapes(features.clear()).information.shape == (0, N_COEFFICIENTS, N_COEFFICIENTS)
