import numpy as np
import pytest

from rrcat.simulate.sky import IN_A_SYSTEM, draw_places, systems
from rrcat.simulate.streams import Streams

N = 20_000


@pytest.fixture(scope="module")
def sky():
    feh = np.random.default_rng(0).normal(-1.5, 0.5, N)
    return feh, draw_places(feh, Streams(2, np.arange(N)))


def separation(a, b):
    """Give the distance of two positions [deg]."""
    (ra, dec), (other_ra, other_dec) = np.radians(a), np.radians(b)
    cosine = np.sin(dec) * np.sin(other_dec) + np.cos(dec) * np.cos(other_dec) * np.cos(
        ra - other_ra
    )
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_positions_are_on_the_sky(sky):
    _, places = sky
    assert ((places["ra"] >= 0) & (places["ra"] < 360)).all()
    assert (np.abs(places["dec"]) <= 90).all()
    assert ((places["reddening"] >= 0) & (places["reddening"] <= 2)).all()


def test_a_quarter_of_the_stars_are_in_systems(sky):
    assert (sky[1]["system"] != "").mean() == pytest.approx(IN_A_SYSTEM, abs=0.05)


@pytest.mark.parametrize("name", ["NGC 5272", "NGC 5904", "NGC 5139", "LMC"])
def test_stars_of_a_system_are_at_its_place_with_its_metallicity(sky, name):
    feh, places = sky
    (system,) = [each for each in systems() if each["name"] == name]
    mine = places["system"] == name
    assert mine.sum() > 30
    away = separation((places["ra"][mine], places["dec"][mine]), (system["ra"], system["dec"]))
    assert away.max() <= 1.05 * system["radius"] / 60
    assert np.median(away) < 0.2 * system["radius"] / 60
    assert feh[mine].mean() == pytest.approx(system["feh"], abs=0.05)
    assert feh[mine].std() < 1.2 * system.get("spread", 0.05)
    modulus = places["distance_modulus"][mine]
    assert np.median(modulus) == pytest.approx(system["distance_modulus"], abs=0.03)


def test_dust_is_thick_towards_the_plane(sky):
    _, places = sky
    pole = (192.85948, 27.12825)
    latitude = 90 - separation((places["ra"], places["dec"]), pole)
    field = places["system"] == ""
    low, high = (np.abs(latitude) < 5) & field, (np.abs(latitude) > 40) & field
    assert np.median(places["reddening"][low]) > 0.4
    assert np.median(places["reddening"][high]) < 0.1


def test_stars_crowd_towards_the_centre_of_the_galaxy(sky):
    _, places = sky
    away = separation((places["ra"], places["dec"]), (266.405, -28.936))
    field = places["system"] == ""
    assert (away[field] < 30).mean() > 3 * (away[field] > 150).mean()
