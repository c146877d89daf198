import pytest
from rrcat_stan.estimator import BayesRelation

from rrcat.errors import RecipeError


def terms(kind, **params):
    return BayesRelation(params).params.terms(kind)


def test_the_default_is_the_relation_of_record_with_a_companion():
    assert terms("RRab").predictors == ("period", "phi31")
    assert terms("RRc").predictors == ("period", "phi31", "a2")
    assert terms("RRab").companions == terms("RRc").companions == ("phi21",)


def test_a_type_whose_predictors_are_set_has_no_companions_but_those_named():
    few = {"RRab": ["period", "phi31", "a2"]}
    assert terms("RRab", predictors=few).companions == ()
    assert terms("RRab", predictors=few, companions={"RRab": ["phi21"]}).companions == ("phi21",)
    assert terms("RRc", predictors=few).companions == ("phi21",)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"predictors": {"RRab": ["period", "phi91"]}},
            r"'predictors.RRab.1' of.*: 'phi91' is no parameter",
        ),
        ({"predictors": {"RRab": ["period", "ra"]}}, "'ra' is no parameter"),
        ({"predictors": {"RRab": ["period", "a2", "a2"]}}, "stands twice"),
        ({"predictors": {"RRab": []}}, "needs a predictor"),
        ({"companions": {"RRc": ["a2"]}}, "stands twice"),
        ({"companions": {"RRab": ["period"]}}, "is no companion"),
        ({"predictors": {"RRd": ["period"]}}, "predictors.RRd"),
        ({"priors": {"slope": -1.0}}, "priors.slope"),
        ({"priors": {"alpha": [-1.5, -1.0]}}, "priors.alpha.1"),
        ({"priors": {"share": [0.0, 9.0]}}, "priors.share.0"),
        ({"priors": {"freedom": [2.0, 0.0]}}, "priors.freedom.1"),
        ({"priors": {"slopes": 1.0}}, "slopes"),
        ({"scatter": "cauchy"}, "scatter"),
        ({"sampler": {"chains": 1}}, "chains"),
    ],
)
def test_what_cannot_be_is_refused_by_name(params, message):
    with pytest.raises(RecipeError, match=message):
        BayesRelation(params)
