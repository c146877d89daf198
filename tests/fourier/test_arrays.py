import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rrcat.fourier import FitSettings, fit_arrays
from rrcat.fourier.arrays import fit_from_each
from rrcat.harmonic import angular_difference, covariance_index, evaluate

NAMES = ("period", "a1", "a2", "a3", "phi21", "phi31")
SHAPE_COLUMNS = ("a1", "a2", "a3", "r21", "r31", "phi21", "phi31", "peak_to_peak", "rise_time")


def errors_of(result, truth):
    """Fitted minus true, by parameter."""
    return {
        name: angular_difference(result[name], truth[name])
        if name.startswith("phi")
        else result[name] - truth[name]
        for name in NAMES
    }


def one_star(curves, star):
    here = slice(curves.offsets[star], curves.offsets[star + 1])
    return (
        np.array([0, here.stop - here.start]),
        curves.time[here],
        curves.mag[here],
        curves.error[here],
        curves.truth["period"][star : star + 1],
    )


@pytest.mark.parametrize("kind", ["RRab", "RRc"])
def test_pulls_have_unit_width(simulated, kind):
    curves = simulated(kind, 1500)
    result = fit_arrays(*curves.arrays)
    for name, error in errors_of(result, curves.truth).items():
        width = np.std(error / result[f"{name}_error"])
        assert 0.87 < width < 1.17, f"{name}: {width:.3f}"


def test_pulls_of_sparse_curves_are_not_wild(simulated):
    curves = simulated("RRab", 800, n_epochs=20)
    result = fit_arrays(*curves.arrays)
    for name, error in errors_of(result, curves.truth).items():
        pull = np.abs(error / result[f"{name}_error"])
        assert 0.4 < 1.4826 * np.median(pull) < 1.45, name
        assert np.mean(pull > 5.0) < 0.03, name


def test_result_does_not_depend_on_the_other_stars(simulated):
    curves = simulated("RRab", 12)
    together = fit_arrays(*curves.arrays)
    for star in range(12):
        alone = fit_arrays(*one_star(curves, star))
        for one, many in (
            (alone.values[0], together.values[star]),
            (alone.scalars[0], together.scalars[star]),
            (alone.covariance[0], together.covariance[star]),
        ):
            assert one.tobytes() == many.tobytes()


def test_a_curve_fitted_from_each_period_is_fitted_as_if_from_that_alone(simulated):
    offsets, *curve, period = simulated("RRab", 1).arrays
    started = period * np.array([0.9995, 1.0, 1.0002])
    together = fit_from_each(*curve, started, FitSettings())
    for i in range(3):
        alone = fit_arrays(offsets, *curve, started[i : i + 1])
        assert alone.values[0].tobytes() == together.values[i].tobytes()


def test_result_does_not_depend_on_the_stars_before(simulated):
    long, short = simulated("RRab", 1, n_epochs=200), simulated("RRc", 1, n_epochs=30)
    joined = fit_arrays(
        np.array([0, 200, 230]),
        *(
            np.concatenate([getattr(long, name), getattr(short, name)])
            for name in ("time", "mag", "error")
        ),
        np.concatenate([long.truth["period"], short.truth["period"]]),
    )
    assert joined.values[1].tobytes() == fit_arrays(*short.arrays).values[0].tobytes()


@settings(max_examples=20, deadline=None)
@given(shift=st.floats(-2000, 2000), offset=st.floats(-8, 8))
def test_shift_in_time_and_brightness_leaves_the_shape_alone(simulated, shift, offset):
    curves = simulated("RRab", 3, noise=(0.01, 0.01))
    offsets, time, mag, error, period = curves.arrays
    before = fit_arrays(*curves.arrays)
    after = fit_arrays(offsets, time + shift, mag + offset, error, period)
    for name in SHAPE_COLUMNS:
        assert np.allclose(after[name], before[name], atol=1e-5), name
        if name != "rise_time":
            assert np.allclose(after[f"{name}_error"], before[f"{name}_error"], rtol=1e-3), name
    assert np.allclose(after["zp_mag"] - before["zp_mag"], offset, atol=1e-6)
    assert np.allclose(after["int_average_mag"] - before["int_average_mag"], offset, atol=1e-6)
    assert np.allclose(after["epoch"] - before["epoch"], shift, atol=1e-4)


