import numpy as np
import pytest

from rrcat.harmonic import evaluate
from rrcat.simulate.epochs import FIRST_DAY, LAST_DAY
from rrcat.simulate.photometry import BANDS, magnitudes, measure, photon_noise
from rrcat.simulate.population import draw_stars
from rrcat.simulate.streams import Streams

TIME = np.linspace(FIRST_DAY, LAST_DAY, 4001)


@pytest.fixture(scope="module")
def stars():
    return draw_stars(np.arange(1, 2001), 3, "curved", 20.5)


def of_star(stars, place, band="G", time=TIME):
    return magnitudes(stars, np.full(time.size, place), time, band)


def first(stars, **wanted):
    chosen = np.full(stars["kind"].size, True)
    for column, value in wanted.items():
        chosen &= stars[column] == value
    return int(np.flatnonzero(chosen)[0])


def test_a_calm_star_is_the_harmonic_series_of_its_parameters(stars):
    place = first(stars, kind="RRab", difficulty="", blazhko=False)
    expected = evaluate(
        TIME,
        stars["period"][place],
        stars["reference_time"][place],
        stars["mean_G"][place],
        stars["amplitudes"][place],
        stars["phases"][place],
    )
    np.testing.assert_allclose(of_star(stars, place), expected, atol=1e-8)


def test_amplitudes_fall_from_blue_to_red(stars):
    place = first(stars, kind="RRab", difficulty="", blazhko=False)
    size = {band: np.ptp(of_star(stars, place, band)) for band in BANDS}
    assert size["BP"] / size["G"] == pytest.approx(1.2, abs=0.05)
    assert size["RP"] / size["G"] == pytest.approx(0.74, abs=0.05)
    mean = {band: of_star(stars, place, band).mean() for band in BANDS}
    assert mean["BP"] > mean["G"] > mean["RP"]


def test_a_modulated_star_changes_its_amplitude(stars):
    place = first(stars, kind="RRab", difficulty="", blazhko=True)
    period = stars["period"][place]

    def amplitude(start):
        return np.ptp(of_star(stars, place, time=start + np.linspace(0, period, 200)))

    sizes = [amplitude(FIRST_DAY + night) for night in range(300)]
    assert np.ptp(sizes) > 0.5 * stars["modulated_amplitude"][place] * min(sizes)


def test_a_blend_dilutes_the_amplitude_and_reddens_the_colour(stars):
    place = first(stars, difficulty="blend", kind="RRab")
    alone = {name: values.copy() for name, values in stars.items()}
    alone["blend"][:] = 0.0
    for band in BANDS:
        assert np.ptp(of_star(stars, place, band)) < np.ptp(of_star(alone, place, band))
        assert of_star(stars, place, band).mean() < of_star(alone, place, band).mean()

    def colour(of):
        return of_star(of, place, "BP").mean() - of_star(of, place, "RP").mean()

    assert colour(stars) > colour(alone)


def test_a_drifting_star_runs_away_from_a_constant_period(stars):
    place = first(stars, difficulty="drift", kind="RRab")
    steady = {name: values.copy() for name, values in stars.items()}
    steady["drift"][:] = 0.0
    middle = np.abs(TIME - TIME.mean()) < 20
    off = np.abs(of_star(stars, place) - of_star(steady, place))
    assert off[middle].max() < 0.1 * off.max()


def test_two_modes_beat(stars):
    place = first(stars, kind="RRd")
    folded = (TIME - stars["reference_time"][place]) / stars["period"][place] % 1.0
    at_once = np.abs(folded - 0.5) < 0.01
    assert np.std(of_star(stars, place)[at_once]) > 0.2 * stars["second_amplitude"][place]


def test_a_binary_repeats_after_its_orbit_and_nearly_after_half_of_it(stars):
    place = first(stars, kind="eclipsing binary")
    orbit = stars["period"][place]
    time = FIRST_DAY + np.linspace(0, orbit, 500)
    here = of_star(stars, place, time=time)
    np.testing.assert_allclose(of_star(stars, place, time=time + orbit), here, atol=1e-8)
    half = np.abs(of_star(stars, place, time=time + orbit / 2) - here).max()
    assert 0 < half < 0.5 * np.ptp(here)


@pytest.fixture(scope="module")
def measured():
    n = 100_000
    place, true = np.arange(n) % 2, np.full(n, 15.0)
    excess, bad = np.array([0.0, 0.01]), np.array([0.0, 0.2])
    return measure(place, np.arange(n) * 1.0, true, "G", excess, bad, Streams(0, np.arange(n)))


def test_noise_is_that_of_the_photons_and_what_errors_do_not_say(measured):
    calm = measured["place"] == 0
    photons = photon_noise(np.array([15.0]), "G")[0]
    assert np.median(measured["mag_error"][calm]) == pytest.approx(photons, rel=0.02)
    assert measured["mag"][calm].std() == pytest.approx(1.09 * photons, rel=0.05)
    noisy = (measured["place"] == 1) & (np.abs(measured["mag"] - 15.0) < 0.04)
    assert measured["mag"][noisy].std() == pytest.approx(0.01, rel=0.05)


def test_bad_epochs_are_mostly_noticed(measured):
    bad = np.abs(measured["mag"] - 15.0) > 0.045
    assert bad[measured["place"] == 0].sum() == 0
    assert bad[measured["place"] == 1].mean() == pytest.approx(0.2, abs=0.01)
    assert measured["rejected"][bad].mean() == pytest.approx(0.6, abs=0.02)
    assert not measured["rejected"][np.abs(measured["mag"] - 15.0) < 0.005].any()


def test_some_transits_are_not_measured(measured):
    assert 0.005 < 1 - measured["mag"].size / 100_000 < 0.02


def test_faint_stars_have_larger_errors():
    """Gaia DR3 has 1 mmag for bright stars and about 4 mmag at 16.9 in G."""
    given = photon_noise(np.array([12.0, 16.9, 19.0]), "G")
    np.testing.assert_allclose(given, [0.0009, 0.0043, 0.018], rtol=0.05)
    assert (photon_noise(np.array([17.0]), "BP") > photon_noise(np.array([17.0]), "G")).all()
