import numpy as np
import polars as pl
import pytest
from matplotlib.figure import Figure as Canvas

from rrcat.release.figures import distance_figures, figures


def svg_of(figure):
    return figure.drawing.image("svg").decode()


@pytest.fixture(scope="module")
def drawn(frame):
    return by_title(frame)


def by_title(frame):
    return {figure.title: figure for figure in figures(frame, "C21")}


def test_figures_bear_no_date(drawn):
    for figure in drawn.values():
        assert "<dc:date>" not in svg_of(figure)


def test_amplitude_of_the_first_harmonic_stands_in_for_the_peak_to_peak(frame, drawn):
    without = frame.with_columns(peak_to_peak=pl.lit(None, dtype=pl.Float64))
    assert "first harmonic" in by_title(without)["Period and amplitude"].caption
    assert "peak-to-peak" in drawn["Period and amplitude"].caption


def test_many_points_are_drawn_as_one_picture(frame, drawn):
    many = pl.concat([frame] * 20)
    assert "<image" in svg_of(by_title(many)["How certain the metallicities are"])
    assert "<image" not in svg_of(drawn["How certain the metallicities are"])


@pytest.mark.parametrize("centre", [0.0, 80.0, 359.9])
def test_small_field_is_drawn_flat_wherever_it_lies(frame, drawn, centre):
    rng = np.random.default_rng(1)
    near = frame.with_columns(
        ra=pl.Series((centre + rng.uniform(-1, 1, frame.height)) % 360),
        dec=pl.Series(rng.uniform(-71, -69, frame.height)),
    )
    wide, flat = drawn["On the sky"], by_title(near)["On the sky"]
    assert len(svg_of(wide)) != len(svg_of(flat))
    assert "declination -71.0 to -69.0" in flat.alt


def test_stars_without_a_position_are_counted_below_the_map(frame):
    placed = frame.drop_nulls(["ra", "dec"])
    lost = placed.with_columns(ra=pl.when(pl.int_range(pl.len()) >= 3).then("ra"))
    assert "no position" not in by_title(placed)["On the sky"].caption
    assert " 3 stars have no position." in by_title(lost)["On the sky"].caption


def test_values_of_stars_of_unknown_type_are_drawn_too(frame):
    unknown = frame.with_columns(pulsation_type=pl.lit(None, dtype=pl.String))
    assert len(by_title(unknown)) == 4


def x_of_points(canvas):
    (axes,) = canvas.axes
    return np.concatenate([points.get_offsets()[:, 0] for points in axes.collections])


@pytest.fixture
def drawn_on_the_sky(frame):
    """Draw stars at these right ascensions and declinations; give their places on the map."""

    def draw(ra, dec):
        rows = frame[: len(ra)].with_columns(ra=pl.Series(ra), dec=pl.Series(dec), feh=pl.lit(-1.0))
        drawing = by_title(rows)["On the sky"].drawing
        canvas = Canvas()
        drawing.draw(canvas.add_subplot(projection=drawing.projection))
        return x_of_points(canvas)

    return draw


@pytest.mark.parametrize("field", [(250.0, 285.0), (65.0, 95.0), (0.0, 30.0), (355.0, 360.0)])
def test_map_of_the_sky_splits_neither_bulge_nor_clouds(drawn_on_the_sky, field):
    x = drawn_on_the_sky([*field, 150.0], [-30.0, -30.0, 80.0])
    assert np.degrees(x[0] - x[1]) == pytest.approx(field[1] - field[0])


def test_small_field_over_zero_is_not_torn_apart(drawn_on_the_sky):
    x = drawn_on_the_sky([359.0, 0.0, 1.0], [0.0, 0.1, 0.2])
    assert np.ptp(x) == pytest.approx(2.0)


def test_counts_have_whole_numbers_at_their_axis(frame):
    few = frame.drop_nulls("feh")[:3]
    axes = Canvas().add_subplot()
    by_title(few)["Metallicities"].drawing.draw(axes)
    assert all(tick == int(tick) for tick in axes.get_yticks())


def test_distances_beyond_any_star_are_not_drawn(frame):
    assert list(distance_figures(frame.with_columns(distance_modulus=pl.lit(1e6)))) == []


def test_distances_are_drawn_where_there_are_any(frame):
    rng = np.random.default_rng(2)
    rows = frame.with_columns(
        distance_modulus=pl.Series(rng.normal(18.5, 0.1, frame.height)),
        distance_modulus_error=pl.lit(0.1),
    )
    first, second = distance_figures(rows)
    assert "Histogram of 300 distance moduli; the median is 18." in first.alt
    assert "0.100 mag" in second.alt