@pytest.mark.parametrize("error", [0.0, 0.001])
def test_noiseless_series_is_recovered(error):
    rng = np.random.default_rng(4)
    time = np.sort(rng.uniform(0, 1000, 120))
    amplitude, phases = [0.3, 0.14, 0.09, 0.05], [1.0, 5.9, 4.8, 3.0]
    mag = evaluate(time, 0.5678, 400.0, 16.0, amplitude, phases)
    result = fit_arrays(
        np.array([0, 120]), time, mag, np.full(120, error), np.array([0.5678 * (1 + 3e-6)])
    )
    assert np.isclose(result["period"][0], 0.5678, atol=1e-8)
    fitted = [result[f"a{k}"][0] for k in range(1, 5)]
    assert np.allclose(fitted, amplitude, atol=2e-4)
    expected = (phases[2] - 3 * phases[0]) % (2 * np.pi)
    assert np.isclose(result["phi31"][0], expected, atol=2e-3)
    assert result["n_clipped"][0] == 0
    assert result["zp_mag"][0] == pytest.approx(16.0, abs=1e-4)


def test_fitted_series_is_the_one_that_evaluate_gives(simulated):
    curves = simulated("RRab", 1, noise=(0.005, 0.005))
    result = fit_arrays(*curves.arrays)
    order = int(result["n_harmonics"][0])
    k = np.arange(1, order + 1)
    phi_k1 = np.array([0.0] + [result[f"phi{i}1"][0] for i in range(2, order + 1)])
    model = evaluate(
        curves.time,
        result["period"][0],
        result["reference_time"][0],
        result["zp_mag"][0],
        [result[f"a{i}"][0] for i in k],
        phi_k1 + k * result["phi1"][0],
    )
    assert np.std(curves.mag - model) < 0.012


@pytest.mark.parametrize("drift", [-0.3, -0.1, 0.1, 0.3])
@pytest.mark.parametrize("kind", ["RRab", "RRc"])
def test_period_that_drifts_over_the_time_span_is_found(simulated, kind, drift):
    curves = simulated(kind, 20, n_epochs=200)
    offsets, time, mag, error, period = curves.arrays
    wrong = 1.0 / (1.0 / period + drift / 1000.0)
    result = fit_arrays(offsets, time, mag, error, wrong)
    pull = (result["period"] - period) / result["period_error"]
    assert np.abs(pull).max() < 5.0
    assert not result["at_bound"].any()


def test_period_out_of_reach_is_kept_and_flagged(simulated):
    curves = simulated("RRab", 20, n_epochs=60)
    offsets, time, mag, error, period = curves.arrays
    limits = FitSettings(max_drift=0.01)
    wrong = 1.0 / (1.0 / period + 0.1 / 1000.0)
    result = fit_arrays(offsets, time, mag, error, wrong, limits)
    assert result["at_bound"].all()
    assert result["fixed"].all()
    assert np.allclose(result["period"], wrong, rtol=1e-15)
    assert np.isnan(result["period_error"]).all()


def test_period_is_held_when_the_times_span_fewer_than_three_periods():
    rng = np.random.default_rng(5)
    time = np.sort(rng.uniform(0.0, 1.2, 60))
    mag = evaluate(time, 0.5, 0.0, 15.0, [0.3, 0.1], [0.0, 4.0]) + 0.01 * rng.standard_normal(60)
    result = fit_arrays(np.array([0, 60]), time, mag, np.full(60, 0.01), np.array([0.5]))
    assert result["fixed"][0]
    assert not result["at_bound"][0]
    assert result["period"][0] == 0.5


def test_outliers_are_clipped_and_do_not_move_the_fit(simulated):
    curves = simulated("RRab", 200, noise=(0.01, 0.01))
    offsets, time, mag, error, period = curves.arrays
    spoiled = mag.copy()
    spoiled[offsets[:-1] + 7] += 0.6
    clean_fit, fit = fit_arrays(*curves.arrays), fit_arrays(offsets, time, spoiled, error, period)
    assert np.mean(fit["n_clipped"] >= 1) > 0.9
    assert np.median(np.abs(fit["a1"] - clean_fit["a1"])) < 0.003
    assert (fit["n_clipped"] <= 4).all()


def test_scatter_beyond_the_errors_widens_the_uncertainties(simulated):
    curves = simulated("RRab", 300, noise=(0.02, 0.02))
    offsets, time, mag, error, period = curves.arrays
    result = fit_arrays(offsets, time, mag, 0.05 * error, period)
    pull = (result["a1"] - curves.truth["a1"]) / result["a1_error"]
    assert 0.8 < np.std(pull) < 1.25
    assert np.median(result["reduced_chi2"]) > 50


