"""What the checks work on: an estimator, a model it has learned, and stars it has never seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import polars as pl

from rrcat.estimator.batch import StarBatch
from rrcat.estimator.contract import Estimator, Model
from rrcat.estimator.loading import spec_faults
from rrcat.estimator.registry import load_factory
from rrcat.plugin import EstimatorSpec
from rrcat.testing.synthetic import synthetic_batch

N_TRAINING = 120
N_ASKED = 60
SEED = 20


class Broken(AssertionError):
    """A check that does not hold; the message says what is wrong."""


@dataclass(frozen=True)
class Case:
    """An estimator with a model it has learned, and stars that the model has never seen."""

    spec: EstimatorSpec
    make: Callable[[Mapping[str, Any] | None], Estimator]
    params: Mapping[str, Any]
    training: tuple[StarBatch, pl.DataFrame]
    asked: StarBatch
    truth: pl.DataFrame
    model: Model

    @cached_property
    def again(self) -> Model:
        """The model learned anew from the same stars with the same seed."""
        return self.make(self.params).fit(*self.training, seed=SEED)

    def ok(self) -> pl.DataFrame:
        """Give the predictions that have a value; there must be some."""
        good = self.model.predict(self.asked).filter(pl.col("status") == "ok")
        if good.is_empty():
            raise Broken("no synthetic star got a value, so nothing can be checked")
        return good

    def with_truth(self) -> pl.DataFrame:
        """Give the predictions that have a value, beside the ``true`` [Fe/H] of each star."""
        return self.ok().join(self.truth, on="source_id")


def build_case(spec: EstimatorSpec, params: Mapping[str, Any]) -> Case:
    """Give the case of an estimator: resolve its factory, make stars, learn.

    Raises whatever the estimator raises.
    """
    if faults := spec_faults(spec):
        raise Broken(f"the spec is not sound: {'; '.join(faults)}")
    make = load_factory(spec)
    batch, calibrators = _stars(frozenset({"G", "I", "V"}) | (spec.bands or frozenset()))
    ids = batch.stars["source_id"]
    known, unseen = ids[:N_TRAINING], ids[N_TRAINING:]
    wanted = {"stars", *spec.inputs}
    given = StarBatch(**{name: f for name, f in batch.frames().items() if name in wanted})
    training = (
        given.only(known),
        calibrators.filter(pl.col("source_id").is_in(known.implode())),
    )
    return Case(
        spec=spec,
        make=make,
        params=params,
        training=training,
        asked=given.only(unseen),
        truth=calibrators.select("source_id", true="feh"),
        model=make(params).fit(*training, seed=SEED),
    )


@cache
def _stars(bands: frozenset[str]) -> tuple[StarBatch, pl.DataFrame]:
    return synthetic_batch(N_TRAINING + N_ASKED, seed=SEED, bands=sorted(bands))
