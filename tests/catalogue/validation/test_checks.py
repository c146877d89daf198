"""All checks together: made, switched off, and never in the way of a catalogue without values."""

from dataclasses import replace

import polars as pl
import pytest

from rrcat.canonical import json_bytes
from rrcat.catalogue.validation.checks import as_document, validate
from rrcat.catalogue.validation.config import EarlierCatalogue, ValidationSection
from rrcat.catalogue.validation.evidence import rows_of
from rrcat.schema import load

EARLIER = EarlierCatalogue(file="a.csv", scale="C21", columns={"source_id": "id", "feh": "feh"})
ALL = ValidationSection(reference=EARLIER)
CHECKS = [name for name in ValidationSection.model_fields if name != "significance"]


def test_a_catalogue_that_is_right_fails_in_nothing(good) -> None:
    results = validate(good, ALL)
    assert [result.name for result in results if result.passed is False] == []
    assert sum(result.passed is True for result in results) >= 14
    assert {result.check for result in results} == set(CHECKS)


def test_every_result_has_a_name_of_its_own(good) -> None:
    names = [result.name for result in validate(good, ALL)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", [name for name in CHECKS if name != "reference"])
def test_a_check_can_be_switched_off(good, name) -> None:
    section = ValidationSection.model_validate({name: {"enabled": False}})
    assert name not in {result.check for result in validate(good, section)}


@pytest.mark.parametrize(
    "spoil",
    [
        {"feh": pl.col("feh") + 0.3},
        {"pulsation_type": pl.col("pulsation_type").replace({"RRab": "RRc", "RRc": "RRab"})},
        {"feh": 1.028 * pl.col("feh") + 0.242 + 0.3},
        {"feh": pl.col("feh").shuffle(seed=0)},
    ],
)
def test_wrong_values_fail(spoilt, spoil) -> None:
    assert any(result.passed is False for result in validate(spoilt(**spoil), ALL))


def test_the_order_of_the_rows_does_not_matter(good) -> None:
    assert good.out_of_fold is None
    turned = replace(
        good,
        rows=good.rows.reverse(),
        predictions=good.predictions.reverse(),
        calibrators=good.calibrators.reverse(),
        reference=good.reference.reverse(),
    )
    before = json_bytes(as_document(validate(good, ALL), "C21"))
    assert json_bytes(as_document(validate(turned, ALL), "C21")) == before


@pytest.mark.parametrize("n", [0, 1, 200])
def test_a_catalogue_without_values_says_that_nothing_could_be_checked(good, n) -> None:
    catalogue = load("rrl_metallicity").empty()
    if n:
        catalogue = pl.DataFrame({"source_id": range(1, n + 1)}).join(
            catalogue, on="source_id", how="left"
        )
    empty = replace(
        good,
        rows=rows_of(catalogue, load("stars").empty()),
        predictions=good.predictions.clear(),
        calibrators=good.calibrators.clear(),
        reference=good.reference.clear(),
    )
    results = validate(empty, ALL)
    assert {result.passed for result in results} == {None}
    assert all(result.detail.startswith("could not be made: ") for result in results)


def test_one_star_is_no_catalogue_to_judge(good) -> None:
    lone = replace(good, rows=good.rows.head(1))
    told = {result.check: result.passed for result in validate(lone, ALL)}
    assert told.pop("selection") is True
    assert set(told.values()) == {None}


def test_the_document_holds_the_zero_point_and_every_result(good) -> None:
    told = as_document(validate(good, ALL), "C21")
    assert told["scale"] == "C21"
    assert told["zero_point_error"] == pytest.approx(0.05, abs=0.005)
    assert len(told["results"]) == len(validate(good, ALL))
    assert set(told["results"][0]) == {
        "check", "name", "passed", "detail", "value", "threshold", "unit", "rows"
    }  # fmt: skip
