import dataclasses

import polars as pl
import pytest

from rrcat.plugin import EstimatorSpec
from rrcat.testing import CHECKS, assert_conforms, check_estimator


def test_the_parameters_to_check_with_are_used(toy):
    results = {r.name: r for r in check_estimator(toy(), {"error": 40.0})}
    assert not results["errors_are_honest"].passed


def test_an_estimator_that_cannot_be_had_fails_every_check_with_the_reason(toy):
    spec = dataclasses.replace(toy(), requires=("no_such_library",))
    results = check_estimator(spec)
    assert [result.name for result in results] == list(CHECKS)
    assert all("requires no_such_library" in result.detail for result in results)


def test_a_spec_that_is_not_sound_fails(toy):
    results = check_estimator(dataclasses.replace(toy(), version="one"))
    assert all("version 'one' is not" in result.detail for result in results)


def test_an_estimator_that_reads_what_is_not_made_here_fails_with_the_reason(toy):
    results = check_estimator(toy(inputs=frozenset({"sequences"})))
    assert all("reads sequences" in result.detail for result in results)


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


def test_one_line_is_enough_for_a_plugin_author(toy):
    assert_conforms(toy())
    with pytest.raises(AssertionError, match=r"toy-line fails 1 of \d+ checks\n  errors_are"):
        assert_conforms(toy(), {"error": 40.0})


def test_the_spec_is_all_that_is_needed():
    from rrcat_relations.plugin import SPEC

    assert isinstance(SPEC, EstimatorSpec)
    assert_conforms(SPEC)
