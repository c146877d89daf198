"""Folds are units of work with names of their own."""

import polars as pl

from rrcat.run.folds import folds


def test_each_fold_is_a_unit_with_its_stars():
    sets = pl.DataFrame({"repeat": [0, 0, 0, 1], "fold": [0, 0, 1, 0], "source_id": [1, 2, 3, 4]})
    units = folds(sets)
    assert [unit.name for unit in units] == ["0-0", "0-1", "1-0"]
    assert [unit.source_ids for unit in units] == [(1, 2), (3,), (4,)]
    assert sum(unit.n_stars for unit in units) == 4
