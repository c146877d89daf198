"""Each check, on an estimator that breaks it."""

import itertools
import json
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import pytest
from pydantic import Field

from rrcat.estimator import Params, StarBatch
from rrcat.testing import CHECKS


def test_a_sound_estimator_passes_every_check(toy, failures):
    assert failures(toy()) == {}


def test_every_check_says_what_it_claims():
    assert all(check.__doc__ and check.__doc__.endswith(".") for check in CHECKS.values())


def test_every_check_is_broken_here():
    files = Path(__file__).parent.glob("test_*checks.py")
    text = "".join(file.read_text(encoding="utf-8") for file in files)
    assert [name for name in CHECKS if f'"{name}"' not in text] == []


def test_a_lost_star_is_caught(toy, predict, failures):
    spec = toy({"_predict": lambda self, batch: predict(self, batch).slice(1)})
    assert "lost 1 of" in failures(spec)["basic"]


def test_a_star_lost_outside_the_contract_is_caught(toy, failures):
    model = toy.model
    spec = toy({"predict": lambda self, batch: model.predict(self, batch).slice(1)})
    assert "not those that were asked for" in failures(spec)["every_star_has_one_row"]


def test_a_model_that_gives_up_is_caught(toy, failures):
    spec = toy(
        {
            "_predict": lambda self, batch: batch.stars.select(
                "source_id", status=pl.lit("missing_features")
            )
        }
    )
    failed = failures(spec)
    assert failed["every_supported_type_gets_values"] == "only 0% of the RRab get a value"
    assert "nothing can be checked" in failed["errors_are_honest"]


def test_a_type_that_is_promised_and_not_given_is_caught(toy, predict, failures):
    def only_rrab(self, batch):
        kinds = batch.stars.select("source_id", "pulsation_type")
        rrab = pl.col("pulsation_type") == "RRab"
        answer = predict(self, batch).join(kinds, on="source_id")
        return answer.select(
            "source_id",
            *(pl.when(rrab).then(pl.col(n)).alias(n) for n in answer.columns if "feh" in n),
            status=pl.when(rrab).then(pl.lit("ok")).otherwise(pl.lit("missing_features")),
        )

    spec = toy({"_predict": only_rrab}, pulsation_types=frozenset({"RRab", "RRc"}))
    assert failures(spec) == {"every_supported_type_gets_values": "only 0% of the RRc get a value"}


def test_an_unknown_scale_is_caught(toy, failures):
    def fit(self, *args, **kwargs):
        model = toy.estimator._fit(self, *args, **kwargs)
        model.scale = "solar"
        return model

    assert "'solar' is none of" in failures(toy(estimator={"_fit": fit}))["scale_is_known"]


def test_values_in_another_unit_are_caught(toy, predict, failures):
    spec = toy(
        {
            "_predict": lambda self, batch: predict(self, batch).select(
                "source_id", feh=10 ** pl.col("feh") * 100 + 2, feh_error=pl.lit(3.0)
            )
        }
    )
    assert "dex off" in failures(spec)["values_are_metallicities"]


@pytest.mark.parametrize("error", [1e-4, 50.0])
def test_absurd_errors_are_caught(toy, predict, error, failures):
    spec = toy(
        {
            "_predict": lambda self, batch: predict(self, batch).select(
                "source_id", "feh", feh_error=pl.lit(error)
            )
        }
    )
    assert list(failures(spec)) == ["errors_are_honest"]


def test_percentiles_out_of_order_are_caught(toy, predict, failures):
    spec = toy(
        {
            "_predict": lambda self, batch: predict(self, batch).rename(
                {"feh_p16": "feh_p84", "feh_p84": "feh_p16"}
            )
        }
    )
    assert "percentiles out of order" in failures(spec)["basic"]


def test_percentiles_out_of_order_outside_the_contract_are_caught(toy, failures):
    model = toy.model
    spec = toy(
        {
            "predict": lambda self, batch: model.predict(self, batch).with_columns(
                feh_p16=pl.col("feh") + 0.1
            )
        }
    )
    assert list(failures(spec)) == ["percentiles_are_ordered"]


