"""Every star has one row, with a value or a reason."""

import polars as pl
import pytest

from rrcat.catalogue.assemble import assemble, main_band
from rrcat.errors import RecipeError
from rrcat.schema import check, conform, load

TABLE = load("rrl_metallicity")
STARS = conform(
    pl.DataFrame(
        {
            "source_id": [1, 2, 3],
            "period": [0.5, 0.6, None],
            "period_error": [None, 1e-5, None],
            "pulsation_type": ["RRab", "RRab", None],
        }
    ),
    load("stars"),
)
FEATURES = conform(
    pl.DataFrame(
        {
            "source_id": [1, 1, 2, 3],
            "band": ["G", "RP", "G", "G"],
            "fit_status": ["ok", "ok", "too_few_epochs", "no_period"],
            "period": [0.50001, 0.50002, None, None],
            "period_error": [1e-6, 2e-6, None, None],
            "a1": [0.3, 0.2, None, None],
            "n_epochs": [40, 39, 3, 50],
            "period_fixed": [False, True, None, None],
            "epoch": [1800.5, 0.3, None, None],
        }
    ),
    load("features"),
)


def predictions(**cells: list[object]) -> pl.DataFrame:
    ids = len(next(iter(cells.values())))
    frame = pl.DataFrame({"source_id": [1, 2, 3] * (ids // 3)} | cells)
    return conform(frame.sort("source_id", "estimator"), load("predictions"))


def made(answers: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    return assemble(STARS, FEATURES, answers, table=TABLE, band="G", scale="C21", order=order)


ONE = predictions(
    estimator=["a"] * 3,
    feh=[-1.5, None, None],
    feh_error=[0.2, None, None],
    status=["ok", "too_few_epochs", "no_pulsation_type"],
)


def test_every_star_has_a_row_with_a_value_or_a_reason() -> None:
    catalogue = made(ONE, ["a"])
    assert catalogue["source_id"].to_list() == [1, 2, 3]
    assert catalogue["feh"].to_list() == [-1.5, None, None]
    assert catalogue["feh_status"].to_list() == ["ok", "too_few_epochs", "no_pulsation_type"]
    assert catalogue["feh_method"].to_list() == ["a", None, None]
    assert set(catalogue["feh_scale"]) == {"C21"}


def test_the_parameters_are_those_of_the_main_band() -> None:
    row = made(ONE, ["a"]).row(0, named=True)
    assert (row["band"], row["a1"], row["n_epochs"]) == ("G", 0.3, 40)


def test_a_star_without_fit_has_no_numbers_of_one() -> None:
    row = made(ONE, ["a"]).row(1, named=True)
    assert (row["band"], row["n_epochs"]) == (None, None)


def test_a_type_that_the_archive_does_not_know_is_the_inferred_one() -> None:
    inferred = FEATURES.with_columns(
        inferred_type=pl.when(pl.col("source_id") == 3).then(pl.lit("RRc"))
    )
    catalogue = assemble(STARS, inferred, ONE, table=TABLE, band="G", scale="C21", order=["a"])
    assert catalogue["pulsation_type"].to_list() == ["RRab", "RRab", "RRc"]


def test_the_period_of_the_fit_replaces_that_of_the_archive_with_its_error() -> None:
    catalogue = made(ONE, ["a"])
    assert catalogue["period"].to_list() == [0.50001, 0.6, None]
    assert catalogue["period_error"].to_list() == [1e-6, 1e-5, None]


def test_folded_light_curves_have_no_epoch() -> None:
    def epoch(band: str) -> object:
        return assemble(STARS, FEATURES, ONE, table=TABLE, band=band, scale="C21", order=["a"])[
            "epoch"
        ][0]

    assert epoch("G") == 1800.5
    assert epoch("RP") is None


@pytest.mark.parametrize(
    ("order", "methods"), [(["a", "b"], ["a", "b", None]), (["b", "a"], ["b", "b", None])]
)
def test_the_first_estimator_with_a_value_gives_it(order: list[str], methods: list[str]) -> None:
    two = predictions(
        estimator=["a"] * 3 + ["b"] * 3,
        feh=[-1.5, None, None, -1.6, -2.0, None],
        feh_error=[0.2, None, None, 0.2, 0.2, None],
        status=["ok", "fit_failed", "no_period", "ok", "ok", "no_pulsation_type"],
    )
    catalogue = made(two, order)
    assert catalogue["feh_method"].to_list() == methods
    reasons = {"a": "no_period", "b": "no_pulsation_type"}
    assert catalogue["feh_status"].to_list() == ["ok", "ok", reasons[order[0]]]


def test_the_order_of_rows_of_the_inputs_does_not_matter() -> None:
    shuffled = assemble(
        STARS,
        FEATURES.reverse(),
        ONE.reverse(),
        table=TABLE,
        band="G",
        scale="C21",
        order=["a"],
    )
    check(shuffled, TABLE)
    assert shuffled.equals(made(ONE, ["a"]))


def test_a_single_band_needs_no_choice() -> None:
    assert main_band(["I"], None) == "I"


@pytest.mark.parametrize("chosen", [None, "V"])
def test_without_any_photometry_there_is_no_catalogue(chosen: str | None) -> None:
    with pytest.raises(RecipeError, match="no star of the archive"):
        main_band([], chosen)


@pytest.mark.parametrize("chosen", [None, "V"])
def test_of_several_bands_the_recipe_must_choose_one_that_is_there(chosen: str | None) -> None:
    with pytest.raises(RecipeError, match=r"G, RP"):
        main_band(["G", "RP"], chosen)
