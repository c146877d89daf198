"""No estimator has seen the stars it is tested on, and no star is lost."""

import polars as pl
import pytest

from rrcat.errors import PluginError
from rrcat.evaluation.cross_validation import COLUMNS, cross_validate
from rrcat.evaluation.splits import cut


def sets_of(calibrators, folds=5, repeats=2):
    return cut(calibrators, scheme="k-fold", folds=folds, repeats=repeats, seed=0)


def test_every_star_of_every_repeat_has_a_value_or_a_reason(nearest, batch, calibrators):
    sets = sets_of(calibrators)
    predictions = cross_validate(nearest, batch, calibrators, sets, seed=0)
    assert predictions.columns == [*COLUMNS, "status"]
    assert predictions.height == 2 * calibrators.height
    assert (predictions["feh"].is_null() == (predictions["status"] != "ok")).all()
    reasons = predictions.filter(pl.col("feh").is_null())["status"].value_counts(sort=True)
    assert dict(reasons.iter_rows()) == {
        "unsupported_pulsation_type": 2,
        "too_few_epochs": 2,
    }


def test_a_model_learns_from_the_other_folds_only(nearest, batch, calibrators):
    sets = sets_of(calibrators)
    cross_validate(nearest, batch, calibrators, sets, seed=0)
    usable = set(calibrators["source_id"][:-2])
    tested = [
        set(part["source_id"]) for _, part in sets.group_by("repeat", "fold", maintain_order=True)
    ]
    assert len(nearest.shown) == 10
    for (learned, in_batch, _), held in zip(nearest.shown, tested, strict=True):
        assert learned == in_batch == usable - held


def test_the_true_value_of_a_star_does_not_reach_its_prediction(nearest, batch, calibrators):
    sets = sets_of(calibrators)
    before = cross_validate(nearest, batch, calibrators, sets, seed=0)
    star = calibrators["source_id"][7]
    feh = pl.when(pl.col("source_id") == star).then(-9.0).otherwise("feh").alias("feh")
    after = cross_validate(nearest, batch, calibrators.with_columns(feh), sets, seed=0)
    its = pl.col("source_id") == star
    assert before.filter(its)["feh"].equals(after.filter(its)["feh"])
    assert not before.filter(~its)["feh"].equals(after.filter(~its)["feh"])


def test_the_order_of_the_rows_does_not_matter(nearest, batch, calibrators):
    sets = sets_of(calibrators)
    straight = cross_validate(nearest, batch, calibrators, sets, seed=0)
    turned = cross_validate(nearest, batch, calibrators.reverse(), sets, seed=0)
    assert straight.equals(turned)


def test_folds_have_seeds_of_their_own(nearest, batch, calibrators):
    cross_validate(nearest, batch, calibrators, sets_of(calibrators), seed=0)
    assert len({seed for _, _, seed in nearest.shown}) == 10


def test_progress_is_told_after_each_fold(nearest, batch, calibrators):
    told = []
    cross_validate(
        nearest, batch, calibrators, sets_of(calibrators), seed=0, progress=lambda: told.append(1)
    )
    assert len(told) == 10


def test_an_estimator_that_cannot_learn_in_a_fold_says_in_which(nearest, batch, calibrators):
    only_rrd = calibrators.tail(1)
    pair = pl.concat([calibrators.head(1), only_rrd])
    with pytest.raises(PluginError, match="no calibrator can be learned from") as caught:
        cross_validate(nearest, batch, pair, sets_of(pair, folds=2), seed=0)
    assert caught.value.where["calibrators"] == 1


def test_each_fold_has_checkpoints_of_its_own_until_it_is_done(
    nearest, batch, calibrators, tmp_path, monkeypatch
):
    seen, inner = [], nearest._fit

    def leaving_one(*args, **kwargs):
        seen.append(nearest.checkpoints.name)
        assert not any(nearest.checkpoints.iterdir())
        (nearest.checkpoints / "epoch.bin").write_bytes(b"half")
        return inner(*args, **kwargs)

    monkeypatch.setattr(nearest, "_fit", leaving_one)
    sets = sets_of(calibrators, folds=2)
    cross_validate(nearest, batch, calibrators, sets, seed=0, checkpoints=tmp_path)
    assert seen == ["0-0", "0-1", "1-0", "1-1"]
    assert not any(tmp_path.iterdir())
