"""A recommendation is that of the best member that a star has, or the mean of all it has."""

import numpy as np
import pytest

from rrcat.catalogue.combination import OfType, Stars, read_combination, recommend, undiluted
from rrcat.errors import BundleError
from rrcat.evaluation.curve import Curve
from rrcat.evaluation.dilution import Dilution
from rrcat.evaluation.uncertainty import ErrorCalibration

NAN = np.nan
STARS = Stars(
    {"a": np.array([-1.0, NAN, NAN, -2.0]), "b": np.array([-1.4, -1.5, NAN, -2.0])},
    {"a": np.array([0.1, NAN, NAN, 0.1]), "b": np.array([0.2, 0.2, NAN, 0.2])},
    np.full((4, 3), NAN),
)


def of_type(**changes):
    told = {
        "n_stars": 50,
        "errors": {
            "a": ErrorCalibration(n_stars=50, level=np.log(2), width_68=1.1, width_95=2.2),
            "b": ErrorCalibration(n_stars=50, level=np.log(1.5)),
        },
        "members": ("a", "b"),
        "moments": ((0.04, 0.02), (0.02, 0.04)),
        "usual_errors": (0.2, 0.2),
        "recalibration": None,
        "combined_errors": ErrorCalibration(n_stars=50, level=np.log(0.8), width_68=0.9),
        "steps_aside": False,
        "preferred": ("a", "b"),
        "rmse": {},
    }
    return OfType(**(told | changes))


def test_a_star_has_the_mean_of_its_members_weighed_by_their_errors():
    best = recommend(of_type(), STARS)
    # Equally good members, calibrated errors 0.2, as usual, and 0.3: weights as 9 to 4.
    assert best.share[0] == pytest.approx([9 / 13, 4 / 13])
    assert best.value == pytest.approx([-14.6 / 13, -1.5, NAN, -2.0], nan_ok=True)
    assert best.error[0] == pytest.approx(0.8 * (9 * 0.2 + 4 * 0.3) / 13)
    assert best.error[1] == pytest.approx(0.8 * 0.3)
    assert (best.width_68 == 0.9).all()


def test_the_recalibration_moves_the_mean():
    curve = Curve(knots=(-3.0, 0.0), values=(0.1, 0.1))
    moved = recommend(of_type(recalibration=curve), STARS).value
    assert moved == pytest.approx([0.1 - 14.6 / 13, -1.4, NAN, -1.9], nan_ok=True)


def test_stepping_aside_leaves_a_star_to_its_best_member():
    best = recommend(of_type(steps_aside=True), STARS)
    assert best.value == pytest.approx([-1.0, -1.5, NAN, -2.0], nan_ok=True)
    assert best.error == pytest.approx([0.2, 0.3, NAN, 0.2], nan_ok=True)
    assert best.width_95[:2].tolist() == [2.2, 1.96]
    assert best.share.tolist() == [[1, 0], [0, 1], [0, 0], [1, 0]]
    other = recommend(of_type(steps_aside=True, preferred=("b", "a")), STARS)
    assert other.value[0] == -1.4


def test_undiluted_values_are_farther_apart_with_larger_errors():
    expected = Curve(knots=(-3.0, -1.5, 0.0), values=(-2.25, -1.5, -0.75))
    learned = of_type(
        dilution=Dilution(expected=expected), undiluted_errors=ErrorCalibration(n_stars=50)
    )
    best = recommend(learned, STARS)
    value, error = undiluted(learned, best, STARS.conditions)
    assert value == pytest.approx(-1.5 + 2 * (best.value + 1.5), nan_ok=True)
    assert error == pytest.approx(2 * best.error, nan_ok=True)
    nothing, _ = undiluted(of_type(), best, STARS.conditions)
    assert np.isnan(nothing).all()


@pytest.mark.parametrize("text", ["{}", "[1", '{"format": 2}'])
def test_a_combination_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "combination.json").write_text(text)
    with pytest.raises(BundleError, match="cannot be read"):
        read_combination(tmp_path / "combination.json")
