import dataclasses

import polars as pl
import pytest

from rrcat.plugin import EstimatorSpec
from rrcat.testing import CHECKS, assert_conforms, check_estimator


def test_the_parameters_to_check_with_are_used(toy):
    results = {r.name: r for r in check_estimator(toy(), {"error": 40.0})}
    assert not results["errors_are_honest"].passed


def basic(spec):
    """The result of the first check, where it fails and none of the others is run."""
    first, *others = check_estimator(spec)
    assert [result.name for result in (first, *others)] == list(CHECKS)
    assert {(result.passed, result.detail) for result in others} == {(False, "not run: see basic")}
    assert not first.passed
    return first


def test_an_estimator_that_cannot_be_had_says_so_once(toy):
    spec = dataclasses.replace(toy(), requires=("no_such_library",))
    assert "requires no_such_library" in basic(spec).detail


def test_a_spec_that_is_not_sound_fails(toy):
    assert "version 'one' is not" in basic(dataclasses.replace(toy(), version="one")).detail


@pytest.mark.parametrize("part", ["fit", "predict"])
def test_an_estimator_that_raises_says_so_once_and_where(toy, part):
    def stumble(self, *args, **kwargs):
        raise ZeroDivisionError("of metals")

    result = basic(toy({"_predict": stumble}) if part == "predict" else toy({}, {"_fit": stumble}))
    assert "ZeroDivisionError: of metals" in result.detail
    assert "in stumble" in result.traceback
    with pytest.raises(AssertionError, match=rf"  {len(CHECKS) - 1} others: not run: see basic"):
        assert_conforms(toy({}, {"_fit": stumble}))


def test_an_estimator_of_light_curves_can_be_checked(toy):
    def fit(self, batch, calibrators, **kwargs):
        assert batch.features is None
        rows = batch.stars.join(calibrators.select("source_id", "feh"), on="source_id")
        mean = float(rows["feh"].to_numpy().mean())
        return self.Model(calibrators["feh_scale"][0], 0.0, mean)

    def predict(self, batch):
        seen = batch.light_curves["source_id"].unique()
        return seen.to_frame().with_columns(feh=pl.lit(self.constant), feh_error=pl.lit(0.5))

    spec = toy({"_predict": predict}, {"_fit": fit}, inputs=frozenset({"light_curves"}), bands=None)
    assert_conforms(spec)


def test_an_estimator_of_sequences_can_be_checked(toy):
    def fit(self, batch, calibrators, **kwargs):
        assert batch.features is None
        assert set(batch.sequences["source_id"]) == set(calibrators["source_id"])
        return self.Model(calibrators["feh_scale"][0], 0.0, float(calibrators["feh"].mean()))

    def predict(self, batch):
        few = pl.col("n_points") < 10
        return batch.sequences.filter(band="G").select(
            "source_id",
            feh=pl.when(~few).then(self.constant),
            feh_error=pl.when(~few).then(0.5),
            status=pl.when(few).then(pl.lit("too_few_epochs")),
        )

    spec = toy({"_predict": predict}, {"_fit": fit}, inputs=frozenset({"sequences"}))
    assert_conforms(spec)


def test_one_line_is_enough_for_a_plugin_author(toy):
    assert_conforms(toy())
    with pytest.raises(AssertionError, match=r"toy-line fails 1 of \d+ checks\n  errors_are"):
        assert_conforms(toy(), {"error": 40.0})


def test_the_spec_is_all_that_is_needed():
    from rrcat_relations.plugin import SPEC

    assert isinstance(SPEC, EstimatorSpec)
    assert_conforms(SPEC)
