import numpy as np
import pytest

from rrcat.fourier import FitSettings, fit_arrays
from rrcat.fourier.kernel import FLAGS, SCALARS, KernelSettings
from rrcat.fourier.shape import VALUE_COLUMNS


def test_every_setting_of_the_kernel_is_one_of_the_fit():
    named = set(KernelSettings._fields) - {"bayesian"}
    assert named <= set(FitSettings.model_fields)


def test_names_of_results_are_unique():
    names = [*VALUE_COLUMNS, *SCALARS, *FLAGS]
    assert len(names) == len(set(names))


def test_bayesian_criterion_takes_fewer_harmonics(simulated):
    arrays = simulated("RRab", 200, 150, noise=(0.02, 0.04)).arrays
    aicc = fit_arrays(*arrays, FitSettings(criterion="aicc"))["n_harmonics"]
    bic = fit_arrays(*arrays, FitSettings(criterion="bic"))["n_harmonics"]
    assert bic.mean() < aicc.mean()
    assert (bic <= aicc).mean() > 0.95


def test_fit_hardly_moves_when_begun_where_it_ended(simulated):
    arrays = simulated("RRab", 400, 45).arrays
    once = fit_arrays(*arrays)
    again = fit_arrays(*arrays[:-1], once["period"])
    same = again["n_harmonics"] == once["n_harmonics"]
    assert same.mean() > 0.95
    for name in ("period", "a1", "phi31"):
        moved = np.abs(again[name] - once[name])[same] / once[f"{name}_error"][same]
        assert np.quantile(moved, 0.95) < 0.01


def test_steps_to_and_fro_are_halved_until_they_settle(simulated):
    """Faint stars with few epochs, whose period the fit would otherwise step over and back."""
    result = fit_arrays(*simulated("RRab", 2000, 25, noise=(0.05, 0.15)).arrays)
    assert result["settled"].mean() > 0.985


def test_few_points_limit_the_order(simulated):
    result = fit_arrays(*simulated("RRab", 50, 12).arrays)
    assert result["n_harmonics"].max() <= 5
    assert np.isfinite(result["phi31"]).all()


def test_wide_gap_leaves_the_minimum_order(simulated):
    strict = fit_arrays(*simulated("RRab", 50, 45).arrays, FitSettings(gap_limit=0.01))
    assert (strict["n_harmonics"] == 3).all()
    assert strict["order_limited"].all()


def test_harmonics_beyond_the_order_do_not_bias_those_given(simulated):
    """A sharp curve fitted to third order alone: errors cover what the other harmonics do."""
    curves = simulated("RRab", 600)
    result = fit_arrays(*curves.arrays, FitSettings(max_order=3))
    for name in ("a1", "a2", "a3"):
        pull = (result[name] - curves.truth[name]) / result[f"{name}_error"]
        assert 0.6 < np.std(pull) < 1.3, name
        assert abs(np.mean(pull)) < 0.3, name


@pytest.mark.parametrize("n_epochs", [8, 9, 10])
def test_fewest_epochs_are_fitted(simulated, n_epochs):
    result = fit_arrays(*simulated("RRc", 20, n_epochs).arrays)
    assert not result["failed"].any()
    assert (result["a1"] < 1.0).all()
