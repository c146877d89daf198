import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from rrcat_xgboost.estimator import FourierXGBoost
from rrcat_xgboost.plugin import SPEC

from rrcat.errors import PluginError, RecipeError
from rrcat.estimator import StarBatch, load_bundle, save_bundle
from rrcat.estimator.registry import discover
from rrcat.testing import assert_conforms, synthetic_batch

QUICK = {"n_trials": 2, "max_rounds": 50, "n_boosters": 2}


@pytest.fixture(scope="module")
def stars():
    return synthetic_batch(150, seed=3, bands=["G"])


@pytest.fixture(scope="module")
def model(stars):
    return FourierXGBoost(QUICK).fit(*stars, seed=1)


def with_features(batch, *expressions):
    return StarBatch(batch.stars, features=batch.features.with_columns(*expressions))


def rmse(predictions, calibrators):
    both = predictions.join(calibrators, on="source_id", suffix="_true")
    return float(np.sqrt(((both["feh"] - both["feh_true"]) ** 2).mean()))


def test_the_contract_is_kept():
    assert_conforms(SPEC, QUICK)


def test_unseen_stars_get_their_metallicity(model):
    unseen, truth = synthetic_batch(300, seed=4, bands=["G"])
    predictions = model.predict(unseen)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, truth) < 0.30


def test_errors_cover_two_thirds_of_unseen_stars(model):
    unseen, truth = synthetic_batch(600, seed=5, bands=["G"])
    both = model.predict(unseen).join(truth, on="source_id", suffix="_true")
    within = ((both["feh"] - both["feh_true"]).abs() <= both["feh_error"]).mean()
    assert 0.60 < within < 0.78


def test_errors_grow_where_the_shape_is_uncertain(model, stars):
    batch, _ = stars
    errors = [pl.col(f"a{k}_error") * 10 for k in range(1, 9)]
    errors += [pl.col(f"phi{k}1_error") * 10 for k in range(2, 9)]
    none = pl.lit(None, batch.features.schema["covariance"]).alias("covariance")
    sure = model.predict(with_features(batch, none))
    unsure = model.predict(with_features(batch, none, *errors))
    assert (unsure["feh_error"] > sure["feh_error"]).mean() > 0.95


def test_three_calibrators_are_too_few_and_the_error_says_so(stars):
    batch, calibrators = stars
    with pytest.raises(PluginError, match=r"2 RRab, 1 RRc with a fit in G.* needs 10") as caught:
        FourierXGBoost(QUICK).fit(batch, calibrators[:3])
    assert "more calibrators" in caught.value.hint


def test_a_type_with_too_few_calibrators_gets_no_values(stars):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    predictions = FourierXGBoost(QUICK).fit(batch, rrab).predict(batch)
    status = predictions.join(batch.stars, on="source_id")
    assert set(status.filter(pl.col("pulsation_type") == "RRab")["status"]) == {"ok"}
    silent = status.filter(pl.col("pulsation_type") == "RRc")
    assert set(silent["status"]) == {"unsupported_pulsation_type"}


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_harmonics_that_are_null_everywhere_do_no_harm(stars, nothing):
    batch, calibrators = stars
    gone = [f"{name}{end}" for name in ("a4", "a5", "phi41", "phi51") for end in ("", "_error")]
    bare = with_features(
        batch,
        *(pl.lit(nothing, pl.Float64).alias(name) for name in gone),
        pl.lit(None, batch.features.schema["covariance"]).alias("covariance"),
    )
    predictions = FourierXGBoost(QUICK).fit(bare, calibrators).predict(bare)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, calibrators) < 0.25


def test_a_feature_that_is_constant_does_no_harm(stars):
    batch, calibrators = stars
    flat = with_features(batch, pl.lit(0.1).alias("a2"), pl.lit(0.02).alias("a1_error"))
    predictions = FourierXGBoost(QUICK).fit(flat, calibrators).predict(flat)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, calibrators) < 0.30


def test_unknown_errors_do_no_harm(stars):
    batch, calibrators = stars
    names = [name for name in batch.features.columns if name.endswith("_error")]
    bare = with_features(
        batch,
        *(pl.lit(None, pl.Float64).alias(name) for name in names),
        pl.lit(None, batch.features.schema["covariance"]).alias("covariance"),
    )
    predictions = FourierXGBoost(QUICK).fit(bare, calibrators).predict(bare)
    assert rmse(predictions, calibrators) < 0.30


def test_a_star_unlike_all_calibrators_is_marked_and_stays_within_reason(model, stars):
    batch, _ = stars
    odd = model.predict(with_features(batch, pl.lit(5.0).alias("period")))
    assert odd["extrapolated"].all()
    assert odd["feh"].is_between(-5.0, 2.0).all()


