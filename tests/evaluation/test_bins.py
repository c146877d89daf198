"""The mean residual along the scale, each star once."""

import polars as pl
import pytest

from rrcat.evaluation.bins import bins


def rows(true, given, repeat=0):
    return pl.DataFrame(
        {"repeat": repeat, "source_id": range(len(true)), "feh_true": true, "feh": given}
    )


def test_bins_hold_their_lower_edge():
    told = bins(rows([-2.0, -1.6, -1.5], [-1.8, -1.6, -1.5]), "feh_true")
    assert [(one["low"], one["high"], one["n"]) for one in told] == [
        (-2.0, -1.5, 2),
        (-1.5, -1.0, 1),
    ]
    assert told[0]["bias"] == pytest.approx(0.1)
    assert told[0]["bias_error"] == pytest.approx(0.1)
    assert told[1]["bias_error"] is None


def test_bins_of_predicted_metallicity_take_the_mean_of_the_repeats():
    both = pl.concat([rows([-2.0], [-1.9]), rows([-2.0], [-1.5], repeat=1)])
    (told,) = bins(both, "feh")
    assert (told["low"], told["n"], told["bias"]) == (-2.0, 1, 0.3)


def test_stars_without_value_are_in_no_bin():
    assert bins(rows([-2.0, -1.0], [None, -1.0]), "feh_true")[0]["low"] == -1.0


def test_bins_may_be_narrow():
    told = bins(rows([-2.0, -1.8, -1.6], [-1.8, -1.6, -1.5]), "feh_true", width=0.25)
    assert [(one["low"], one["high"], one["n"]) for one in told] == [
        (-2.0, -1.75, 2),
        (-1.75, -1.5, 1),
    ]
