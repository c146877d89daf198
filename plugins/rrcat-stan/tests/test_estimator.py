import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from rrcat_stan.estimator import BayesRelation
from rrcat_stan.plugin import SPEC

from rrcat.errors import BundleError, FrameError, PluginError
from rrcat.estimator import StarBatch, load_bundle, save_bundle
from rrcat.estimator.registry import discover
from rrcat.harmonic import pack_covariance
from rrcat.testing import assert_conforms, synthetic_batch

QUICK = {"sampler": {"chains": 2, "warmup": 400, "draws": 500}}


@pytest.fixture(scope="module")
def stars():
    return synthetic_batch(120, seed=3, bands=["G"])


@pytest.fixture(scope="module")
def model(stars, cmdstan):
    return BayesRelation(QUICK).fit(*stars, seed=1)


@pytest.fixture(scope="module")
def bundle(model, stars, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bundles") / "bayes-relation"
    batch, _ = stars
    golden = StarBatch(batch.stars, features=batch.features).only(batch.stars["source_id"][:9])
    save_bundle(
        model, folder, golden=golden, seed=1, settings={}, training_set_sha256="", metrics={}
    )
    return folder


def with_features(batch, *expressions):
    return StarBatch(batch.stars, features=batch.features.with_columns(*expressions))


def no_covariance(batch):
    return pl.lit(None, batch.features.schema["covariance"]).alias("covariance")


def learn(batch, calibrators, **params):
    return BayesRelation({**QUICK, **params}).fit(batch, calibrators)


def rmse(predictions, calibrators):
    both = predictions.join(calibrators, on="source_id", suffix="_true")
    return float(np.sqrt(((both["feh"] - both["feh_true"]) ** 2).mean()))


def test_the_contract_is_kept(cmdstan):
    assert_conforms(SPEC, QUICK)


def test_unseen_stars_get_their_metallicity_with_honest_errors(model):
    unseen, truth = synthetic_batch(400, seed=4, bands=["G"])
    predictions = model.predict(unseen)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, truth) < 0.22
    both = predictions.join(truth, on="source_id", suffix="_true")
    # What is to be covered has an error of its own, 0.1 dex.
    error = (both["feh_error"] ** 2 + 0.1**2).sqrt()
    assert 0.60 < ((both["feh"] - both["feh_true"]).abs() <= error).mean() < 0.80


def test_the_slopes_are_those_the_stars_were_made_with(model):
    told = model.relations["RRab"].account["parameters"]
    for name, true in (("period", -5.55), ("phi31", 0.94)):
        assert abs(told[name]["mean"] - true) < 3.0 * told[name]["sd"], name


def test_what_an_archive_gives_without_covariances_is_enough(stars, cmdstan):
    batch, calibrators = stars
    bare = with_features(batch, no_covariance(batch))
    assert rmse(learn(bare, calibrators).predict(bare), calibrators) < 0.25


def test_a_star_with_larger_errors_has_a_larger_error(model, stars):
    batch, _ = stars
    bare = no_covariance(batch)
    tenfold = [(pl.col(f"{n}_error") * 10).alias(f"{n}_error") for n in ("phi31", "phi21", "a2")]
    sure = model.predict(with_features(batch, bare))
    unsure = model.predict(with_features(batch, bare, *tenfold))
    assert (unsure["feh_error"] > sure["feh_error"]).all()


def test_a_companion_that_is_missing_is_done_without(model, stars):
    batch, calibrators = stars
    gone = with_features(batch, pl.lit(None, pl.Float64).alias("phi21"))
    predictions = model.predict(gone)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, calibrators) < 0.25


@pytest.mark.parametrize(
    ("gone", "status"), [("phi31", "missing_features"), ("phi31_error", "uncertain_features")]
)
def test_a_predictor_or_its_error_that_is_missing_is_the_reason(model, stars, gone, status):
    batch, _ = stars
    hollow = with_features(batch, pl.lit(None, pl.Float64).alias(gone), no_covariance(batch))
    assert set(model.predict(hollow)["status"]) == {status}