def test_a_star_without_any_harmonic_has_a_reason(model, stars):
    batch, _ = stars
    empty = with_features(batch, *(pl.lit(None, pl.Float64).alias(f"a{k}") for k in range(1, 9)))
    assert set(model.predict(empty)["status"]) == {"missing_features"}


def test_it_learns_in_the_band_with_most_calibrators():
    batch, calibrators = synthetic_batch(60, seed=6, bands=["G", "V"])
    rows = batch.features.with_row_index()
    fewer = rows.filter((pl.col("band") == "V") | (pl.col("index") > 20)).drop("index")
    some = StarBatch(batch.stars, features=fewer)
    assert FourierXGBoost(QUICK).fit(some, calibrators).bands == {"V"}
    assert FourierXGBoost(QUICK | {"band": "G"}).fit(some, calibrators).bands == {"G"}
    with pytest.raises(PluginError, match="no calibrator has a fit in the band 'I'") as caught:
        FourierXGBoost(QUICK | {"band": "I"}).fit(some, calibrators)
    assert caught.value.hint == "they have fits in G, V"


def test_a_label_with_a_large_error_counts_for_little(stars):
    batch, calibrators = stars
    wrong = pl.col("source_id") % 5 == 0
    spoilt = calibrators.with_columns(
        feh=pl.when(wrong).then(pl.col("feh") - 1.0).otherwise("feh"),
        feh_error=pl.when(wrong).then(5.0).otherwise("feh_error"),
    )
    predictions = FourierXGBoost(QUICK).fit(batch, spoilt).predict(batch)
    assert abs((predictions["feh"] - calibrators["feh"]).mean()) < 0.05


def test_the_account_tells_what_matters(model):
    account = model.accounts["RRab"]
    assert account.n == 100
    assert sum(account.relations.values()) == pytest.approx(1.0)
    ranked = sorted(account.importances, key=account.importances.__getitem__, reverse=True)
    assert {"period", "phi31"} <= set(ranked[:4])


@pytest.mark.parametrize("params", [{"n_trees": 3}, {"n_trials": 0}, {"max_rounds": 1}])
def test_unknown_and_impossible_parameters_are_refused(params):
    with pytest.raises(RecipeError):
        FourierXGBoost(params)


def test_a_bundle_keeps_everything(model, stars, tmp_path):
    batch, _ = stars
    for name in ("one", "other"):
        save_bundle(
            model,
            tmp_path / name,
            golden=StarBatch(batch.stars, features=batch.features).only([1_000, 1_014]),
            seed=1,
            settings={},
            training_set_sha256="",
            metrics={},
        )
    loaded = load_bundle(tmp_path / "one", discover())
    assert loaded.predict(batch).equals(model.predict(batch))
    assert loaded.accounts == model.accounts
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert {path.suffix for path in files} <= {".json", ".ubj", ".parquet", ".toml"}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes()


def test_any_partition_gives_the_same_bits(model):
    batch, _ = synthetic_batch(97, seed=7, bands=["G"])
    whole = model.predict(batch)
    for size in (1, 7, 50):
        ids = batch.stars["source_id"]
        parts = [model.predict(batch.only(ids[i : i + size])) for i in range(0, len(ids), size)]
        assert pl.concat(parts).equals(whole)


LEARN = """
import hashlib
from rrcat.testing import synthetic_batch
from rrcat_xgboost.estimator import FourierXGBoost
batch, calibrators = synthetic_batch(240, seed=8, bands=["G"])
model = FourierXGBoost({"n_trials": 2, "max_rounds": 50}).fit(batch, calibrators, seed=2)
print(hashlib.sha256(model.predict(batch).write_csv().encode()).hexdigest())
"""


def test_one_thread_and_two_learn_the_same(monkeypatch):
    printed = []
    for threads in ("1", "2"):
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
            monkeypatch.setenv(name, threads)
        command = [sys.executable, "-c", LEARN]
        printed.append(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert printed[0] == printed[1]


def test_errors_beyond_all_bounds_say_that_nothing_is_known(model, stars):
    batch, _ = stars
    names = [name for name in batch.features.columns if name.endswith("_error") and name[0] in "ap"]
    silent = pl.lit(None, batch.features.schema["covariance"]).alias("covariance")
    star = pl.col("source_id") == batch.stars["source_id"][0]
    wild = [pl.when(star).then(1e200).otherwise(name).alias(name) for name in names]
    none = [pl.when(star).then(pl.lit(100.0)).otherwise(name).alias(name) for name in names]
    given = model.predict(with_features(batch, silent, *wild))
    assert set(given["status"]) == {"ok"}
    asked = model.predict(with_features(batch, silent, *none))
    assert abs(given["feh"][0] - asked["feh"][0]) < 0.01
    assert given[1:].equals(asked[1:])
