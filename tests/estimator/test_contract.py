import dataclasses
import sys

import polars as pl
import pytest

from rrcat import schema
from rrcat.errors import PluginError, RecipeError
from rrcat.estimator import StarBatch
from rrcat.estimator.bundle import load_bundle, save_bundle


def test_every_star_gets_a_value_or_a_reason(model, batch):
    more = pl.DataFrame(
        {"source_id": [7, 8], "period": [0.5, 0.3], "pulsation_type": ["RRab", "RRc"]}
    )
    asked = StarBatch(pl.concat([more, batch.stars]), features=batch.features)
    predictions = model.predict(asked)
    schema.check(predictions, schema.load("predictions"))
    assert predictions["source_id"].to_list() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert predictions["status"].to_list() == [
        *["ok"] * 6,
        "no_light_curve",
        "unsupported_pulsation_type",
    ]
    assert predictions["feh"][0] == pytest.approx(-3 * 0.45)
    assert predictions["estimator"].unique().to_list() == ["toy-line"]


def test_the_model_is_given_rows_of_its_own_bands_only(model, batch, monkeypatch):
    given = []
    inner = type(model)._predict

    def spy(self, batch):
        given.append(batch.features["band"].unique().to_list())
        return inner(self, batch)

    monkeypatch.setattr(type(model), "_predict", spy)
    model.predict(batch)
    assert given == [["G"]]


def test_the_bands_of_the_spec_hold_where_the_model_names_none(model, batch, monkeypatch):
    monkeypatch.setattr(type(model), "bands", None)
    with pytest.raises(PluginError, match="gave twice 12 of the 6 stars"):  # G and I
        model.predict(batch)


def test_no_stars_give_an_empty_frame_of_the_right_types(model, batch):
    predictions = model.predict(batch.only([]))
    assert predictions.schema == schema.load("predictions").polars_schema
    assert predictions.height == 0


def test_the_author_is_not_called_for_nothing(model, batch, monkeypatch):
    monkeypatch.setattr(type(model), "_predict", lambda self, batch: 1 / 0)
    unknown = batch.stars.with_columns(pulsation_type=pl.lit(None, pl.String))
    predictions = model.predict(StarBatch(unknown, features=batch.features))
    assert predictions["status"].unique().to_list() == ["no_pulsation_type"]


def test_an_exception_of_a_model_names_plugin_and_stars(model, batch, monkeypatch):
    monkeypatch.setattr(type(model), "_predict", lambda self, batch: 1 / 0)
    with pytest.raises(PluginError, match="failed on 6 stars: ZeroDivisionError") as caught:
        model.predict(batch)
    assert caught.value.where == {"plugin": "toy-line", "star": "1 to 6"}


def test_a_batch_without_the_table_it_reads_is_refused(model, batch):
    with pytest.raises(PluginError, match="reads features, which the batch does not hold"):
        model.predict(StarBatch(batch.stars))


def test_an_exception_while_learning_names_the_plugin(line, batch, calibrators, monkeypatch):
    monkeypatch.setattr(line, "_fit", lambda self, *args, **kwargs: 1 / 0)
    with pytest.raises(PluginError, match="failed to learn: ZeroDivisionError"):
        line().fit(batch, calibrators)


def test_something_that_is_no_model_is_refused(line, batch, calibrators, monkeypatch):
    monkeypatch.setattr(line, "_fit", lambda self, *args, **kwargs: {"slope": 1})
    with pytest.raises(PluginError, match="gave a dict instead of a Model"):
        line().fit(batch, calibrators)


def test_a_model_that_exits_does_not_end_the_run_in_silence(model, batch, monkeypatch):
    monkeypatch.setattr(type(model), "_predict", lambda self, batch: sys.exit(0))
    with pytest.raises(PluginError, match="failed on 6 stars: SystemExit: 0"):
        model.predict(batch)


def test_what_an_author_prints_does_not_reach_stdout(line, model, batch, calibrators, capsys):
    class Loud(line):
        def _fit(self, *args, **more):
            print("fitting")
            return super()._fit(*args, **more)

        def _load(self, folder):
            print("loading")
            return super()._load(folder)

    def predict(batch):
        print("predicting")
        return type(model)._predict(learned, batch)

    learned = Loud().fit(batch, calibrators)
    learned._predict = predict
    learned.predict(batch)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "fitting\npredicting\n"


def test_what_an_author_prints_on_loading_and_saving_does_not_reach_stdout(
    line, model, batch, registry, tmp_path, monkeypatch, capsys
):
    def loud(name, method):
        def told(*args):
            print(name)
            return method(*args)

        return told

    monkeypatch.setattr(type(model), "_save", loud("saving", type(model)._save))
    monkeypatch.setattr(line, "_load", loud("loading", line._load))
    save_bundle(
        model,
        tmp_path / "bundle",
        golden=batch,
        seed=0,
        settings={},
        training_set_sha256="",
        metrics={},
    )
    load_bundle(tmp_path / "bundle", registry)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "saving\nloading\n"


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_that_libraries_do_not_take_is_refused(line, batch, calibrators, seed):
    with pytest.raises(RecipeError, match=f"the seed {seed} is not from 0 to 4294967295"):
        line().fit(batch, calibrators, seed=seed)
    line().fit(batch, calibrators, seed=2**32 - 1)


def test_a_model_draws_nothing_unless_its_author_does(model, monkeypatch):
    assert model.plots() == {}
    monkeypatch.setattr(type(model), "_plots", lambda self: 1 / 0)
    with pytest.raises(PluginError, match="failed to draw what it learned: ZeroDivisionError"):
        model.plots()


def test_features_it_does_not_read_say_why_a_star_has_no_sequence(model, batch, monkeypatch):
    model.spec = dataclasses.replace(model.spec, inputs=frozenset({"sequences"}))
    monkeypatch.setattr(model, "needs", ())
    empty = schema.load("sequences").empty()
    short = batch.features.with_columns(fit_status=pl.lit("too_few_epochs"))
    told = model.predict(StarBatch(batch.stars, features=short, sequences=empty))
    assert set(told["status"]) == {"too_few_epochs"}
    alone = model.predict(StarBatch(batch.stars, sequences=empty))
    assert set(alone["status"]) == {"no_light_curve"}


def test_a_model_is_not_given_features_it_does_not_read(model, batch, monkeypatch):
    model.spec = dataclasses.replace(model.spec, inputs=frozenset({"sequences"}))
    shown = []

    def predict(batch):
        shown.append(set(batch.frames()))
        return batch.stars.select("source_id", feh=pl.lit(-1.0), feh_error=pl.lit(0.2))

    monkeypatch.setattr(model, "_predict", predict)
    folded = schema.conform(
        batch.stars.select(
            "source_id", "period", band=pl.lit("G"), n_points=1, mean_mag=15.0,
            phase=pl.lit([0.5]), mag=pl.lit([0.1]),
        ),
        schema.load("sequences"),
    )  # fmt: skip
    told = model.predict(StarBatch(batch.stars, features=batch.features, sequences=folded))
    assert set(told["status"]) == {"ok"}
    assert shown == [{"stars", "sequences"}]
