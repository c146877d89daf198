import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rrcat.simulate.streams import Streams, designations

MANY = np.arange(1, 200_001)


@given(seed=st.integers(0, 10), star=st.integers(1, 10**9), index=st.integers(0, 10**6))
def test_a_number_depends_on_nothing_but_seed_name_star_and_index(seed, star, index):
    alone = Streams(seed, np.array([star]), index).uniform("a")
    among = Streams(seed, np.array([star + 1, star, star + 2]), index).uniform("a")
    assert alone[0] == among[1]
    assert 0.0 < alone[0] < 1.0


@pytest.mark.parametrize(
    "other",
    [
        Streams(1, MANY).uniform("a"),
        Streams(0, MANY, 1).uniform("a"),
        Streams(0, MANY).uniform("b"),
        Streams(0, MANY + 1).uniform("a"),
    ],
    ids=["seed", "index", "name", "star"],
)
def test_another_seed_index_name_or_star_gives_independent_numbers(other):
    here = Streams(0, MANY).uniform("a")
    assert abs(np.corrcoef(here, other)[0, 1]) < 5 / np.sqrt(MANY.size)


def test_numbers_of_one_star_are_independent():
    index = np.arange(MANY.size)
    numbers = Streams(0, np.full(MANY.size, 7), index).normal("noise")
    assert abs(np.corrcoef(numbers[1:], numbers[:-1])[0, 1]) < 5 / np.sqrt(MANY.size)
    assert numbers.std() == pytest.approx(1.0, abs=0.01)


def test_uniform_numbers_fill_every_part_of_the_interval():
    counts, _ = np.histogram(Streams(3, MANY).uniform("a"), bins=100, range=(0, 1))
    chi2 = ((counts - MANY.size / 100) ** 2 / (MANY.size / 100)).sum()
    assert chi2 < 150


@pytest.mark.parametrize(("draw", "core"), [("normal", 1.0), ("student", 0.777)])
def test_normal_and_student_numbers_have_variance_one(draw, core):
    numbers = getattr(Streams(3, MANY), draw)("a")
    assert numbers.mean() == pytest.approx(0.0, abs=0.01)
    assert numbers.std() == pytest.approx(1.0, abs=0.03)
    assert 1.4826 * np.median(np.abs(numbers)) == pytest.approx(core, abs=0.01)


def test_choices_come_with_their_shares():
    places = Streams(3, MANY).choice("a", [1.0, 0.0, 3.0])
    counts = np.bincount(places, minlength=3) / MANY.size
    np.testing.assert_allclose(counts, [0.25, 0.0, 0.75], atol=0.005)


def test_numbers_between_limits_stay_there():
    numbers = Streams(3, MANY).between("a", -2.0, 5.0)
    assert -2.0 < numbers.min() < -1.99
    assert 4.99 < numbers.max() < 5.0


def test_designations_say_that_stars_are_simulated():
    assert designations(np.array([1, 270_905])).to_list() == ["SIM 0000001", "SIM 0270905"]
