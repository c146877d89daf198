"""The relation that sets of features are held against, and what it says of stars left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from rrcat.evaluation.linear import PENALTY, fit, learn_terms


def stars(n=40, n_terms=4, seed=0):
    random = np.random.default_rng(seed)
    terms = random.normal(size=(n, n_terms))
    terms = (terms - terms.mean(axis=0)) / terms.std(axis=0)
    return terms, terms[:, 0] - 0.5 * terms[:, -1] - 1.4 + random.normal(0, 0.2, n)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 40), st.integers(1, 6))
def test_residuals_of_stars_left_out_are_those_of_relations_without_them(seed, n, n_terms):
    terms, feh = stars(n, n_terms, seed)
    peer = cross_val_predict(Ridge(alpha=PENALTY), terms, feh, cv=LeaveOneOut())
    np.testing.assert_allclose(fit(terms, feh).left_out, feh - peer, atol=1e-9)


def test_the_relation_is_that_of_a_peer():
    terms, feh = stars()
    peer = Ridge(alpha=PENALTY).fit(terms, feh)
    relation = fit(terms, feh)
    np.testing.assert_allclose(relation.slopes, peer.coef_)
    np.testing.assert_allclose(relation(terms), peer.predict(terms))


def test_more_features_than_stars_are_no_obstacle():
    terms, feh = stars(n=6, n_terms=9)
    assert np.isfinite(fit(terms, feh).left_out).all()


def test_terms_have_zero_mean_and_unit_variance_among_the_stars_they_are_learned_from():
    values = np.random.default_rng(1).uniform(0.2, 0.9, (50, 2))
    terms = learn_terms(("period", "a1"), values)(values)
    np.testing.assert_allclose(terms.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(terms.std(axis=0), 1)


def test_a_feature_that_is_the_same_everywhere_tells_nothing():
    values = np.column_stack([np.full(20, 0.3), np.linspace(0, 1, 20)])
    terms = learn_terms(("a1", "a2"), values)(values)
    np.testing.assert_allclose(terms[:, 0], 0, atol=1e-12)


def test_a_phase_that_straddles_zero_is_one_branch():
    phase = np.linspace(-0.6, 0.6, 30)
    wrapped = (phase % (2 * np.pi))[:, np.newaxis]
    feh = 0.9 * phase - 1.5
    learned = learn_terms(("phi31",), wrapped)
    assert np.abs(fit(learned(wrapped), feh).left_out).max() < 0.06  # what the penalty costs
    straight = learn_terms(("a1",), wrapped)  # an amplitude does not wrap
    assert np.abs(fit(straight(wrapped), feh).left_out).max() > 0.3


@settings(deadline=None)
@given(st.integers(-3, 3))
def test_whole_turns_do_not_change_a_term(turns):
    values = np.random.default_rng(2).uniform(0, 2 * np.pi, (30, 1))
    learned = learn_terms(("phi21",), values)
    np.testing.assert_allclose(learned(values + 2 * np.pi * turns), learned(values), atol=1e-9)


def test_the_branch_of_other_stars_is_that_of_the_stars_learned_from():
    learned = learn_terms(("phi31",), np.array([[6.0], [6.2], [0.1]]))
    assert learned(np.array([[0.2]]))[0, 0] == pytest.approx(
        learned(np.array([[0.2 + 2 * np.pi]]))[0, 0]
    )
    assert learned(np.array([[0.2]])) > learned(np.array([[6.1]]))
