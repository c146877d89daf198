"""The errors of labels are in the errors of what learned from them."""

from math import hypot

import polars as pl
import pytest

from rrcat.estimator.label_error import typical_errors, with_label_error

ANSWER = pl.DataFrame(
    {
        "source_id": [1, 2, 3, 4],
        "feh": [-1.0, -1.5, -2.0, None],
        "feh_error": [0.3, 0.4, 0.0, None],
        "feh_p16": [-1.3, None, -2.0, None],
        "feh_p84": [-0.9, None, -2.0, None],
        "status": ["ok", "ok", "ok", "no_period"],
    }
)
STARS = pl.DataFrame({"source_id": [4, 3, 2, 1], "pulsation_type": ["RRab", "RRd", "RRc", "RRab"]})


def test_the_typical_error_of_a_type_is_the_median_of_its_labels():
    labels = pl.DataFrame(
        {
            "pulsation_type": ["RRc", "RRab", "RRab", "RRab", None],
            "feh_error": [0.5, 0.1, 0.2, 0.9, 7.0],
        }
    )
    assert typical_errors(labels) == {"RRab": 0.2, "RRc": 0.5}


def test_errors_are_added_in_quadrature_and_values_stay():
    given = with_label_error(ANSWER, STARS, {"RRab": 0.4, "RRc": 0.3})
    assert given["feh_error"].to_list() == [0.5, 0.5, 0.4, None]
    assert given["feh_p16"].to_list() == [pytest.approx(-1.5), None, pytest.approx(-2.4), None]
    assert given["feh_p84"][0] == pytest.approx(-1.0 + hypot(0.1, 0.4))
    rest = ["source_id", "feh", "status"]
    assert given.select(rest).equals(ANSWER.select(rest))
    assert given.columns == [*ANSWER.columns, "feh_error_label"]


def test_the_error_against_the_labels_is_kept():
    given = with_label_error(ANSWER, STARS, {"RRab": 0.4, "RRc": 0.3})
    assert given["feh_error_label"].to_list() == ANSWER["feh_error"].to_list()


def test_wide_intervals_get_two_errors_of_the_labels_and_undiluted_values_one():
    answer = ANSWER.with_columns(
        feh_p025=pl.col("feh") - 1.5 * 1.96,
        feh_p975=pl.col("feh") + 2.0 * 1.96,
        feh_undiluted_error=pl.when(pl.col("feh").is_not_null()).then(0.3),
    )
    given = with_label_error(answer, STARS, {"RRab": 0.4, "RRc": 2.0})
    assert given["feh_undiluted_error"][0] == 0.5
    assert given["feh_p025"][1] == pytest.approx(-1.5 - 2.5 * 1.96)
    assert given["feh_p975"][0] == pytest.approx(-1.0 + hypot(2.0, 0.4) * 1.96)
    assert given.columns == [*answer.columns, "feh_error_label"]


def test_a_type_without_labels_has_the_largest_of_their_errors():
    stars = STARS.with_columns(pulsation_type=pl.Series(["RRab", None, "RRc", "RRab"]))
    given = with_label_error(ANSWER, stars, {"RRab": 0.2, "RRc": 0.1})
    assert given["feh_error"][2] == 0.2


def test_what_learned_from_spectra_keeps_its_errors():
    assert with_label_error(ANSWER, STARS, {}).equals(ANSWER)


def test_the_errors_of_a_star_do_not_depend_on_the_others():
    errors = {"RRab": 0.31, "RRc": 0.17}
    whole = with_label_error(ANSWER, STARS, errors)
    alone = [with_label_error(ANSWER[row], STARS, errors) for row in range(ANSWER.height)]
    assert pl.concat(alone).equals(whole)
