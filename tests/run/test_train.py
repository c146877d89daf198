"""What is trained is what a build trains, and it comes from the calibrators."""

import sys
from pathlib import Path

import polars as pl
import pytest

from rrcat.errors import BundleError, RecipeError
from rrcat.estimator.bundle import load_bundle
from rrcat.estimator.manifest import read_manifest
from rrcat.run.build import build_catalogue
from rrcat.run.train import train_estimators
from rrcat.run.workspace import Request
from rrcat.simulate import write_survey


def content(folder: Path) -> dict[str, bytes]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_training_leaves_a_bundle_that_loads(toy_survey: Path, tmp_path: Path) -> None:
    summary = train_estimators(Request(toy_survey, tmp_path / "trained"))
    observed = pl.read_parquet(toy_survey.parent / "light_curves.parquet")
    measured = pl.read_csv(toy_survey.parent / "spectra.csv").drop_nulls("feh")
    taken = measured.join(observed, on="source_id", how="semi")
    assert summary.n_calibrators == taken["source_id"].n_unique() < 80
    model = load_bundle(tmp_path / "trained" / "bundles" / "toy-line")
    assert model.slope < 0  # longer periods are metal-poorer
    manifest = read_manifest(tmp_path / "trained" / "bundles" / "toy-line")
    assert len(manifest.training_set_sha256) == 64


def test_what_a_model_draws_of_itself_is_left_however_often(
    toy_survey: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        train_estimators(Request(toy_survey, tmp_path / "trained"))
        model = load_bundle(tmp_path / "trained" / "bundles" / "toy-line")
        plot = tmp_path / "trained" / "plots" / "toy-line-line.svg"
        assert plot.read_bytes() == f"<svg>{model.slope}</svg>".encode()
        plot.unlink()


def test_a_bundle_holds_only_the_tables_that_its_model_reads(survey: Path, tmp_path: Path) -> None:
    train_estimators(Request(survey, tmp_path / "trained"))
    bundle = tmp_path / "trained" / "bundles" / "literature-relations"
    assert sorted(path.name for path in bundle.glob("golden*")) == [
        "golden.parquet",
        "golden_features.parquet",
        "golden_stars.parquet",
    ]


def test_a_build_trains_the_same_bundle(toy_survey: Path, tmp_path: Path) -> None:
    train_estimators(Request(toy_survey, tmp_path / "trained"))
    build_catalogue(Request(toy_survey, tmp_path / "built", workers=1, partition_size=10))
    assert content(tmp_path / "trained" / "bundles") == content(tmp_path / "built" / "bundles")


def test_a_build_with_a_learned_estimator_serves_stars_beside_the_calibrators(
    toy_survey: Path, tmp_path: Path
) -> None:
    spectra = toy_survey.parent / "spectra.csv"
    pl.read_csv(spectra).filter(pl.col("source_id") <= 40).write_csv(spectra)
    build_catalogue(Request(toy_survey, tmp_path / "built"))
    catalogue = pl.read_parquet(tmp_path / "built" / "catalogue.parquet")
    assert catalogue.filter(pl.col("source_id") > 40)["feh"].count() > 25
    sample = pl.read_csv(tmp_path / "built" / "sample.csv")
    left_out = sample.filter(~pl.col("taken"))["reason"]
    assert set(left_out) == {"no light curve"}
    calibrators = pl.read_parquet(tmp_path / "built" / "calibrators.parquet")
    assert calibrators.height == 40 - len(left_out)


def test_what_the_spectra_do_not_say_of_a_star_the_archive_says(
    toy_survey: Path, tmp_path: Path
) -> None:
    train_estimators(Request(toy_survey, tmp_path / "trained"))
    calibrators = pl.read_parquet(tmp_path / "trained" / "calibrators.parquet")
    assert set(calibrators["pulsation_type"].drop_nulls()) == {"RRab", "RRc", "RRd"}


def test_without_calibrators_training_is_refused(tmp_path: Path) -> None:
    recipe = write_survey(tmp_path / "survey", n_stars=10)
    with pytest.raises(RecipeError, match="no calibrators") as caught:
        train_estimators(Request(recipe, tmp_path / "trained"))
    assert "[calibration]" in str(caught.value)


def test_an_estimator_that_learns_is_refused_before_any_fit_where_nothing_teaches_it(
    toy_survey: Path, tmp_path: Path
) -> None:
    text = toy_survey.read_text()
    toy_survey.write_text(text[: text.index("[calibration]")])
    with pytest.raises(RecipeError, match="learns from calibrators"):
        build_catalogue(Request(toy_survey, tmp_path / "built"))
    assert not (tmp_path / "built" / "parts").exists()


def test_a_bundle_damaged_after_the_build_is_not_blessed(toy_survey: Path, tmp_path: Path) -> None:
    build_catalogue(Request(toy_survey, tmp_path / "built"))
    (tmp_path / "built" / "bundles" / "toy-line" / "golden.parquet").unlink()
    with pytest.raises(BundleError, match=r"misses golden\.parquet"):
        build_catalogue(Request(toy_survey, tmp_path / "built"))


def test_an_interrupted_training_finds_its_checkpoints_again(
    toy_survey: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = sys.modules["toy_line"].Line
    inner = line._fit

    def killed(self, *args, **kwargs):
        (self.checkpoints / "epoch.bin").write_bytes(b"half")
        raise KeyboardInterrupt

    def resumed(self, *args, **kwargs):
        assert (self.checkpoints / "epoch.bin").read_bytes() == b"half"
        return inner(self, *args, **kwargs)

    monkeypatch.setattr(line, "_fit", killed)
    with pytest.raises(KeyboardInterrupt):
        train_estimators(Request(toy_survey, tmp_path / "trained"))
    assert (tmp_path / "trained" / "checkpoints" / "toy-line" / "epoch.bin").exists()
    monkeypatch.setattr(line, "_fit", resumed)
    train_estimators(Request(toy_survey, tmp_path / "trained"))
    assert not (tmp_path / "trained" / "checkpoints").exists()
