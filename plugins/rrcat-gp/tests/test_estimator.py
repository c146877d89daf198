import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from rrcat_gp.estimator import FourierGp
from rrcat_gp.plugin import SPEC

from rrcat.errors import FrameError, PluginError, RecipeError
from rrcat.estimator import StarBatch, load_bundle, save_bundle
from rrcat.estimator.registry import discover
from rrcat.testing import assert_conforms, synthetic_batch

QUICK = {"search_stars": 80}


@pytest.fixture(scope="module")
def stars():
    return synthetic_batch(150, seed=3, bands=["G"])


@pytest.fixture(scope="module")
def model(stars):
    return FourierGp(QUICK).fit(*stars, seed=1)


@pytest.fixture(scope="module")
def unseen():
    return synthetic_batch(600, seed=5, bands=["G"])


def with_tables(batch, features=(), sequences=()):
    return StarBatch(
        batch.stars,
        features=batch.features.with_columns(*features),
        sequences=batch.sequences.with_columns(*sequences),
    )


def rmse(predictions, calibrators):
    both = predictions.join(calibrators, on="source_id", suffix="_true")
    return float(np.sqrt(((both["feh"] - both["feh_true"]) ** 2).mean()))


def test_the_contract_is_kept():
    assert_conforms(SPEC, QUICK)


def test_unseen_stars_get_their_metallicity_and_errors_of_its_size(model, unseen):
    batch, truth = unseen
    predictions = model.predict(batch)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, truth) < 0.25
    both = predictions.join(truth, on="source_id", suffix="_true")
    pull = ((both["feh"] - both["feh_true"]).abs() / both["feh_error"]).to_numpy()
    assert 0.60 < (pull < 1.0).mean() < 0.78
    assert 0.91 < (pull < 1.96).mean() < 0.985


def test_errors_grow_where_the_shape_is_uncertain(model, unseen):
    batch, _ = unseen
    lists = ("phase", "mag", "mag_error")
    few = [pl.col(name).list.gather_every(5) for name in lists]
    thin = with_tables(batch, sequences=[pl.lit(8, pl.Int32).alias("n_points"), *few])
    sure, unsure = model.predict(batch), model.predict(thin)
    assert (unsure["feh_error"] > sure["feh_error"]).mean() > 0.95


def test_too_few_observations_are_a_reason(model, stars):
    batch, _ = stars
    few = [pl.col(name).list.head(4) for name in ("phase", "mag", "mag_error")]
    poor = with_tables(batch, sequences=[pl.lit(4, pl.Int32).alias("n_points"), *few])
    answer = model.predict(poor)
    assert set(answer["status"]) == {"too_few_epochs"}
    assert answer["feh"].null_count() == answer.height


def test_three_calibrators_are_too_few_and_the_error_says_so(stars):
    batch, calibrators = stars
    with pytest.raises(PluginError, match=r"2 RRab, 1 RRc with .* in G.* needs 10") as caught:
        FourierGp(QUICK).fit(batch, calibrators[:3])
    assert "more calibrators" in caught.value.hint


def test_a_label_that_is_no_number_is_refused(stars):
    batch, calibrators = stars
    first = pl.col("source_id") == calibrators["source_id"][0]
    nothing = pl.when(first).then(float("nan")).otherwise("feh").alias("feh")
    with pytest.raises(FrameError, match="feh") as caught:
        FourierGp(QUICK).fit(batch, calibrators.with_columns(nothing))
    assert caught.value.hint


def test_a_band_that_no_calibrator_has_is_an_error(stars):
    with pytest.raises(PluginError, match="no calibrator has a fit in the band 'I'") as caught:
        FourierGp(QUICK | {"band": "I"}).fit(*stars)
    assert caught.value.hint == "they have fits in G"


def test_a_type_with_too_few_calibrators_gets_no_values(stars):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    status = FourierGp(QUICK).fit(batch, rrab).predict(batch).join(batch.stars, on="source_id")
    assert set(status.filter(pl.col("pulsation_type") == "RRab")["status"]) == {"ok"}
    silent = status.filter(pl.col("pulsation_type") == "RRc")
    assert set(silent["status"]) == {"unsupported_pulsation_type"}


def test_a_column_that_is_constant_does_no_harm(stars):
    batch, calibrators = stars
    flat = with_tables(batch, sequences=[pl.lit(0.5).alias("period")])
    predictions = FourierGp(QUICK).fit(flat, calibrators).predict(flat)
    assert set(predictions["status"]) == {"ok"}
    assert rmse(predictions, calibrators) < 0.45


def test_labels_that_all_agree_do_no_harm(stars):
    batch, calibrators = stars
    one = calibrators.with_columns(feh=pl.lit(-1.5))
    predictions = FourierGp(QUICK).fit(batch, one).predict(batch)
    assert predictions["feh"].to_numpy() == pytest.approx(-1.5)
    assert (predictions["feh_error"] > 0).all()


def test_a_label_with_a_large_error_counts_for_little(stars):
    batch, calibrators = stars
    wrong = pl.col("source_id") % 5 == 0
    spoilt = calibrators.with_columns(
        feh=pl.when(wrong).then(pl.col("feh") - 1.0).otherwise("feh"),
        feh_error=pl.when(wrong).then(5.0).otherwise("feh_error"),
    )
    predictions = FourierGp(QUICK).fit(batch, spoilt).predict(batch)
    assert abs((predictions["feh"] - calibrators["feh"]).mean()) < 0.05


@pytest.mark.parametrize("params", [{"kernel": "rbf"}, {"search_stars": 5}, {"min_stars": 2}])
def test_unknown_and_impossible_parameters_are_refused(params):
    with pytest.raises(RecipeError):
        FourierGp(params)


def test_a_bundle_keeps_everything(model, stars, tmp_path):
    batch, _ = stars
    for name in ("one", "other"):
        save_bundle(
            model,
            tmp_path / name,
            golden=StarBatch(batch.stars, features=batch.features, sequences=batch.sequences).only(
                [1_000, 1_014]
            ),
            seed=1,
            settings={},
            training_set_sha256="",
            metrics={},
        )
    loaded = load_bundle(tmp_path / "one", discover())
    assert loaded.predict(batch).equals(model.predict(batch))
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*"))
    assert {path.suffix for path in files} <= {".json", ".parquet", ".toml"}
    for path in files:
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "other" / path).read_bytes()


LEARN = """
import hashlib
from rrcat.testing import synthetic_batch
from rrcat_gp.estimator import FourierGp
batch, calibrators = synthetic_batch(90, seed=8, bands=["G"])
model = FourierGp({"search_stars": 40}).fit(batch, calibrators, seed=2)
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
