"""Only calibrated, intensity-averaged magnitudes tell a distance."""

import polars as pl
import pytest

from rrcat.catalogue.distance.magnitudes import check_bands, check_statuses, mean_magnitudes
from rrcat.catalogue.distance.relations import published
from rrcat.errors import RecipeError

G, W = published()["muraveva18"], published()["garofalo22-wesenheit"]
ROWS = pl.DataFrame({"source_id": [1, 2, 3]})


def features(**bands):
    rows = [
        {
            "source_id": star,
            "band": band,
            "int_average_mag": mag,
            "int_average_mag_error": None if mag is None else 0.01,
            "zp_mag": 99.0,
        }
        for band, mags in bands.items()
        for star, mag in enumerate(mags, 1)
    ]
    floats = {"int_average_mag": pl.Float64, "int_average_mag_error": pl.Float64}
    return pl.DataFrame(rows, schema_overrides=floats)


def test_they_are_those_of_the_intensity_in_the_band_of_the_relation():
    found = mean_magnitudes(ROWS, features(RP=[14.0, 15.0, 16.0], G=[14.5, None, 16.5]), G)
    assert found["mag"].to_list() == [14.5, None, 16.5]
    assert found["mag_error"].to_list() == [0.01, None, 0.01]


def test_a_wesenheit_magnitude_needs_all_its_bands():
    bands = features(G=[14.5, 15.0, 16.0], BP=[14.8, 15.3, None], RP=[14.0, None, 15.5])
    found = mean_magnitudes(ROWS, bands, W)
    assert found["mag"].to_list() == [pytest.approx(14.5 - 1.90 * 0.8), None, None]
    assert found["mag_error"][0] == pytest.approx(0.01 * (1 + 2 * 1.9**2) ** 0.5)


def test_an_error_that_is_not_known_leaves_none():
    bands = features(G=[14.5, 15.0, 16.0]).with_columns(
        int_average_mag_error=pl.lit(None, dtype=pl.Float64)
    )
    found = mean_magnitudes(ROWS, bands, G)
    assert found["mag"].null_count() == 0
    assert found["mag_error"].null_count() == 3


def test_a_magnitude_relative_to_its_mean_is_none():
    found = mean_magnitudes(ROWS, features(G=[14.5, 0.02, -0.1]), G)
    assert found["mag"].to_list() == [14.5, None, None]
    assert found["mag_uncalibrated"].to_list() == [False, True, True]


def statuses(*found):
    return pl.LazyFrame({"distance_status": found})


def test_light_curves_that_are_all_relative_are_refused():
    with pytest.raises(RecipeError, match="relative ones") as caught:
        check_statuses(statuses("uncalibrated_magnitude", "no_feh", "no_magnitude"), G)
    assert caught.value.where["key"] == "distance"


def test_parameters_without_magnitudes_are_refused():
    with pytest.raises(RecipeError, match="no star with a metallicity has an intensity-averaged"):
        check_statuses(statuses("no_magnitude", "no_feh", "unsupported_pulsation_type"), G)


def test_one_star_with_a_magnitude_is_enough():
    check_statuses(statuses("no_magnitude", "no_extinction"), G)


def test_where_no_star_has_a_metallicity_nothing_is_asked():
    check_statuses(statuses("no_feh", "no_feh"), G)


def test_a_band_that_the_archive_lacks_is_told_with_what_its_bands_suffice_for():
    check_bands(W, ("BP", "G", "RP"))
    with pytest.raises(RecipeError, match="needs mean magnitudes in BP, RP") as caught:
        check_bands(W, ("G",))
    assert "muraveva18 and garofalo22" in caught.value.hint
    with pytest.raises(RecipeError) as caught:
        check_bands(G, ("I",))
    assert "no relation is known" in caught.value.hint
