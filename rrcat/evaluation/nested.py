"""What chosen features are worth: chosen from some stars, tried on others.

The branch of an angle, mean and width of a feature, the order of the features, their number and
the relation are all found from stars that are not tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl

from rrcat.errors import RrcatError
from rrcat.estimator.batch import StarBatch
from rrcat.estimator.contract import Estimator
from rrcat.evaluation.candidates import Candidates
from rrcat.evaluation.cross_validation import cross_validate
from rrcat.evaluation.linear import fit, learn_terms
from rrcat.evaluation.selection import METHODS, Choice, choose

RELATION = "linear-relation"
"""The model that is there for every selection: :func:`rrcat.evaluation.linear.fit`."""

FOR_ESTIMATORS = "forward"
"""The method that chooses for estimators: each of their fits may take long."""

COLUMNS = {
    "model": pl.String,
    "method": pl.String,
    "pulsation_type": pl.String,
    "n_features": pl.Int32,
    "features": pl.String,
    "chosen": pl.Boolean,
    "source_id": pl.Int64,
    "feh_true": pl.Float64,
    "feh": pl.Float64,
    "feh_error": pl.Float64,
    "failure": pl.String,
}
"""Columns of a trial. ``features`` are those used, joined by spaces; ``chosen`` says whether their
number is the one that was chosen; ``failure`` is why an estimator could not learn from them."""

Make = Callable[[Mapping[str, Any]], Estimator]
"""Gives an estimator with these parameters in place of some of its own."""


def choice(among: Candidates, method: str, seed: int) -> Choice:
    """Give the choice of a method from all stars of ``among``."""
    terms = learn_terms(among.names, among.values)
    return choose(terms(among.values), among.feh, method, seed)


def relation_trials(among: Candidates, tested: pl.Series, *, seed: int) -> pl.DataFrame:
    """Give what linear relations foretell of the tested stars: :data:`COLUMNS`.

    One row for each method, number of features and tested star of the type; ``feh`` is null for a
    star that lacks a candidate.

    Parameters
    ----------
    tested
        ``source_id`` of the stars to foretell; all others are learned from.
    """
    known = among.without(tested)
    learned = learn_terms(known.names, known.values)
    terms = learned(known.values)
    asked = among.asked.filter(pl.col("source_id").is_in(tested.implode()))
    stars = among.stars.filter(pl.col("source_id").is_in(tested.implode()))
    unseen = learned(stars.select(among.names).to_numpy())
    trials = []
    for method in METHODS:
        found = choose(terms, known.feh, method, seed)
        for number in range(1, len(found.order) + 1):
            columns = list(found.order[:number])
            relation = fit(terms[:, columns], known.feh)
            value = stars.select("source_id", pl.Series("value", relation(unseen[:, columns])))
            trials.append(
                asked.join(value, on="source_id", how="left", maintain_order="left").select(
                    "source_id",
                    model=pl.lit(RELATION),
                    method=pl.lit(method),
                    n_features=pl.lit(number),
                    features=pl.lit(" ".join(among.names[column] for column in columns)),
                    chosen=pl.lit(number == found.number),
                    feh_true="feh",
                    feh="value",
                )
            )
    return _conform(pl.concat(trials).with_columns(pulsation_type=pl.lit(among.kind)))


def estimator_trials(
    id: str,
    make: Make,
    batch: StarBatch,
    calibrators: pl.DataFrame,
    among: Sequence[Candidates],
    tested: pl.DataFrame,
    *,
    seed: int,
) -> pl.DataFrame:
    """Give what an estimator foretells of the tested stars with ever more predictors.

    The columns are :data:`COLUMNS`; one row for each number of features, and tested star of a type
    that has as many. Types are tried together: with their first feature each, then with two. Where
    the estimator cannot learn, ``failure`` says why.

    Parameters
    ----------
    id
        The estimator's.
    make
        Gives it with the parameter ``predictors``.
    batch, calibrators
        All calibrators, tested ones among them, as for
        :func:`rrcat.evaluation.cross_validation.cross_validate`.
    among
        Candidates of each type that the estimator can use.
    tested
        ``repeat``, ``fold``, ``source_id`` of one fold.
    """
    found = {
        one.kind: choice(one.without(tested["source_id"]), FOR_ESTIMATORS, seed) for one in among
    }
    ordered = {one.kind: [one.names[column] for column in found[one.kind].order] for one in among}
    trials = []
    for number in range(1, max(len(names) for names in ordered.values()) + 1):
        kinds = [kind for kind, names in ordered.items() if len(names) >= number]
        predictors = {kind: names[:number] for kind, names in ordered.items()}
        failure = None
        try:
            answer = cross_validate(
                make({"predictors": predictors}), batch, calibrators, tested, seed=seed
            )
        except RrcatError as error:
            failure = error.message
            answer = calibrators.join(tested, on="source_id", how="semi").select(
                "source_id", "pulsation_type", feh_true="feh"
            )
        for kind in kinds:
            trials.append(
                answer.filter(pl.col("pulsation_type") == kind).with_columns(
                    model=pl.lit(id),
                    method=pl.lit(FOR_ESTIMATORS),
                    n_features=pl.lit(number),
                    features=pl.lit(" ".join(predictors[kind])),
                    chosen=pl.lit(number == found[kind].number),
                    failure=pl.lit(failure, pl.String),
                )
            )
    return _conform(pl.concat(trials, how="diagonal"))


def _conform(trials: pl.DataFrame) -> pl.DataFrame:
    return trials.select(
        (pl.col(name) if name in trials.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in COLUMNS.items()
    )
