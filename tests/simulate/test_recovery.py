import polars as pl
import pytest

from rrcat.simulate import recovery

TRUTH = pl.DataFrame(
    {
        "source_id": [1, 2, 3, 4, 5],
        "pulsation_type": ["RRab", "RRab", "RRab", "RRc", "other"],
        "feh": [-1.0, -2.0, -1.5, -1.2, None],
    }
)
VALUES = pl.DataFrame(
    {
        "source_id": [5, 4, 3, 2, 1],
        "feh": [-1.0, -1.2, None, -2.1, -0.7],
        "feh_error": [0.2, 0.2, None, 0.2, 0.2],
    }
)


def test_errors_are_those_of_value_less_truth():
    rows = {row["pulsation_type"]: row for row in recovery(VALUES, TRUTH).to_dicts()}
    assert list(rows) == ["all", "RRab", "RRc"]
    assert rows["RRab"]["n_asked"] == 3
    assert rows["RRab"]["n"] == 2
    assert rows["RRab"]["rmse"] == pytest.approx(((0.1**2 + 0.3**2) / 2) ** 0.5)
    assert rows["RRab"]["bias"] == pytest.approx(0.1)
    assert rows["RRab"]["within_error"] == pytest.approx(0.5)
    assert rows["RRc"]["rmse"] == pytest.approx(0.0)


def test_a_star_that_was_lost_counts_as_asked():
    rows = recovery(VALUES.filter(pl.col("source_id") != 1), TRUTH).to_dicts()
    assert (rows[0]["n_asked"], rows[0]["n"]) == (4, 2)


def test_a_star_without_true_metallicity_does_not_count():
    rows = recovery(VALUES, TRUTH).to_dicts()
    assert (rows[0]["n_asked"], rows[0]["n"]) == (4, 3)
