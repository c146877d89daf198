import numpy as np
import pytest
from matplotlib.figure import Figure

from rrcat.release.figures_sky import Sky, _right_ascension


def test_whole_sky_is_an_oval_and_a_field_is_not():
    whole = Sky(np.array([10.0, 130.0, 250.0]), np.array([-60.0, 0.0, 60.0]))
    assert (whole.projection, whole.size) == ("mollweide", (4.8, 3.0))
    field = Sky(np.array([10.0, 11.0]), np.array([-1.0, 1.0]))
    assert (field.projection, field.size) == (None, (4.8, 3.6))


def test_field_over_the_zero_of_right_ascension_stays_one():
    sky = Sky(np.array([359.0, 1.0]), np.array([0.0, 0.0]))
    assert not sky.wide
    x, _ = sky.on(Figure().add_subplot())
    assert np.ptp(x) < 2.001


def test_right_ascension_grows_to_the_left():
    sky = Sky(np.array([290.0, 310.0, 100.0]), np.array([0.0, 10.0, 80.0]))
    x, _ = sky.on(Figure().add_subplot(projection="mollweide"))
    assert x[0] > x[1]
    field = Sky(np.array([10.0, 11.0]), np.array([0.0, 1.0]))
    axes = Figure().add_subplot()
    field.on(axes)
    left, right = axes.get_xlim()
    assert left > right


@pytest.mark.parametrize(
    ("x", "told"), [(-1.0, "359"), (360.5, "0.5"), (80.0, "80"), (-1e-9, "0"), (360.0, "0")]
)
def test_right_ascension_beyond_the_circle_is_told_within_it(x, told):
    assert _right_ascension(x, None) == told
