"""Orders of features, and how many of them: against a peer, and where the answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import SelectKBest, SequentialFeatureSelector, f_regression
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut

from rrcat.evaluation.linear import PENALTY
from rrcat.evaluation.selection import METHODS, choose, enough, resampled


def stars(n=60, n_noise=5, seed=0):
    """Give terms of which the third and the first make the metallicity, the third most."""
    random = np.random.default_rng(seed)
    terms = random.normal(size=(n, 3 + n_noise))
    terms = (terms - terms.mean(axis=0)) / terms.std(axis=0)
    return terms, 0.5 * terms[:, 2] + 0.3 * terms[:, 0] - 1.4 + random.normal(0, 0.1, n)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_features_that_metallicity_is_made_of(method):
    choice = choose(*stars(n=200), method, seed=0)
    assert choice.order[:2] == (2, 0)
    assert set(choice.order) == set(range(8))
    assert choice.chosen == (2, 0)


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_sequential_sets_are_those_of_a_peer(direction, number):
    terms, feh = stars(n=18, n_noise=2, seed=3)
    peer = SequentialFeatureSelector(
        Ridge(alpha=PENALTY),
        n_features_to_select=number,
        direction=direction,
        scoring="neg_mean_squared_error",
        cv=LeaveOneOut(),
    ).fit(terms, feh)
    order = choose(terms, feh, direction, seed=0).order
    assert set(order[:number]) == set(np.flatnonzero(peer.get_support()))


@pytest.mark.parametrize("number", [1, 3, 5])
def test_univariate_sets_are_those_of_a_peer(number):
    terms, feh = stars(seed=4)
    peer = SelectKBest(f_regression, k=number).fit(terms, feh)
    assert set(choose(terms, feh, "f-test", seed=0).order[:number]) == set(
        np.flatnonzero(peer.get_support())
    )


def test_sequential_selection_sees_what_a_feature_adds_and_the_f_test_does_not():
    """A copy of the best feature is second best alone, and adds nothing to it."""
    terms, feh = stars(n=200)
    copied = np.column_stack([terms, terms[:, 2] + 1e-3 * terms[:, 5]])
    assert set(choose(copied, feh, "f-test", seed=0).order[:2]) == {2, 8}
    assert set(choose(copied, feh, "forward", seed=0).order[:2]) in ({2, 0}, {8, 0})


def test_mutual_information_sees_what_no_line_does():
    random = np.random.default_rng(5)
    terms = random.normal(size=(300, 4))
    feh = terms[:, 1] ** 2
    assert choose(terms, feh, "mutual-information", seed=0).order[0] == 1
    assert choose(terms, feh, "mutual-information", seed=1).order[0] == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_feature_that_is_the_same_everywhere_comes_last_without_a_warning(method):
    terms, feh = stars(n=100, n_noise=1)
    flat = np.column_stack([terms[:, :2], np.zeros(100), terms[:, 2]])
    assert choose(flat, feh, method, seed=0).order[-1] == 2


@pytest.mark.parametrize("method", ["f-test", "forward", "backward"])
@settings(deadline=None, max_examples=25)
@given(order=st.permutations(range(40)))
def test_the_order_of_the_stars_does_not_matter(method, order):
    terms, feh = stars(n=40)
    turned = choose(terms[order], feh[order], method, seed=0)
    assert turned.order == choose(terms, feh, method, seed=0).order


def test_errors_are_those_of_ever_more_features():
    choice = choose(*stars(), "forward", seed=0)
    assert choice.errors.shape == (8, 60)
    mean = choice.errors.mean(axis=1)
    assert mean[0] > 4 * mean[1]


def test_the_number_is_the_smallest_that_is_not_surely_worse():
    errors = np.array([[4.0, 4.0, 5.0, 5.0], [0.95, 1.1, 1.0, 1.1], [0.9, 1.2, 0.9, 1.0]])
    assert errors.mean(axis=1).argmin() == 2
    assert enough(errors) == 2


def test_a_small_gain_that_every_star_shares_is_sure():
    random = np.random.default_rng(6)
    errors = random.uniform(0.5, 1.5, 200)
    assert enough(np.stack([errors + 0.01, errors])) == 2


def test_one_feature_is_enough_where_others_only_harm():
    assert enough(np.array([[0.1, 0.2], [0.3, 0.4]])) == 1


def test_a_resample_has_as_many_stars_as_differ_in_a_bootstrap_draw():
    rows = resampled(1000, seed=0)
    assert len(set(rows)) == len(rows) == 632
    assert list(rows) == sorted(rows)
    drawn = np.random.default_rng(0).integers(1000, size=1000)
    assert len(set(drawn)) == pytest.approx(len(rows), abs=40)
    assert list(rows) == list(resampled(1000, seed=0))
    assert list(rows) != list(resampled(1000, seed=1))
