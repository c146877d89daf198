"""Every star keeps its rows, and gets one of the combination: a value, or the reason why none."""

import numpy as np
import polars as pl
import pytest

from rrcat.catalogue.combination_config import CombinationSection
from rrcat.catalogue.combination_learning import learn
from rrcat.catalogue.recommended import with_recommended
from rrcat.schema import check, conform, load

IDS = ["a", "b"]


def survey(n=60, seed=1):
    random = np.random.default_rng(seed)
    true = random.normal(-1.5, 0.4, n)
    stars = pl.DataFrame(
        {
            "source_id": np.arange(n) + 1,
            "pulsation_type": "RRab",
            "feh_true": true,
            "log_n_epochs": random.normal(3.5, 0.3, n),
            "log_phi31_error": None,
            "mag": random.normal(16, 1, n),
        },
        schema_overrides={"log_phi31_error": pl.Float64},
    )
    rows = [
        stars.select(
            "source_id",
            estimator=pl.lit(id),
            feh=pl.col("feh_true") + random.normal(0, 0.2, n),
            feh_error=pl.lit(0.1),
            feh_p16=pl.col("feh_true") - 0.3,
            variant=pl.lit(f"of {id}"),
            extrapolated=pl.Series(np.arange(n) % 7 == 0) if id == "b" else pl.lit(False),
            status=pl.lit("ok"),
        )
        for id in IDS
    ]
    return conform(pl.concat(rows), load("predictions")), stars


def without(predictions, id, stars, status="fit_failed"):
    """Take the values of an estimator from some stars."""
    lost = (pl.col("estimator") == id) & pl.col("source_id").is_in(stars)
    return predictions.with_columns(
        *(
            pl.when(~lost).then(pl.col(name)).alias(name)
            for name in ("feh", "feh_error", "feh_p16", "variant", "extrapolated")
        ),
        status=pl.when(lost).then(pl.lit(status)).otherwise("status"),
    )


@pytest.fixture(scope="module")
def learned():
    return learn(*survey(), IDS, CombinationSection(), scale="C21", label_error={})


def rows_of(predictions, id):
    return predictions.filter(pl.col("estimator") == id)


def test_there_is_one_more_row_a_star_and_all_conform(learned):
    predictions, stars = survey(seed=2)
    given = with_recommended(predictions, stars, learned)
    check(given, load("predictions"))
    assert given["estimator"].value_counts().sort("estimator").rows() == [
        ("a", 60),
        ("b", 60),
        ("combination", 60),
    ]
    for low, high in (
        ("feh_p025", "feh_p16"),
        ("feh_p16", "feh"),
        ("feh", "feh_p84"),
        ("feh_p84", "feh_p975"),
    ):
        assert (given[low] < given[high]).all()


def test_estimators_keep_their_values_and_get_errors_that_were_tested(learned):
    predictions, stars = survey(seed=2)
    given = with_recommended(predictions, stars, learned)
    for id in IDS:
        before, after = rows_of(predictions, id), rows_of(given, id)
        same = ["source_id", "feh", "variant", "extrapolated", "status"]
        assert after.select(same).equals(before.select(same))
        assert after["feh_error"].mean() == pytest.approx(0.2, abs=0.04)
        assert after["feh_undiluted"].null_count() == 60


def test_the_members_of_a_value_are_named_and_warn_together(learned):
    predictions, stars = survey(seed=2)
    predictions = without(without(predictions, "a", [1, 3]), "b", [2, 3], "no_period")
    given = rows_of(with_recommended(predictions, stars, learned), "combination")
    assert given["variant"][:4].to_list() == ["b", "a", None, "a+b"]
    assert given["status"][:4].to_list() == ["ok", "ok", "fit_failed", "ok"]
    assert given["feh"].is_null().to_list() == [False, False, True] + [False] * 57
    warned = given.filter("extrapolated")["source_id"].to_list()
    assert warned == [1, *range(8, 61, 7)]


def test_a_type_without_calibrators_has_the_first_value_as_it_is(learned):
    predictions, stars = survey(seed=2)
    predictions = without(without(predictions, "a", [1, 2]), "b", [2])
    stars = stars.with_columns(
        pulsation_type=pl.when(pl.col("source_id") <= 3)
        .then(pl.Series(["RRd", None, "RRc"]).extend_constant(None, 57))
        .otherwise("pulsation_type")
    )
    given = with_recommended(predictions, stars, learned)
    best = rows_of(given, "combination")[:3]
    assert best["variant"].to_list() == ["b", None, "a"]
    assert best["feh_error"].to_list() == [0.1, None, 0.1]
    assert best["status"].to_list() == ["ok", "fit_failed", "ok"]
    third = rows_of(predictions, "a").filter(pl.col("source_id") == 3)
    assert best["feh"][2] == third["feh"][0]


def test_the_error_of_photometric_labels_is_added_and_told_apart():
    predictions, stars = survey()
    plain = learn(predictions, stars, IDS, CombinationSection(), scale="C21", label_error={})
    labels = plain.model_copy(update={"label_error": {"RRab": 0.16}})
    one, other = (with_recommended(predictions, stars, told) for told in (plain, labels))
    assert one["feh_error_label"].null_count() == one.height
    assert other["feh_error_label"].equals(one["feh_error"])
    expected = (one["feh_error"] ** 2 + 0.16**2).sqrt()
    assert other["feh_error"].to_list() == pytest.approx(expected.to_list())
    # What the models of a build answer has the error of the labels in it already.
    wide = predictions.with_columns(feh_error_label="feh_error", feh_error=pl.lit(0.5))
    assert with_recommended(wide, stars, labels).equals(other)


def test_the_error_of_spectra_is_taken_off_those_of_all_estimators(learned):
    predictions, stars = survey()
    of_spectra = learned.model_copy(update={"spectrum_error": {"RRab": 0.05}})
    one, other = (with_recommended(predictions, stars, told) for told in (learned, of_spectra))
    assert other["feh"].equals(one["feh"])
    expected = (one["feh_error"] ** 2 - 0.05**2).sqrt()
    assert other["feh_error"].to_list() == pytest.approx(expected.to_list())
    assert (other["feh_p84"] < one["feh_p84"]).all()


def test_a_star_is_the_same_to_the_last_bit_in_any_company(learned):
    predictions, stars = survey(seed=3)
    predictions = without(predictions, "a", [4, 9])
    whole = with_recommended(predictions, stars, learned)
    for first, last in ((1, 1), (2, 9), (10, 60)):
        within = pl.col("source_id").is_between(first, last)
        part = with_recommended(
            predictions.filter(within).reverse(), stars.filter(within).reverse(), learned
        )
        assert part.equals(whole.filter(within))