def test_unknown_errors_are_told_from_the_residuals(simulated):
    curves = simulated("RRab", 300, noise=(0.02, 0.02))
    offsets, time, mag, error, period = curves.arrays
    result = fit_arrays(offsets, time, mag, 0.0 * error, period)
    assert np.isclose(np.median(result["residual_scatter"]), 0.021, atol=0.004)
    assert np.isnan(result["reduced_chi2"]).all()


def test_curve_with_a_large_gap_gets_large_errors_and_no_wild_amplitudes():
    rng = np.random.default_rng(6)
    results = []
    for _ in range(50):
        time = 0.55 * (np.sort(rng.uniform(0.0, 0.55, 20)) + rng.integers(0, 900, 20))
        mag = evaluate(time, 0.55, 0.0, 15.0, [0.3, 0.14, 0.1], [rng.uniform(0, 6), 5.0, 4.0])
        mag += 0.02 * rng.standard_normal(20)
        arrays = (np.array([0, 20]), time, mag, np.full(20, 0.02), np.array([0.55]))
        results.append(fit_arrays(*arrays))
    assert max(result["a1"][0] for result in results) < 0.8
    assert max(result["peak_to_peak"][0] for result in results) < 2.5
    assert all(result["n_harmonics"][0] == 3 for result in results)
    assert all(result["order_limited"][0] for result in results)
    assert np.median([result["a1_error"][0] for result in results]) > 0.03


def test_order_grows_with_what_the_data_show(simulated):
    sharp = fit_arrays(*simulated("RRab", 100, 100, noise=(0.005, 0.005)).arrays)
    noisy = fit_arrays(*simulated("RRab", 100, 100, noise=(0.25, 0.25)).arrays)
    assert np.median(sharp["n_harmonics"]) == 8
    assert np.median(noisy["n_harmonics"]) <= 4
    assert noisy["n_harmonics"].min() == 3


def test_numbers_beyond_the_order_do_not_exist(simulated):
    result = fit_arrays(*simulated("RRc", 30).arrays, FitSettings(max_order=4))
    assert np.isfinite(result["a3"]).all()
    for name in ("a5", "a5_error", "r51", "phi51", "phi81_error"):
        assert np.isnan(result[name]).all(), name
    assert np.isnan(result.covariance[:, covariance_index("a1", "a5")]).all()
    assert np.isnan(result.covariance[:, covariance_index("phi61", "phi61")]).all()


def test_covariance_holds_the_variances_and_is_positive(simulated):
    result = fit_arrays(*simulated("RRab", 30).arrays)
    for name in ("period", "a1", "a3", "phi21", "phi31"):
        variance = result.covariance[:, covariance_index(name, name)]
        assert np.allclose(np.sqrt(variance), result[f"{name}_error"], rtol=1e-12)
    block = [
        [result.covariance[:, covariance_index(a, b)] for a in ("period", "a1", "phi31")]
        for b in ("period", "a1", "phi31")
    ]
    assert (np.linalg.eigvalsh(np.moveaxis(np.array(block), 2, 0)) > 0).all()


def test_covariance_describes_the_joint_error_of_the_parameters(simulated):
    curves = simulated("RRab", 600, noise=(0.01, 0.02))
    result = fit_arrays(*curves.arrays)
    error = errors_of(result, curves.truth)
    joint = np.array([error[name] for name in NAMES]).T
    matrix = np.array(
        [[result.covariance[:, covariance_index(a, b)] for a in NAMES] for b in NAMES]
    ).transpose(2, 0, 1)
    chi2 = np.einsum("ni,nij,nj->n", joint, np.linalg.inv(matrix), joint)
    median_of_chi2 = 5.35  # six degrees of freedom
    assert 0.75 < np.median(chi2) / median_of_chi2 < 1.25


def test_prior_can_be_given_for_every_star(simulated):
    curves = simulated("RRab", 4)
    tight = fit_arrays(*curves.arrays, prior_scales=np.full((4, 8), 1e-3))
    assert (tight["a1"] < 0.9 * curves.truth["a1"]).all()


def test_constant_star_has_no_shape():
    time = np.linspace(0, 100, 40)
    arrays = (np.array([0, 40]), time, np.full(40, 15.0), np.full(40, 0.01), np.array([0.5]))
    result = fit_arrays(*arrays)
    assert result["failed"][0] or not result["a1"][0] > 1e-6