def test_learning_that_ignores_the_seed_is_caught(toy, failures):
    turn = itertools.count()

    def fit(self, *args, **kwargs):
        model = toy.estimator._fit(self, *args, **kwargs)
        model.constant += 1e-9 * next(turn)
        return model

    failed = failures(toy(estimator={"_fit": fit}))
    assert set(failed) == {"the_same_seed_gives_the_same_model", "a_bundle_has_the_same_bytes"}
    assert failures(toy(estimator={"_fit": fit}, deterministic=False)) == {}


def test_a_bundle_that_forgets_is_caught(toy, failures):
    def save(self, folder):
        content = {
            "scale": self.scale,
            "slope": float(np.float32(self.slope)),
            "constant": self.constant,
        }
        (folder / "line.json").write_text(json.dumps(content))

    failed = failures(toy({"_save": save}))
    assert list(failed) == ["a_bundle_brings_the_model_back"]


def test_a_bundle_with_a_date_is_caught(toy, failures):
    turn = itertools.count()
    inner = toy.model._save

    def save(self, folder):
        inner(self, folder)
        (folder / "date.txt").write_text(str(next(turn)))

    failed = failures(toy({"_save": save}))
    assert failed == {"a_bundle_has_the_same_bytes": "other bytes in bundle.toml, weights/date.txt"}


def test_a_pickle_in_a_bundle_is_caught(toy, failures):
    failed = failures(toy({"_save": lambda self, folder: (folder / "model.pkl").write_bytes(b"")}))
    assert "nothing that runs code" in failed["a_bundle_brings_the_model_back"]


def test_parameters_swallowed_are_caught(toy, failures):
    from pydantic import BaseModel

    class Lax(BaseModel):
        error: float = 0.4

    failed = failures(toy(estimator={"Params": Lax}))
    assert list(failed) == ["unknown_parameters_are_refused"]


def test_values_for_unsupported_types_and_bands_are_caught(toy, failures):
    model = toy.model

    def predict(self, batch):
        anything = pl.lit("RRab")
        frames = {
            "stars": batch.stars.with_columns(pulsation_type=anything),
            "features": batch.features.with_columns(
                band=pl.col("band").str.replace("no_such_band", "G")
            ),
        }
        return model.predict(self, StarBatch(**frames))

    failed = failures(toy({"predict": predict}))
    assert failed["unsupported_types_have_a_reason"] == "stars of type RRd got ok"
    assert failed["unsupported_bands_have_a_reason"] == "stars in an unknown band got ok"


class Choosing(Params):
    error: float = 0.4
    predictors: dict[str, tuple[Literal["period", "phi31", "a1"], ...]] = Field({})


def chosen(self, batch, calibrators, *, seed, progress):
    """Learn the mean of a1 besides the line where a1 is among the predictors, or always."""
    model = super(type(self), self)._fit(batch, calibrators, seed=seed, progress=progress)
    names = self.always or self.params.predictors.get("RRab", ())
    if "a1" in names:
        model.constant += float(batch.features["a1"].fill_null(0.0).mean())
    return model


CHOOSING = {
    "Params": Choosing,
    "selectable": ("period", "phi31", "a1"),
    "always": (),
    "_fit": chosen,
}


def test_an_estimator_whose_predictors_can_be_set_is_sound(toy, failures):
    assert failures(toy(estimator=CHOOSING)) == {}


def test_a_predictor_that_is_used_without_being_set_is_caught(toy, failures):
    failed = failures(toy(estimator={**CHOOSING, "always": ("a1",)}))
    assert list(failed) == ["predictors_can_be_set"]
    assert (
        "where all of selectable but period and phi31 are null" in failed["predictors_can_be_set"]
    )


def test_predictors_without_the_parameter_are_caught(toy, failures):
    failed = failures(toy(estimator={"selectable": ("period", "a1")}))
    assert "has no parameter 'predictors'" in failed["predictors_can_be_set"]


def test_predictors_that_do_not_exist_are_caught(toy, failures):
    class Lax(Choosing):
        predictors: dict[str, tuple[str, ...]] = Field({})

    failed = failures(toy(estimator={**CHOOSING, "Params": Lax}))
    assert failed == {"predictors_can_be_set": "the predictor 'no_such_column' was accepted"}


def test_columns_to_choose_from_that_are_no_features_are_caught(toy, failures):
    failed = failures(toy(estimator={**CHOOSING, "selectable": ("period", "colour")}))
    assert "no number among the features" in failed["predictors_can_be_set"]
