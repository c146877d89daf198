"""Each check of poor, lonely, parted or moved stars, on an estimator that breaks it."""

import polars as pl
import pytest

from rrcat.estimator import StarBatch


def test_a_model_that_stumbles_over_null_is_caught(toy, predict, failures):
    def stumble(self, batch):
        assert batch.features["phi31"].null_count() == 0
        return predict(self, batch)

    failed = failures(toy({"_predict": stumble}))
    assert list(failed) == ["null_input_has_a_reason"]
    assert "failed on" in failed["null_input_has_a_reason"]


def test_a_model_that_needs_company_is_caught(toy, predict, failures):
    def standardised(self, batch):
        period = batch.features["period"]
        feh = (period - period.mean()) / (period.std() or 1.0) - 1.4
        return batch.features.select("source_id").with_columns(feh=feh, feh_error=pl.lit(0.9))

    failed = failures(toy({"_predict": standardised}))
    assert "a_single_star_is_enough" in failed
    assert "partition_does_not_matter" in failed
    assert "star 1" in failed["partition_does_not_matter"]


def test_a_last_bit_that_moves_with_the_batch_is_caught(toy, predict, failures):
    def wobbly(self, batch):
        tiny = 1e-15 * batch.features.height
        return predict(self, batch).with_columns(pl.col("feh") + tiny)

    assert "partition_does_not_matter" in failures(toy({"_predict": wobbly}))


def test_an_empty_batch_that_is_an_error_is_caught(toy, failures):
    model = toy.model

    def predict(self, batch):
        batch.stars["source_id"].sort()[0]
        return model.predict(self, batch)

    assert list(failures(toy({"predict": predict}))) == ["an_empty_batch_is_no_error"]


def test_rows_for_no_star_are_caught(toy, failures):
    model = toy.model

    def predict(self, batch):
        one = StarBatch(
            pl.DataFrame({"source_id": [1]}), features=batch.features, light_curves=None
        )
        return model.predict(self, batch if len(batch) else one)

    failed = failures(toy({"predict": predict}))
    assert failed == {"an_empty_batch_is_no_error": "no star was asked for, and rows came back"}


def test_a_value_that_hangs_on_the_order_of_rows_is_caught(toy, failures):
    model = toy.model

    def predict(self, batch):
        rising = batch.stars["source_id"].is_sorted()
        return model.predict(self, batch).with_columns(pl.col("feh") + (0.0 if rising else 0.1))

    assert list(failures(toy({"predict": predict}))) == ["order_does_not_matter"]


def test_learning_from_the_position_is_caught(toy, predict, failures):
    def from_position(self, batch):
        star = batch.stars.select("source_id", tilt=pl.col("dec") / 1e3)
        return (
            predict(self, batch)
            .join(star, on="source_id")
            .select("source_id", pl.col("feh") + pl.col("tilt"), "feh_error")
        )

    failed = failures(toy({"_predict": from_position}))
    assert list(failed) == ["position_and_brightness_do_not_matter"]


@pytest.fixture
def of_sequences(toy):
    """Gives the spec of an estimator of sequences with some way to predict."""

    def fit(self, batch, calibrators, **kwargs):
        return self.Model(calibrators["feh_scale"][0], 0.0, float(calibrators["feh"].mean()))

    def spec(feh):
        def predict(self, batch):
            rows = batch.sequences.filter(band="G")
            value = feh(self, rows)
            return rows.select("source_id", feh=value, feh_error=pl.lit(0.5))

        return toy({"_predict": predict}, {"_fit": fit}, inputs=frozenset({"sequences"}))

    return spec


def test_a_model_that_stumbles_over_three_points_is_caught(of_sequences, failures):
    def tenth_point(self, rows):
        assert rows["n_points"].min() >= 10
        return pl.lit(self.constant)

    failed = failures(of_sequences(tenth_point))
    assert list(failed) == ["poor_sequences_have_a_reason"]
    assert "AssertionError" in failed["poor_sequences_have_a_reason"]


def test_a_model_that_learns_from_brightness_in_sequences_is_caught(of_sequences, failures):
    spec = of_sequences(lambda self, rows: self.constant + 0.1 * (rows["mean_mag"] - 15.0))
    assert "moved on the sky" in failures(spec)["position_and_brightness_do_not_matter"]
