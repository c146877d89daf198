import numpy as np
import polars as pl
import pytest

from rrcat.release.figures_calibrators import AGAINST, _medians, _plain, calibrator_figures


def calibrators(n):
    rng = np.random.default_rng(n)
    true = rng.normal(-1.5, 0.4, n)
    return pl.DataFrame(
        {
            "feh_true": true,
            "feh": true + 0.1,
            "pulsation_type": "RRab",
            "int_average_mag": rng.uniform(14, 18, n),
            "n_epochs": rng.integers(20, 90, n),
            "phi31_error": pl.Series([None] * n, dtype=pl.Float64),
        }
    )


def test_what_is_not_known_of_the_stars_is_not_drawn():
    levels = {"one": [{"nominal": 0.5, "observed": 0.4}], "two": []}
    titles = [figure.title for figure in calibrator_figures(calibrators(30), levels, 30)]
    assert "Residuals and error of φ31" not in titles
    assert len(titles) == 1 + len(AGAINST)  # of the five and the reliability diagram


def test_offset_is_told_in_words():
    figure = calibrator_figures(calibrators(40), {}, 40)[0]
    assert "0.100 dex" in figure.alt


def test_no_calibrators_make_no_figures():
    assert calibrator_figures(calibrators(30).clear(), {}, 0) == []


def test_medians_follow_a_slope_and_pass_by_wild_residuals():
    x = np.arange(80.0)
    residual = 0.01 * x
    residual[5] = 50.0
    told = _medians(x, residual)
    assert len(told) == 8
    assert [median for _, median, _ in told] == pytest.approx(
        [0.01 * place for place, _, _ in told], abs=0.01
    )
    assert all(error < 0.05 for _, _, error in told)


@pytest.mark.parametrize(
    ("x", "told"), [(0.02, "0.02"), (0.03, ""), (10, "10"), (60, ""), (1, "1"), (500, "500")]
)
def test_ticks_of_a_logarithmic_axis_leave_room(x, told):
    assert _plain(x, None) == told
