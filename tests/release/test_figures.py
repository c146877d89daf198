import base64

import numpy as np
import polars as pl
import pytest

from rrcat.release.figures import figures


def svg_of(figure):
    return base64.b64decode(figure.source.split(",")[1]).decode()


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


def test_values_of_stars_of_unknown_type_are_drawn_too(frame):
    unknown = frame.with_columns(pulsation_type=pl.lit(None, dtype=pl.String))
    assert len(by_title(unknown)) == 4
