"""What every command begins with: the estimators and seeds asked for, and a store."""

from pathlib import Path

import pytest

from rrcat.catalogue.combination_config import CombinationSection
from rrcat.errors import RecipeError
from rrcat.run.workspace import Request, default_workers, workspace


def test_few_units_are_worked_in_one_process() -> None:
    assert default_workers(None, 0) == default_workers(None, 3) == 1
    assert default_workers(3, 1) == 3


def test_the_seed_asked_for_holds_for_training_and_evaluation(survey: Path, tmp_path: Path) -> None:
    with workspace(Request(survey, tmp_path / "out", seed=9)) as place:
        assert (place.recipe.seed, place.recipe.evaluation.seed) == (9, 9)
    with workspace(Request(survey, tmp_path / "other")) as place:
        assert (place.recipe.seed, place.recipe.evaluation.seed) == (0, 3)


def test_an_estimator_that_the_recipe_does_not_have_is_refused(
    survey: Path, tmp_path: Path
) -> None:
    request = Request(survey, tmp_path / "out", estimators=("fourier-gp",))
    with (
        pytest.raises(RecipeError, match="no estimator fourier-gp"),
        workspace(request),
    ):
        pass
    assert not (tmp_path / "out").exists()


def test_without_its_members_nothing_is_combined(survey: Path, tmp_path: Path) -> None:
    two = (
        '[[estimator]]\nid = "fourier-xgboost"\n\n[combination]\nestimators = ["fourier-xgboost"]\n'
    )
    survey.write_text(survey.read_text() + two)
    told: dict[str, CombinationSection | None] = {}
    for id in ("fourier-xgboost", "literature-relations"):
        with workspace(Request(survey, tmp_path / id, estimators=(id,))) as place:
            told[id] = place.recipe.combination
    assert told["literature-relations"] is None
    assert told["fourier-xgboost"] == CombinationSection(estimators=("fourier-xgboost",))


def test_the_file_of_spectra_is_among_the_inputs(survey: Path, tmp_path: Path) -> None:
    with workspace(Request(survey, tmp_path / "out")) as place:
        assert [one["name"] for one in place.origin.inputs] == [
            "light_curves.parquet",
            "spectra.csv",
            "stars.csv",
        ]
