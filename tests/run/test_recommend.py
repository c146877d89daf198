"""A recipe with [combination] evaluates it fairly, and builds with what its folds have taught."""

import json
from pathlib import Path

import polars as pl
import pytest

from rrcat.catalogue.combination import read_combination
from rrcat.errors import RecipeError
from rrcat.evaluation.cross_validation import COLUMNS
from rrcat.run.build import build_catalogue
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.recommend import RECOMMENDED
from rrcat.run.workspace import Request


@pytest.fixture
def combining(toy_survey: Path) -> Path:
    text = toy_survey.read_text().replace("repeats = 2", "repeats = 1")
    toy_survey.write_text(text + "\n[combination]\n")
    return toy_survey


def told(folder: Path):
    return json.loads((folder / "evaluation.json").read_text())


def test_an_evaluation_tells_of_the_combination_and_of_calibrated_errors(
    combining: Path, tmp_path: Path
) -> None:
    evaluate_estimators(Request(combining, tmp_path / "out", workers=1))
    content = told(tmp_path / "out")
    assert set(content["estimators"]) == {"toy-line", "combination"}
    rows = pl.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert rows.columns == [*COLUMNS, *RECOMMENDED]
    counts = rows.group_by("estimator", "repeat").len()["len"].unique().to_list()
    assert counts == [content["estimators"]["combination"]["all"]["n_asked"]]
    assert content["combination"]["types"]["RRab"]["learned"] == 4
    for id in ("toy-line", "combination"):
        for kind in ("RRab", "RRc"):
            one = content["estimators"][id][kind]
            assert one["coverage_68"] == pytest.approx(0.683, abs=0.25)
            assert content["reliability"][id][kind]["n"] == one["n"]
            assert (tmp_path / "out" / "plots" / f"{id}-{kind}-reliability.svg").is_file()
    flat = content["undiluted"]["RRab"]["metrics"]
    assert flat["n"] == content["estimators"]["combination"]["RRab"]["n"]
    assert content["bias_narrow"]["combination"]["RRab"]["true"]


def test_what_is_said_of_a_fold_was_not_learned_from_it(
    combining: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rrcat.run import recommend

    combining.write_text(combining.read_text().replace("repeats = 1", "repeats = 2"))
    inner, seen = recommend._learn, []

    def noting(place, predictions, stars):
        seen.append(predictions.select("repeat", "fold").unique().sort("fold").rows())
        return inner(place, predictions, stars)

    monkeypatch.setattr(recommend, "_learn", noting)
    monkeypatch.setattr("rrcat.run.evaluate._draw", lambda *args: None)
    evaluate_estimators(Request(combining, tmp_path / "out", workers=1))
    others = [
        [(repeat, fold) for fold in range(4) if fold != left]
        for repeat in range(2)
        for left in range(4)
    ]
    assert sorted(seen) == sorted(others)


def test_a_build_recommends_with_what_it_has_learned(combining: Path, tmp_path: Path) -> None:
    build_catalogue(Request(combining, tmp_path / "out", workers=1))
    learned = read_combination(tmp_path / "out" / "combination.json")
    assert set(learned.types) == {"RRab", "RRc"}
    calibrators = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")
    for kind, error in learned.spectrum_error.items():
        assert error == calibrators.filter(pulsation_type=kind)["feh_error"].median()
    assert set(learned.spectrum_error) >= set(learned.types)
    catalogue = pl.read_parquet(tmp_path / "out" / "catalogue.parquet")
    ok = catalogue.filter(pl.col("feh_status") == "ok")
    assert set(ok["feh_method"]) == {"combination"}
    assert set(ok["feh_variant"]) == {"toy-line"}
    assert ok["feh_undiluted"].count() > 60
    predictions = pl.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert set(predictions["estimator"]) == {"toy-line", "combination"}
    files = json.loads((tmp_path / "out" / "candidate.json").read_text())["files"]
    assert {"combination.json", "calibrators.parquet"} <= set(files)


def test_workers_and_an_interruption_do_not_change_a_byte(combining: Path, tmp_path: Path) -> None:
    build_catalogue(Request(combining, tmp_path / "one", workers=1))
    build_catalogue(Request(combining, tmp_path / "two", workers=1, partition_size=7))
    names = ["catalogue.parquet", "predictions.parquet", "combination.json"]
    before = [(tmp_path / "one" / name).read_bytes() for name in names]
    assert before == [(tmp_path / "two" / name).read_bytes() for name in names]
    for name in ("candidate.json", "combination.json", "catalogue.parquet"):
        (tmp_path / "one" / name).unlink()
    part = sorted((tmp_path / "one" / "parts" / "folds_toy-line").iterdir())[0]
    part.unlink()
    build_catalogue(Request(combining, tmp_path / "one", workers=1))
    assert before == [(tmp_path / "one" / name).read_bytes() for name in names]


def test_photometric_labels_give_two_errors(
    combining: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rrcat.run.evaluate._draw", lambda *args: None)
    text = combining.read_text()
    combining.write_text(
        text.replace('scale = "C21"\nerror', 'photometric = true\nscale = "C21"\nerror')
    )
    build_catalogue(Request(combining, tmp_path / "out", workers=1))
    learned = read_combination(tmp_path / "out" / "combination.json")
    calibrators = pl.read_parquet(tmp_path / "out" / "calibrators.parquet")
    of_type = calibrators.filter(pl.col("pulsation_type") == "RRab")
    assert learned.label_error["RRab"] == of_type["feh_error"].median()
    assert not learned.spectrum_error
    ok = pl.read_parquet(tmp_path / "out" / "catalogue.parquet").filter(
        (pl.col("feh_status") == "ok") & (pl.col("pulsation_type") == "RRab")
    )
    both = (ok["feh_error_label"] ** 2 + learned.label_error["RRab"] ** 2).sqrt()
    assert ok["feh_error"].to_list() == pytest.approx(both.to_list())
    # The evaluation is against the labels, and so are its errors.
    evaluate_estimators(Request(combining, tmp_path / "tested", workers=1))
    plain = pl.read_parquet(tmp_path / "tested" / "predictions.parquet")
    assert plain["feh_error"].mean() < ok["feh_error"].mean()


def test_relations_that_learn_nothing_are_combined_too(survey: Path, tmp_path: Path) -> None:
    survey.write_text(survey.read_text() + "\n[combination]\nundilute = false\n")
    build_catalogue(Request(survey, tmp_path / "out", workers=1))
    catalogue = pl.read_parquet(tmp_path / "out" / "catalogue.parquet")
    assert catalogue["feh"].count() > 60
    assert catalogue["feh_undiluted"].count() == 0


def test_a_single_fold_cannot_test_a_combination(combining: Path, tmp_path: Path) -> None:
    text = combining.read_text()
    combining.write_text(text.replace("folds = 4", 'scheme = "held-out"\nfolds = 4'))
    with pytest.raises(RecipeError, match="'held-out' has one fold"):
        evaluate_estimators(Request(combining, tmp_path / "out", workers=1))
