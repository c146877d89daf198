import numpy as np
import polars as pl
import pytest
from rrcat_stan.compare import compare

from rrcat.errors import BundleError


def with_calibrators(relation, *expressions):
    changed = relation.calibrators.with_columns(*expressions)
    return type(relation)(**{**vars(relation), "calibrators": changed})


def test_the_best_stands_first_and_the_difference_has_the_error_of_its_stars(relation):
    step = pl.Series("step", np.linspace(0.0, 0.2, 40))
    worse = with_calibrators(relation, pl.col("left_out_log_density") - step)
    table = compare({"worse": worse, "better": relation})
    assert table["name"].to_list() == ["better", "worse"]
    assert table["difference"].to_list() == pytest.approx([0.0, -4.0])
    assert table["difference_error"][1] == pytest.approx(np.sqrt(40) * float(step.std()))


def test_relations_of_other_calibrators_are_not_compared(relation):
    other = with_calibrators(relation, pl.col("feh") + 0.01)
    with pytest.raises(BundleError, match="other calibrators"):
        compare({"one": relation, "other": other})
