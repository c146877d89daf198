from dataclasses import fields

import numpy as np
import pytest
from rrcat_stan.stored import load_relations, save_relations

SCATTERS = ({}, {"freedom": np.full(60, 6.0)}, {"share": np.full(60, 0.1), "excess": np.ones(60)})


@pytest.mark.parametrize("scatter", SCATTERS)
def test_what_is_saved_comes_back(relation, made_draws, scatter, tmp_path):
    draws = made_draws(**scatter)
    relation = type(relation)(**{**vars(relation), "draws": draws})
    save_relations(tmp_path, "C21", "G", {"RRab": relation})
    scale, band, loaded = load_relations(tmp_path)
    assert (scale, band, list(loaded)) == ("C21", "G", ["RRab"])
    back = loaded["RRab"]
    for field in fields(draws):
        one, other = getattr(draws, field.name), getattr(back.draws, field.name)
        assert (one is None and other is None) or np.array_equal(one, other), field.name
    assert back.terms == relation.terms
    assert back.account == relation.account
    assert back.calibrators.equals(relation.calibrators)
    assert np.array_equal(back.scaling.centre, relation.scaling.centre)


def test_a_relation_in_the_period_alone_comes_back(relation, made_draws, tmp_path):
    from rrcat_stan.predictors import Scaling
    from rrcat_stan.settings import Terms

    alone = np.array([0.5])
    scaling = Scaling((), alone, alone, alone, alone)
    changed = {"draws": made_draws(size=0), "terms": Terms(("period",)), "scaling": scaling}
    save_relations(tmp_path, "C21", "G", {"RRc": type(relation)(**{**vars(relation), **changed})})
    _, _, loaded = load_relations(tmp_path)
    assert loaded["RRc"].draws.beta.shape == (60, 0)
    assert loaded["RRc"].draws.cov.shape == (60, 0, 0)


def test_nothing_but_numbers_and_tables_is_written(relation, tmp_path):
    save_relations(tmp_path, "C21", "G", {"RRab": relation})
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["RRab-calibrators.parquet", "RRab-draws.parquet", "model.json"]
