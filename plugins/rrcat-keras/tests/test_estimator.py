"""Both estimators keep the contract, in both modes."""

import numpy as np
import polars as pl
import pytest
from rrcat_keras.estimator import KerasTransformer

from rrcat.errors import PluginError
from rrcat.estimator import StarBatch, discover
from rrcat.estimator.checkpoints import keeping_checkpoints
from rrcat.testing import assert_conforms, synthetic_batch

SMALL = {
    "keras-lstm": {"units": 4, "width": 8, "wrapped": 2},
    "keras-transformer": {"width": 8, "heads": 2, "layers": 1, "anchors": 6},
}
QUICK = {"epochs": 6, "batch_size": 16, "min_stars": 20}


@pytest.mark.parametrize(("id", "fourier"), [("keras-lstm", False), ("keras-transformer", True)])
def test_the_contract_is_kept(id, fourier):
    assert_conforms(discover().spec(id), {**SMALL[id], **QUICK, "fourier": fourier})


@pytest.mark.slow
@pytest.mark.parametrize(("id", "fourier"), [("keras-lstm", True), ("keras-transformer", False)])
def test_the_contract_is_kept_in_the_other_mode(id, fourier):
    assert_conforms(discover().spec(id), {**SMALL[id], **QUICK, "fourier": fourier})


def with_sequences(batch, *changes):
    return StarBatch(
        batch.stars, features=batch.features, sequences=batch.sequences.with_columns(*changes)
    )


def test_unseen_stars_get_their_metallicity_and_errors_of_its_size(quick):
    batch, calibrators = synthetic_batch(240, seed=3, bands=["G"])
    unseen, truth = synthetic_batch(300, seed=9, bands=["G"])
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    model = KerasTransformer(quick | {"epochs": 30}).fit(batch, rrab, seed=1)
    both = model.predict(unseen).join(truth, on="source_id", suffix="_true").drop_nulls("feh")
    assert both.height == 200
    error = (both["feh"] - both["feh_true"]).to_numpy()
    assert float(np.sqrt(np.mean(error**2))) < 0.28
    assert 0.55 < float(np.mean(np.abs(error) <= both["feh_error"].to_numpy())) < 0.85


def test_too_few_points_or_too_large_a_gap_is_a_reason(model, stars):
    batch, _ = stars
    three = with_sequences(
        batch,
        pl.lit(3, pl.Int32).alias("n_points"),
        *(pl.col(name).list.head(3) for name in ("phase", "mag", "mag_error")),
    )
    assert set(model.predict(three)["status"]) == {"too_few_epochs"}
    together = with_sequences(batch, pl.col("phase").list.eval(pl.element() * 0.3))
    assert set(model.predict(together)["status"]) == {"uncertain_features"}
    one_phase = with_sequences(batch, pl.col("phase").list.eval(pl.element() * 0.0 + 0.5))
    assert set(model.predict(one_phase)["status"]) == {"uncertain_features"}


def test_a_star_unlike_all_calibrators_is_marked(model, stars):
    batch, _ = stars
    assert not model.predict(batch)["extrapolated"].any()
    slow = with_sequences(batch, pl.lit(3.0).alias("period"))
    assert model.predict(slow)["extrapolated"].all()
    wild = with_sequences(batch, pl.col("mag").list.eval(pl.element() * 10))
    answer = model.predict(wild)
    assert answer["extrapolated"].all()
    assert answer["feh"].is_finite().all()


def test_a_type_with_too_few_calibrators_gets_no_values(stars, quick):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    model = KerasTransformer(quick | {"epochs": 1}).fit(batch, rrab)
    status = model.predict(batch).join(batch.stars, on="source_id")
    assert set(status.filter(pl.col("pulsation_type") == "RRc")["status"]) == {
        "unsupported_pulsation_type"
    }
    assert set(model.plots()) == {"RRab-learning-curve", "RRab-left-out"}


