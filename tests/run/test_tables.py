"""Sequences are made where an estimator reads them, and reach it in every command."""

import json
import sys
import types
from importlib.machinery import ModuleSpec

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rrcat.errors import RecipeError
from rrcat.estimator import Estimator, Model
from rrcat.estimator.loading import Plugin
from rrcat.estimator.registry import Registry
from rrcat.plugin import EstimatorSpec
from rrcat.run.build import build_catalogue
from rrcat.run.calibrators import read_calibrator_batch
from rrcat.run.evaluate import evaluate_estimators
from rrcat.run.train import train_estimators
from rrcat.run.workspace import Request

SPEC = EstimatorSpec(
    id="toy-folded",
    version="1.0.0",
    api=1,
    factory="toy_folded:Folded",
    inputs=frozenset({"sequences"}),
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="The mean [Fe/H], and a little of the brightest point",
)


class FoldedModel(Model):
    scale = "C21"

    def __init__(self, mean):
        self.mean = mean

    def _predict(self, batch):
        assert set(batch.frames()) == {"stars", "sequences"}
        feh = self.mean + pl.col("mag").list.min()
        return batch.sequences.filter(band="G").select("source_id", feh=feh, feh_error=0.3)

    def _save(self, folder):
        (folder / "mean.json").write_text(json.dumps(self.mean))


class Folded(Estimator):
    spec = SPEC

    def _fit(self, batch, calibrators, *, seed, progress):
        assert set(batch.sequences["source_id"]) == set(calibrators["source_id"])
        return FoldedModel(float(calibrators["feh"].mean()))

    def _load(self, folder):
        return FoldedModel(json.loads((folder / "mean.json").read_text()))


@pytest.fixture
def folded(survey, monkeypatch):
    """The recipe of a survey whose only estimator reads sequences."""
    module = types.ModuleType("toy_folded")
    module.Folded, module.__spec__ = Folded, ModuleSpec("toy_folded", None)
    monkeypatch.setitem(sys.modules, "toy_folded", module)
    registry = Registry((Plugin("toy", "rrcat-toy", "1.0.0", "toy.plugin", specs=[SPEC]),))
    for place in ("rrcat.run.workspace", "rrcat.run.folds", "rrcat.estimator.bundle"):
        monkeypatch.setattr(f"{place}.discover", lambda: registry)
    text = survey.read_text().replace('"literature-relations"', '"toy-folded"')
    survey.write_text(text.replace('params = { relations = ["muraveva25"] }\n', ""))
    return survey


def content(folder):
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_build_folds_light_curves_for_who_reads_them_whatever_the_partitions(folded, tmp_path):
    build_catalogue(Request(folded, tmp_path / "one", workers=1))
    build_catalogue(Request(folded, tmp_path / "two", workers=1, partition_size=9))
    one, two = (pl.read_parquet(tmp_path / name / "catalogue.parquet") for name in ("one", "two"))
    assert_frame_equal(one, two, check_exact=True)
    assert one["feh"].count() > 60
    assert set(one["feh_status"]) >= {"ok", "no_light_curve"}
    assert content(tmp_path / "one" / "bundles") == content(tmp_path / "two" / "bundles")


def test_a_build_trains_the_bundle_that_is_trained_alone(folded, tmp_path):
    train_estimators(Request(folded, tmp_path / "trained", workers=1))
    build_catalogue(Request(folded, tmp_path / "built", workers=1, partition_size=9))
    bundles = content(tmp_path / "trained" / "bundles")
    assert bundles == content(tmp_path / "built" / "bundles")
    assert "toy-folded/golden_sequences.parquet" in bundles


def test_the_folds_of_an_evaluation_are_given_sequences(folded, tmp_path):
    evaluate_estimators(Request(folded, tmp_path / "out", workers=1))
    predictions = pl.read_parquet(tmp_path / "out" / "predictions.parquet")
    assert predictions["feh"].count() > 0.7 * predictions.height
    batch = read_calibrator_batch(tmp_path / "out")
    assert batch.sequences["source_id"].is_in(batch.stars["source_id"].implode()).all()


def test_nothing_is_folded_where_nobody_reads_it(survey, tmp_path):
    build_catalogue(Request(survey, tmp_path / "out", workers=1))
    assert not (tmp_path / "out" / "parts" / "sequences").exists()


def features_of_the_archive(recipe):
    """Let the archive give features, in which nothing tells where a phase begins."""
    folder = recipe.parent
    pl.read_csv(folder / "stars.csv").select(
        "source_id", "period", a1=pl.lit(0.3), phi31=pl.lit(2.0)
    ).drop_nulls().write_parquet(folder / "features.parquet")
    mapping = """
[archive.features]
file = "features.parquet"
phase_convention = "cosine"

[archive.features.columns]
source_id = "source_id"
band = { value = "G" }
period = "period"
a1 = "a1"
phi31 = "phi31"

"""
    text = recipe.read_text()
    place = text.index("[[estimator]]")
    recipe.write_text(text[:place] + mapping + text[place:])


def test_where_the_archive_has_features_light_curves_are_fitted_to_be_folded(folded, tmp_path):
    build_catalogue(Request(folded, tmp_path / "fitted", workers=1))
    features_of_the_archive(folded)
    build_catalogue(Request(folded, tmp_path / "given", workers=1))
    folders = [tmp_path / name / "parts" / "sequences" for name in ("fitted", "given")]
    fitted, given = (pl.read_parquet(sorted(folder.glob("*.parquet"))) for folder in folders)
    assert_frame_equal(fitted, given, check_exact=True)
    features = pl.read_parquet(tmp_path / "given" / "features.parquet")
    assert features["reference_time"].null_count() == features.height


def test_an_archive_of_features_alone_is_refused_before_any_work(folded, tmp_path):
    features_of_the_archive(folded)
    text = folded.read_text()
    start = text.index("[archive.light_curves]")
    folded.write_text(text[:start] + text[text.index("[archive.features]") :])
    with pytest.raises(RecipeError, match="'toy-folded' reads sequences") as caught:
        build_catalogue(Request(folded, tmp_path / "out", workers=1))
    assert caught.value.where["key"] == "archive.light_curves"
    assert not (tmp_path / "out" / "parts").exists()