def test_a_covariance_that_is_none_is_a_reason_and_spoils_no_other_star(model, stars):
    batch, _ = stars
    rrab = batch.stars.filter(pl.col("pulsation_type") == "RRab")["source_id"]
    odd = np.diag(np.full(16, 1e-4))
    odd[10, 9] = odd[9, 10] = 5.0  # phi31 and phi21
    packed = pl.lit(pack_covariance(odd).tolist(), batch.features.schema["covariance"])
    first = pl.col("source_id") == rrab[0]
    one = with_features(
        batch, pl.when(first).then(packed).otherwise("covariance").alias("covariance")
    )
    spoilt, sound = model.predict(one), model.predict(batch)
    assert spoilt.filter(first)["status"].to_list() == ["estimator_failed"]
    assert spoilt.filter(~first).equals(sound.filter(~first))


def test_the_line_at_the_measured_values_is_given_where_it_is_wanted(stars, model):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    asked = learn(batch, rrab, plug_in=True).predict(batch.only(rrab["source_id"]))
    assert asked["feh_plug_in"].is_not_null().all()
    # The spread that errors give the measured values, the expectation has not.
    assert asked["feh_plug_in"].std() > asked["feh"].std()
    assert model.predict(batch)["feh_plug_in"].is_null().all()


def test_a_star_unlike_all_calibrators_has_a_value_and_a_flag(model, stars):
    batch, _ = stars
    odd = model.predict(with_features(batch, pl.col("period") + 0.6))
    assert odd["extrapolated"].all()
    assert odd["feh"].is_not_null().all()
    assert not model.predict(batch)["extrapolated"].any()


def test_a_companion_unlike_those_of_all_calibrators_is_flagged(model, stars):
    batch, _ = stars
    rrab = batch.only(batch.stars.filter(pl.col("pulsation_type") == "RRab")["source_id"])
    turned = with_features(rrab, pl.col("phi21") + 1.5)
    assert model.predict(turned)["extrapolated"].all()


def test_an_outlier_pulls_at_a_normal_scatter_but_not_at_a_robust_one(stars, cmdstan):
    batch, calibrators = stars
    wrong = pl.col("source_id").is_in(calibrators.filter(pl.col("pulsation_type") == "RRab")
                                      ["source_id"][:4].to_list())  # fmt: skip
    spoilt = calibrators.with_columns(feh=pl.when(wrong).then(pl.col("feh") + 2.5).otherwise("feh"))
    rrab = batch.only(calibrators.filter(pl.col("pulsation_type") == "RRab")["source_id"])
    sound = learn(rrab, calibrators).relations["RRab"].account["parameters"]
    shift = {}
    for scatter in ("student-t", "mixture", "normal"):
        told = learn(rrab, spoilt, scatter=scatter).predict(rrab)
        pulled = told.join(calibrators, on="source_id", suffix="_true").filter(~wrong)
        shift[scatter] = abs(float((pulled["feh"] - pulled["feh_true"]).mean()))  # type: ignore[arg-type]
    assert sound["scatter"]["mean"] < 0.2
    assert shift["student-t"] < 0.5 * shift["normal"]
    assert shift["mixture"] < 0.5 * shift["normal"]


def test_three_calibrators_are_too_few_and_the_error_says_so(stars):
    batch, calibrators = stars
    with pytest.raises(PluginError, match=r"2 RRab with phi31, phi21, 1 RRc with.*needs 10"):
        learn(batch, calibrators[:3])


def test_fewer_calibrators_than_parameters_are_too_few(stars):
    batch, calibrators = stars
    many = ["period", *(f"a{k}" for k in range(1, 5)), *(f"phi{k}1" for k in range(2, 5))]
    with pytest.raises(PluginError, match="more than its relation has parameters"):
        learn(batch, calibrators[:12], min_stars=5, predictors={"RRab": many, "RRc": many})


def test_a_type_with_too_few_calibrators_gets_no_values(stars, cmdstan):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    learned = learn(batch, rrab)
    assert set(learned.relations) == {"RRab"}
    answer = learned.predict(batch).join(batch.stars, on="source_id")
    silent = answer.filter(pl.col("pulsation_type") == "RRc")
    assert set(silent["status"]) == {"unsupported_pulsation_type"}


