"""Flags rest on what is known, in whichever table it stands."""

import polars as pl
import pytest

from rrcat.catalogue.evidence import with_evidence
from rrcat.schema import conform, load

ROWS = pl.DataFrame(
    {
        "source_id": [1, 2],
        "pulsation_type": ["RRab", "RRab"],
        "period": [0.5, 0.6],
        "a1": [0.3, 0.2],
        "phi31": [2.0, 2.5],
        "int_average_mag": [14.0, 15.0],
    }
)
FEATURES = conform(
    pl.DataFrame(
        {
            "source_id": [1, 1, 2],
            "band": ["G", "RP", "G"],
            "fit_status": ["ok", "ok", "ok"],
            "a1": [0.3, 0.2, 0.2],
            "a1_error": [0.01, 0.02, 0.01],
        }
    ),
    load("features"),
)


def predictions(**cells: list[object]) -> pl.DataFrame:
    n = len(cells["estimator"])
    status = ["ok" if value is not None else "fit_failed" for value in cells["feh"]]
    frame = pl.DataFrame({"source_id": [1] * n, "status": status} | cells)
    return conform(frame, load("predictions"))


def evidence(answers: pl.DataFrame) -> dict[str, object]:
    return with_evidence(ROWS, FEATURES, answers, None).row(0, named=True)


def test_the_spread_is_from_the_least_to_the_greatest_value():
    row = evidence(
        predictions(estimator=["a", "b", "c"], feh=[-1.5, -1.0, -1.2], feh_error=[0.3, 0.4, 0.0001])
    )
    assert row["feh_spread"] == pytest.approx(0.5)
    assert row["feh_spread_error"] == pytest.approx((0.25 / 3) ** 0.5)


def test_the_combination_is_no_estimator_of_its_own():
    row = evidence(
        predictions(estimator=["a", "combination"], feh=[-1.5, -1.0], feh_error=[0.3, 0.4])
    )
    assert row["feh_spread"] is None


def test_one_value_has_no_spread():
    row = evidence(predictions(estimator=["a", "b"], feh=[-1.5, None], feh_error=[0.3, None]))
    assert row["feh_spread"] is None


def test_the_amplitude_in_rp_is_told_where_there_is_one():
    answers = predictions(estimator=["a"], feh=[-1.5], feh_error=[0.3])
    found = with_evidence(ROWS, FEATURES, answers, None)
    assert found["a1_rp"].to_list() == [0.2, None]
    assert found["a1_rp_error"].to_list() == [0.02, None]
    assert found["a1"].to_list() == [0.3, 0.2]
