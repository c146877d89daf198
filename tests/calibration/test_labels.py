"""Every row of a catalogue becomes a label, or is told with the reason why not."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from rrcat.calibration.config import LabelsSection
from rrcat.calibration.labels import (
    OF_ANOTHER,
    label_sample,
    on_scale,
    values_given,
    values_predicted,
)
from rrcat.calibration.sample import FOR_PEOPLE, Sample
from rrcat.errors import ArchiveError, RecipeError
from rrcat.schema import check, conform, expanded, load

TABLE = load("rrl_metallicity")
BITS = {bit.name: bit.value for bit in TABLE["flags"].bits}
HERE = Path("catalogue.parquet")
GOOD: dict[str, Any] = {
    "source_id": 1,
    "archive_id": "one",
    "ra": 10.0,
    "dec": -60.0,
    "pulsation_type": "RRab",
    "feh": -1.5,
    "feh_error": 0.2,
    "feh_scale": "C21",
    "feh_method": "first",
    "feh_status": "ok",
    "flags": 0,
    "sources": "asas-i 1.0.0, first 1.0.0",
}


def catalogue(*changes: dict[str, Any]) -> pl.DataFrame:
    rows = [{**GOOD, "source_id": id, **change} for id, change in enumerate(changes, start=1)]
    frame = pl.DataFrame(rows, infer_schema_length=None)
    return conform(frame.drop("sources"), TABLE).with_columns(frame["sources"])


def sample(rows: pl.DataFrame, *, scale: str = "C21", **config: Any) -> Sample:
    told: dict[str, Any] = {
        "held_out": pl.Series([], dtype=pl.Int64),
        "stars": rows.select("source_id", "ra", "dec"),
        "with_light_curve": rows["source_id"],
    }
    told |= {name: config.pop(name) for name in list(told) if name in config}
    section = LabelsSection(catalogue="it", **config)
    return label_sample(section, rows, TABLE, scale=scale, file=HERE, **told)


def reasons(made: Sample) -> dict[int, str | None]:
    return dict(made.stars.sort("source_id").select("source_id", "reason").iter_rows())


def test_a_label_is_the_value_with_its_error_and_says_whose_it_is() -> None:
    made = sample(catalogue({}))
    check(made.calibrators, load("calibrators"))
    row = made.calibrators.row(0, named=True)
    assert (row["feh"], row["feh_error"], row["feh_scale"]) == (-1.5, 0.2, "C21")
    assert row["sources"] == "asas-i 1.0.0, first 1.0.0"
    assert row["pulsation_type"] == "RRab"
    assert row["n_spectra"] is None
    assert dict(made.stars.schema) == FOR_PEOPLE


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ({"feh": None, "feh_error": None, "feh_status": "no_period"}, "no [Fe/H] (no_period)"),
        ({"feh_error": None}, "no error"),
        ({"feh_error": 0.0}, "no error"),
        ({"feh_error": 0.5}, "error too large"),
        ({"flags": BITS["poor_fit"]}, "flag poor_fit"),
        ({"flags": BITS["blazhko"] | BITS["extrapolated"]}, "flag extrapolated"),
        ({"pulsation_type": "RRc"}, "left out by where"),
        ({"flags": BITS["poor_fit"], "feh_error": 0.5}, "error too large; flag poor_fit"),
    ],
)
def test_a_star_that_is_no_label_is_listed_with_the_reason(
    bad: dict[str, Any], reason: str
) -> None:
    made = sample(catalogue({}, bad), max_feh_error=0.4, where="pulsation_type = 'RRab'")
    assert reasons(made) == {1: None, 2: reason}
    assert made.calibrators["source_id"].to_list() == [1]


def test_held_out_stars_and_those_without_light_curve_are_no_labels() -> None:
    made = sample(
        catalogue({}, {}, {}), held_out=pl.Series([2]), with_light_curve=pl.Series([1, 2])
    )
    assert reasons(made) == {1: None, 2: "held out", 3: "no light curve"}


def test_only_flags_that_are_named_keep_a_star_out() -> None:
    rows = catalogue({}, {"flags": BITS["type_in_doubt"]})
    assert reasons(sample(rows)) == {1: None, 2: "flag type_in_doubt"}
    assert reasons(sample(rows, without_flags=())) == {1: None, 2: None}


def test_a_star_of_the_same_number_at_another_place_is_another() -> None:
    stars = pl.DataFrame(
        {"source_id": [1, 2, 3], "ra": [10.0001, 12.0, None], "dec": [-60.0, -60.0, None]}
    )
    made = sample(catalogue({}, {}, {}), stars=stars)
    assert reasons(made) == {1: None, 2: "another star has its number", 3: None}


def test_the_right_ascension_of_one_star_may_lie_on_either_side_of_zero() -> None:
    stars = pl.DataFrame({"source_id": [1], "ra": [359.9999], "dec": [-60.0]})
    assert reasons(sample(catalogue({"ra": 0.0001}), stars=stars)) == {1: None}


def test_labels_are_converted_to_the_scale_of_the_recipe() -> None:
    made = sample(catalogue({"feh_scale": "ZW84"}), scale="C09")
    assert made.calibrators["feh"][0] == pytest.approx(-1.5 * 1.105 + 0.160)
    assert made.calibrators["feh_error"][0] == pytest.approx(0.2 * 1.105)
    assert made.calibrators["feh_scale"][0] == "C09"


def test_a_scale_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(RecipeError, match="no conversion is known from the scale J95 to C21"):
        sample(catalogue({"feh_scale": "J95"}))


def test_a_catalogue_on_two_scales_is_refused() -> None:
    with pytest.raises(RecipeError, match="several scales: C21, ZW84"):
        on_scale(catalogue({}, {"feh_scale": "ZW84"}), "C21", file=HERE)


def test_a_star_without_value_stays_without_on_another_scale() -> None:
    rows = catalogue({"feh": None, "feh_error": None, "feh_scale": "ZW84"})
    moved = on_scale(rows, "C09", file=HERE)
    assert moved["feh"].to_list() == moved["feh_error"].to_list() == [None]


def test_where_nothing_is_left_the_error_counts_the_reasons() -> None:
    rows = catalogue({"feh_error": None}, {"feh_error": None}, {"flags": BITS["poor_fit"]})
    with pytest.raises(RecipeError, match="no label is left of 3 stars: 2 no error, 1 flag poor"):
        sample(rows)


def test_where_is_an_expression_over_the_columns_of_the_catalogue() -> None:
    with pytest.raises(ArchiveError, match="cannot follow `where = 'colour > 1'`"):
        sample(catalogue({}), where="colour > 1")


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = catalogue({}, {"flags": BITS["poor_fit"]}, {"feh": -2.0})
    one, other = sample(rows), sample(rows.reverse())
    assert one.calibrators.equals(other.calibrators)
    assert one.stars.equals(other.stars)


def test_of_a_release_the_values_of_one_estimator_are_those_that_it_gave() -> None:
    rows = catalogue({}, {"feh_method": "second"})
    rows = values_given(rows, TABLE, "second", file=HERE)
    assert rows["feh"].to_list() == [None, -1.5]
    assert rows["feh_status"].to_list() == [OF_ANOTHER, "ok"]


def test_of_a_release_an_estimator_with_columns_of_its_own_has_values_where_it_is_second() -> None:
    own = pl.DataFrame(
        {
            "feh_the_second": [-1.1, None],
            "feh_error_the_second": [0.3, None],
            "feh_status_the_second": ["ok", "missing_features"],
        }
    )
    given = catalogue({"feh_method": "combination"}, {"feh_method": "combination"}).hstack(own)
    table = expanded(TABLE, ["the-second"])
    rows = values_given(given, table, "the-second", file=HERE)
    check(rows.drop("sources"), table)
    assert rows["feh"].to_list() == [-1.1, None]
    assert rows["feh_error"].to_list() == [0.3, None]
    assert rows["feh_status"].to_list() == ["ok", "missing_features"]
    assert rows["feh_method"].to_list() == ["the-second", None]
    recommended = values_given(given, table, "combination", file=HERE)
    assert recommended["feh"].equals(given["feh"])
    assert recommended["feh_error"].equals(given["feh_error"])
    with pytest.raises(RecipeError, match="no values of 'third'") as caught:
        values_given(given, table, "third", file=HERE)
    assert caught.value.hint == "it has those of combination, the-second"


def test_of_a_candidate_an_estimator_has_values_where_it_is_second_too() -> None:
    predictions = pl.DataFrame(
        {
            "source_id": [1, 2, 1],
            "estimator": ["second", "second", "first"],
            "feh": [-1.1, None, -1.5],
            "feh_error": [0.3, None, 0.2],
            "extrapolated": [True, None, False],
            "status": ["ok", "missing_features", "ok"],
        }
    )
    given = catalogue({"flags": 1}, {"flags": 1 | BITS["extrapolated"]})
    rows = values_predicted(given, TABLE, predictions, "second", file=HERE)
    check(rows.drop("sources"), TABLE)
    assert rows["feh"].to_list() == [-1.1, None]
    assert rows["feh_status"].to_list() == ["ok", "missing_features"]
    assert rows["feh_method"].to_list() == ["second", None]
    assert rows["flags"].to_list() == [1 | BITS["extrapolated"], 1]


def test_an_estimator_without_values_is_refused_with_those_that_have() -> None:
    with pytest.raises(RecipeError, match="no values of 'third'") as caught:
        values_given(catalogue({}, {"feh_method": "second"}), TABLE, "third", file=HERE)
    assert caught.value.hint == "it has those of first, second"