@pytest.mark.parametrize("name", ["period", "phi31", "phi21"])
def test_a_constant_predictor_is_named(stars, cmdstan, name):
    batch, calibrators = stars
    flat = with_features(batch, pl.lit(0.55).alias(name))
    with pytest.raises(PluginError, match=f"{name} is the same for all 80 RRab"):
        learn(flat, calibrators)


def test_one_metallicity_for_all_is_refused(stars, cmdstan):
    batch, calibrators = stars
    with pytest.raises(PluginError, match="all 80 RRab calibrators have the same"):
        learn(batch, calibrators.with_columns(feh=pl.lit(-1.5)))


def test_an_infinite_error_is_refused_by_name(stars):
    batch, calibrators = stars
    first = batch.features["source_id"][0]
    error = pl.when(pl.col("source_id") == first).then(float("inf")).otherwise("phi31_error")
    with pytest.raises(FrameError, match="NaN or infinite") as caught:
        learn(with_features(batch, error.alias("phi31_error")), calibrators)
    assert "phi31_error" in str(caught.value)


def test_a_calibrator_without_an_error_of_its_metallicity_is_refused(stars, cmdstan):
    batch, calibrators = stars
    second = calibrators["source_id"][1]
    none = pl.when(pl.col("source_id") == second).then(0.0).otherwise("feh_error")
    with pytest.raises(PluginError, match="1 RRab calibrators have an") as e:
        learn(batch, calibrators.with_columns(feh_error=none))
    assert e.value.where["star"] == second
    assert "error_floor" in e.value.hint


def test_a_calibrator_without_an_error_of_a_predictor_is_refused(stars, cmdstan):
    batch, calibrators = stars
    bare = with_features(batch, no_covariance(batch), pl.lit(None, pl.Float64).alias("phi31_error"))
    with pytest.raises(PluginError, match="80 RRab calibrators have phi31 without a finite error"):
        learn(bare, calibrators)


def test_it_learns_in_the_band_with_most_calibrators(cmdstan):
    batch, calibrators = synthetic_batch(45, seed=6, bands=["G", "V"])
    rows = batch.features.with_row_index()
    fewer = rows.filter((pl.col("band") == "V") | (pl.col("index") > 20)).drop("index")
    some = StarBatch(batch.stars, features=fewer)
    assert learn(some, calibrators).bands == {"V"}
    with pytest.raises(PluginError, match="no calibrator has a fit in the band 'I'"):
        learn(some, calibrators, band="I")


def test_the_same_seed_gives_the_same_draws_however_many_chains_run_at_once(
    stars, cmdstan, monkeypatch
):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    one = learn(batch, rrab).relations["RRab"].draws
    monkeypatch.delenv("OMP_NUM_THREADS")
    other = learn(batch, rrab).relations["RRab"].draws
    assert np.array_equal(one.alpha, other.alpha)
    assert np.array_equal(one.cov, other.cov)


def test_altered_draws_are_refused(bundle, tmp_path):
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in sorted(bundle.rglob("*")):
        target = copy / path.relative_to(bundle)
        if path.is_dir():
            target.mkdir()
        else:
            target.write_bytes(path.read_bytes())
    draws = copy / "weights" / "RRab-draws.parquet"
    table = pl.read_parquet(draws).with_columns(pl.col("slope_phi31") * 1.01)
    table.write_parquet(draws)
    with pytest.raises(BundleError, match=r"changed|RRab-draws\.parquet"):
        load_bundle(copy, discover())


PREDICT = """
import sys
import polars as pl
sys.modules["cmdstanpy"] = sys.modules["arviz_stats"] = None
from rrcat.estimator import load_bundle
from rrcat.testing import synthetic_batch
print(load_bundle(sys.argv[1]).predict(synthetic_batch(120, seed=3, bands=["G"])[0]).write_csv())
"""


def test_a_bundle_predicts_without_cmdstan_and_cmdstanpy(bundle, model, stars, tmp_path):
    command = [sys.executable, "-c", PREDICT, str(bundle)]
    told = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=True,
        env={"CMDSTAN": str(tmp_path), "PATH": "/usr/bin"},
    ).stdout
    assert told.strip() == model.predict(stars[0]).write_csv().strip()


def test_a_model_draws_what_it_learned(model):
    names = model.plots()
    assert len(names) == 6
    assert "RRab-relation" in names
