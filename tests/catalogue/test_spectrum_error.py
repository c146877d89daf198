import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.catalogue.spectrum_error import spectrum_errors, without_spectrum_error

ENDS = {"feh_p025": -2.1, "feh_p16": -0.9, "feh_p84": 0.9, "feh_p975": 2.1}


def answer(*errors, feh=-1.5):
    rows = pl.DataFrame({"feh_error": errors}, schema={"feh_error": pl.Float64})
    return rows.with_columns(
        feh=pl.lit(feh, dtype=pl.Float64), feh_undiluted_error=1.3 * pl.col("feh_error")
    ).with_columns(
        **{name: pl.col("feh") + width * pl.col("feh_error") for name, width in ENDS.items()}
    )


def test_errors_of_spectra_are_a_root_mean_square_for_each_type():
    stars = pl.DataFrame(
        {"pulsation_type": ["RRab", "RRc", "RRab", None], "feh_error": [0.1, 0.5, 0.7, 9.0]}
    )
    assert spectrum_errors(stars) == pytest.approx({"RRab": 0.5, "RRc": 0.5})


def test_variances_are_what_is_left():
    told = without_spectrum_error(answer(0.25, 0.3), 0.1)
    assert told["feh_error"].to_list() == pytest.approx([0.0525**0.5, 0.08**0.5])
    assert told["feh_undiluted_error"][0] == pytest.approx((0.325**2 - 0.1**2) ** 0.5)


@given(error=st.floats(0.01, 2.0), of_spectra=st.floats(0.0, 1.0))
def test_no_less_than_half_is_left_and_no_more_than_there_was(error, of_spectra):
    (left,) = without_spectrum_error(answer(error), of_spectra)["feh_error"]
    assert 0.5 * error <= left <= error


@pytest.mark.parametrize("name", ENDS)
def test_intervals_keep_their_width_in_errors(name):
    told = without_spectrum_error(answer(0.25), 0.1)
    assert (told[name] - told["feh"])[0] == pytest.approx(ENDS[name] * told["feh_error"][0])


def test_stars_without_a_value_stay_without_errors():
    told = without_spectrum_error(answer(None, feh=None), 0.1)
    assert set(told.row(0)) == {None}
