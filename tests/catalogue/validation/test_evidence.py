"""Rows hold what catalogue or archive know, and calibrators are judged by who had not seen them."""

from dataclasses import replace

import polars as pl
import pytest

from rrcat.catalogue.validation.evidence import (
    COLUMNS,
    Evidence,
    judged,
    preferred,
    rows_of,
)

STARS = pl.DataFrame({"source_id": [1, 2], "ebv": [0.1, 0.2], "blazhko": [True, None]})


def test_what_the_catalogue_leaves_open_is_taken_from_the_archive() -> None:
    catalogue = pl.DataFrame({"source_id": [1, 2], "ebv": [None, 0.5], "feh": [-1.0, None]})
    rows = rows_of(catalogue, STARS)
    assert rows["ebv"].to_list() == [0.1, 0.5]
    assert rows["blazhko"].to_list() == [True, None]
    assert rows.columns == [*COLUMNS, "gal_l", "gal_b"]


def test_magnitudes_that_no_rr_lyrae_star_has_are_not_known() -> None:
    catalogue = pl.DataFrame({"source_id": [1, 2], "int_average_mag": [0.01, 15.0]})
    assert rows_of(catalogue, STARS)["int_average_mag"].to_list() == [None, 15.0]


def test_galactic_latitude_is_that_of_the_pole_and_the_centre() -> None:
    sky = pl.DataFrame(
        {"source_id": [1, 2], "ra": [192.85948, 266.40499], "dec": [27.12825, -28.93617]}
    )
    rows = rows_of(sky, STARS)
    assert rows["gal_b"].to_list() == pytest.approx([90.0, 0.0], abs=1e-3)


def test_the_first_estimator_that_has_a_value_gives_the_one_out_of_fold() -> None:
    rows = pl.DataFrame(
        {
            "source_id": [1, 1, 1, 1, 2, 2],
            "estimator": ["b", "b", "a", "a", "a", "b"],
            "repeat": [0, 1, 0, 1, 0, 0],
            "feh": [-9.0, -9.0, -1.0, -2.0, None, -3.0],
            "feh_error": [0.1, 0.1, 0.2, 0.4, None, 0.3],
        }
    )
    found = preferred(rows, ["a", "b", "none"])
    assert found["feh"].to_list() == [-1.5, -3.0]
    assert found["feh_error"].to_list() == pytest.approx([0.3, 0.3])


def test_calibrators_are_judged_by_values_out_of_fold_where_there_are_any(good: Evidence) -> None:
    assert good.calibrators is not None
    ids = good.calibrators["source_id"]
    assert judged(good)["source_id"].to_list() == ids.to_list()
    some = pl.DataFrame(
        {"source_id": ids[:5], "estimator": "two", "repeat": 0, "feh": -7.0, "feh_error": 0.1}
    )
    unseen = judged(replace(good, out_of_fold=some))
    assert unseen["feh"].to_list() == [-7.0] * 5


def test_without_calibrators_nobody_is_judged(good: Evidence) -> None:
    assert judged(replace(good, calibrators=None)).is_empty()