def test_too_few_calibrators_of_every_type_are_an_error_that_says_so(stars, quick):
    batch, calibrators = stars
    with pytest.raises(PluginError, match=r"20 RRab, 10 RRc with .* in G.* needs 30") as error:
        KerasTransformer(quick).fit(batch, calibrators[:30])
    assert "more calibrators" in error.value.hint


def test_a_band_that_no_calibrator_has_is_an_error(stars, quick):
    with pytest.raises(PluginError, match="no calibrator has a fit in the band 'I'"):
        KerasTransformer(quick | {"bands": ["G", "I"]}).fit(*stars)


def test_several_bands_are_read_together_and_one_may_be_missing(quick, tmp_path):
    batch, calibrators = synthetic_batch(110, seed=4, bands=["G", "V"])
    batch = batch.only(batch.stars.filter(pl.col("pulsation_type") == "RRab")["source_id"])
    calibrators = calibrators.filter(pl.col("pulsation_type") == "RRab")
    params = quick | {"bands": ["V", "G"], "epochs": 1, "auxiliary": 0.0}
    model = KerasTransformer(params).fit(batch, calibrators, seed=1)
    assert model.bands == {"G", "V"}
    ids = batch.stars["source_id"]
    without = (pl.col("source_id") == ids[0]) & (pl.col("band") == "G")
    less = StarBatch(
        batch.stars,
        features=batch.features.filter(~without),
        sequences=batch.sequences.filter(~without),
    )
    given, fewer = model.predict(batch), model.predict(less)
    assert set(fewer["status"]) == {"ok"}
    assert set(fewer["variant"]) == {"RRab:V+G"}
    assert given[1:].equals(fewer[1:])
    assert given["feh"][0] != fewer["feh"][0]


def test_points_alone_do_not_look_at_the_features(stars, quick):
    batch, calibrators = stars
    params = quick | {"fourier": False, "auxiliary": 0.0, "epochs": 1}
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    model = KerasTransformer(params).fit(batch, rrab, seed=1)
    other = StarBatch(
        batch.stars,
        features=batch.features.with_columns(pl.lit(0.5).alias("a1"), pl.lit(1.0).alias("phi31")),
        sequences=batch.sequences,
    )
    assert model.predict(other).equals(model.predict(batch))


class Killed(BaseException):
    """What ends a run in this test."""


def test_a_killed_fit_goes_on_from_its_checkpoints(model, stars, tmp_path):
    batch, calibrators = stars

    def kill(done, total):
        assert total == 12
        if done == 8:
            raise Killed

    estimator = KerasTransformer(model.params)
    estimator.checkpoints = tmp_path
    with pytest.raises(Killed):
        estimator.fit(batch, calibrators, seed=1, progress=kill)
    told = []
    again = estimator.fit(batch, calibrators, seed=1, progress=lambda done, _: told.append(done))
    assert 7 not in told
    assert told[-1] == 12
    assert again.predict(batch).equals(model.predict(batch))
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")}
    kinds, members = ("RRab", "RRc"), ("00", "01")
    assert names == {f"{kind}/member-{m}.safetensors" for kind in kinds for m in members}


def test_event_files_outlive_the_checkpoints(stars, quick, tmp_path):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    estimator = KerasTransformer(quick | {"epochs": 1, "tensorboard": True})
    with keeping_checkpoints(estimator, tmp_path / "keras"):
        estimator.fit(batch, rrab)
    (events,) = tmp_path.rglob("events.*")
    assert events.parent == tmp_path / "keras-tensorboard" / "RRab" / "member-00"


def test_progress_ends_at_its_total_though_learning_may_stop_early(stars, quick):
    batch, calibrators = stars
    rrab = calibrators.filter(pl.col("pulsation_type") == "RRab")
    told = []
    params = quick | {"epochs": 30, "patience": 1, "learning_rate": 0.5}
    KerasTransformer(params).fit(batch, rrab, progress=lambda *step: told.append(step))
    assert told[-1] == (30, 30)
    assert len(told) < 30
    assert [done for done, _ in told] == sorted(done for done, _ in told)
