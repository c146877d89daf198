import numpy as np
import pytest

from rrcat.errors import ArchiveError
from rrcat.simulate.population import DIFFICULTIES, EXTINCTION, KINDS, draw_stars

N = 20_000


@pytest.fixture(scope="module")
def stars():
    return draw_stars(np.arange(1, N + 1), 1, "curved", 20.5)


@pytest.mark.parametrize(("column", "shares"), [("kind", KINDS), ("difficulty", DIFFICULTIES)])
def test_every_kind_and_difficulty_has_its_share(stars, column, shares):
    for name, share in shares.items():
        count = (stars[column] == name).sum()
        assert count == pytest.approx(share * N, abs=5 * np.sqrt(share * N))


def test_no_star_is_fainter_than_the_limit():
    bright = draw_stars(np.arange(1, 2001), 1, "curved", 15.0)
    assert bright["mean_G"].max() < 15.0
    assert set(bright["kind"]) == set(KINDS)


def test_a_limit_that_no_star_meets_is_an_error():
    with pytest.raises(ArchiveError, match=r"brighter than 7\.1") as caught:
        draw_stars(np.arange(5), 1, "curved", 7.1)
    assert caught.value.where["key"] == "archive.magnitude_limit"


def test_only_rr_lyrae_stars_have_a_metallicity(stars):
    foreign = np.isin(stars["kind"], ["eclipsing binary", "HADS"])
    np.testing.assert_array_equal(np.isnan(stars["feh"]), foreign)


def test_absolute_magnitudes_follow_metallicity_with_scatter(stars):
    rr = ~np.isnan(stars["feh"])
    slope, level = np.polyfit(stars["feh"][rr], stars["absolute_mag"][rr], 1)
    assert (slope, level) == pytest.approx((0.32, 1.11), abs=0.02)
    rest = stars["absolute_mag"][rr] - slope * stars["feh"][rr] - level
    assert rest.std() == pytest.approx(0.09, abs=0.01)


def test_magnitudes_are_those_of_distance_and_dust(stars):
    """Mean magnitudes are means in magnitudes, a little fainter than those of the mean flux."""
    expected = stars["absolute_mag"] + stars["distance_modulus"]
    above = stars["mean_G"] - expected - EXTINCTION["G"] * stars["reddening"]
    assert above.min() >= 0.0
    assert 0.01 < np.median(above[stars["kind"] == "RRab"]) < 0.06
    colour = stars["mean_BP"] - stars["mean_RP"]
    excess = (EXTINCTION["BP"] - EXTINCTION["RP"]) * stars["reddening"]
    intrinsic = (colour - excess)[stars["kind"] == "RRab"]
    assert np.median(intrinsic) == pytest.approx(0.6, abs=0.05)


def test_difficulties_are_where_they_are_said_to_be(stars):
    for column, name in (("drift", "drift"), ("blend", "blend")):
        np.testing.assert_array_equal(stars[column] != 0, stars["difficulty"] == name)
    np.testing.assert_array_equal(stars["second_amplitude"] > 0, stars["kind"] == "RRd")
    np.testing.assert_array_equal(stars["modulated_phase"] > 0, stars["blazhko"])
    ratio = stars["period"] / stars["second_period"]
    assert ((ratio > 0.74) & (ratio < 0.75)).all()


def test_a_star_does_not_depend_on_the_others(stars):
    few = draw_stars(np.arange(301, 401), 1, "curved", 20.5)
    for name, values in few.items():
        np.testing.assert_array_equal(values, stars[name][300:400])


def test_truths_differ_in_metallicity_alone_where_the_star_is_the_same(stars):
    linear = draw_stars(np.arange(1, 101), 1, "linear", 20.5)
    same = linear["period"] == stars["period"][:100]
    assert same.mean() > 0.5  # a limit in magnitude may take another draw
    assert (linear["feh"][same] != stars["feh"][:100][same]).mean() > 0.9
