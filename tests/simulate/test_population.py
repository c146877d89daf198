import numpy as np
import pytest

from rrcat.simulate.population import PIVOT, Star, draw_star, phi31_of

STARS = [draw_star(np.random.default_rng((1, i))) for i in range(400)]


def of_kind(kind: str) -> list[Star]:
    return [star for star in STARS if star.pulsation_type == kind]


@pytest.mark.parametrize("kind", PIVOT)
def test_phi31_is_where_the_relation_gives_the_true_metallicity(kind):
    for star in of_kind(kind):
        a2 = star.amplitudes[1]
        expected = phi31_of(kind, star.feh, star.period, a2)
        assert star.phases[2] == pytest.approx(expected % (2 * np.pi), abs=1e-12)


def test_relation_turned_round_is_the_published_one():
    phi31 = phi31_of("RRab", -1.5, 0.57, 0.12)
    assert -0.37 - 5.55 * 0.57 + 0.94 * phi31 == pytest.approx(-1.5)
    phi31 = phi31_of("RRc", -1.6, 0.33, 0.03)
    assert 0.80 - 8.54 * 0.33 + 0.23 * phi31 - 9.34 * 0.03 == pytest.approx(-1.6)


def test_population_looks_like_that_of_the_large_magellanic_cloud():
    rrab, rrc = of_kind("RRab"), of_kind("RRc")
    assert 0.2 < len(rrc) / len(STARS) < 0.4
    assert np.median([star.period for star in rrab]) == pytest.approx(0.58, abs=0.02)
    assert np.median([star.period for star in rrc]) == pytest.approx(0.33, abs=0.02)
    assert np.std([star.feh for star in STARS]) == pytest.approx(0.35, abs=0.05)
    periods, metallicities = zip(*((star.period, star.feh) for star in rrab), strict=True)
    assert np.corrcoef(periods, metallicities)[0, 1] < -0.3


def test_light_curve_repeats_after_a_period_and_averages_to_the_mean():
    star = STARS[0]
    phase = np.linspace(0, 1, 1000, endpoint=False)
    once = star.magnitude(phase * star.period)
    np.testing.assert_allclose(star.magnitude((phase + 7) * star.period), once, atol=1e-10)
    assert once.mean() == pytest.approx(star.mean_mag, abs=1e-9)


def test_rrab_rise_faster_than_they_fade_and_rrc_are_rounder():
    def rise(star):
        mag = star.magnitude(np.linspace(0, 1, 1000, endpoint=False) * star.period)
        return ((np.argmin(mag) - np.argmax(mag)) % 1000) / 1000

    rrab, rrc = (np.array([rise(star) for star in of_kind(kind)]) for kind in ("RRab", "RRc"))
    assert np.quantile(rrab, 0.95) < 0.35
    assert np.median(rrab) < 0.25 < np.median(rrc) < 0.5
