"""Features are chosen from stars that are not tested: what it is worth, and that nothing leaks."""

from typing import Literal

import numpy as np
import polars as pl
import pytest
from pydantic import Field

from rrcat.errors import PluginError
from rrcat.estimator import Estimator, Model, Params, StarBatch
from rrcat.evaluation.candidates import Candidates, candidates
from rrcat.evaluation.nested import COLUMNS, choice, estimator_trials, relation_trials
from rrcat.evaluation.selection import METHODS
from rrcat.evaluation.splits import cut
from rrcat.plugin import EstimatorSpec

NAMES = ("period", "a1", "phi31", "phi21", "skewness")


def survey(n=80, seed=0, kinds=("RRab",)):
    """Give calibrators whose [Fe/H] is −5 period + phi31 with 0.05 dex of noise, and features."""
    random = np.random.default_rng(seed)
    features = pl.DataFrame(
        {
            "source_id": range(500, 500 + n),
            "band": "G",
            "fit_status": "ok",
            **{name: random.normal(0.5, 0.1, n) for name in NAMES},
        }
    )
    feh = -5 * features["period"] + features["phi31"] - 0.2 + random.normal(0, 0.05, n)
    calibrators = pl.DataFrame(
        {
            "source_id": range(500, 500 + n),
            "feh": feh,
            "feh_error": 0.1,
            "feh_scale": "C21",
            "pulsation_type": [kinds[number % len(kinds)] for number in range(n)],
        }
    )
    return calibrators, features


def among(calibrators, features, kind="RRab", names=NAMES):
    return candidates(calibrators, features, kind=kind, band="G", names=names)


def folds(calibrators, n_folds=5):
    sets = cut(calibrators, scheme="k-fold", folds=n_folds, repeats=1, seed=0)
    return [part for _, part in sets.group_by("repeat", "fold", maintain_order=True)]


def every_trial(given, calibrators, n_folds=5):
    return pl.concat(
        relation_trials(given, part["source_id"], seed=0) for part in folds(calibrators, n_folds)
    )


def rmse(rows):
    return float(np.sqrt(((rows["feh"] - rows["feh_true"]) ** 2).mean()))


def test_every_star_is_tried_once_with_every_method_and_number():
    calibrators, features = survey()
    trials = every_trial(among(calibrators, features), calibrators)
    assert dict(trials.schema) == COLUMNS
    counts = trials.group_by("method", "n_features").agg(pl.col("source_id").n_unique(), pl.len())
    assert counts.height == len(METHODS) * len(NAMES)
    assert set(counts["source_id"]) == set(counts["len"]) == {80}
    assert trials.filter("chosen").group_by("method", "source_id").len()["len"].unique().item() == 1


def test_what_metallicity_is_made_of_is_chosen_in_every_fold():
    calibrators, features = survey()
    trials = every_trial(among(calibrators, features), calibrators)
    forward = trials.filter((pl.col("method") == "forward") & pl.col("chosen"))
    assert {frozenset(text.split(" ")) for text in forward["features"]} == {
        frozenset({"period", "phi31"})
    }
    assert rmse(forward) < 0.07


@pytest.fixture(scope="module")
def noise():
    """Stars with 50 features that have nothing to do with metallicity, and the trials of them."""
    n, names = 40, tuple(f"noise_{number}" for number in range(50))
    random = np.random.default_rng(1)
    stars = pl.DataFrame(
        {
            "source_id": range(n),
            "feh": random.normal(-1.5, 0.5, n),
            "pulsation_type": "RRab",
            **{name: random.normal(0.5, 0.1, n) for name in names},
        }
    )
    given = Candidates("RRab", names, {}, stars, stars)
    return given, every_trial(given, stars, 10)


# What mutual information finds in noise is no line: a linear relation gains nothing from it.
@pytest.mark.parametrize("method", ["f-test", "forward", "backward"])
def test_noise_that_was_chosen_on_all_stars_looks_better_than_it_is(method, noise):
    """The trap: features chosen on all stars, and then relations of them cross-validated."""
    given, honest = noise
    five = choice(given, method, seed=0).order[:5]
    leaked = every_trial(given.only([given.names[column] for column in five]), given.stars, 10)
    of_five = (pl.col("method") == method) & (pl.col("n_features") == 5)
    spread = float(given.stars["feh"].std(ddof=0))
    assert rmse(leaked.filter(of_five)) < 0.95 * spread
    assert rmse(honest.filter(of_five)) > 1.15 * spread


def test_the_true_value_of_a_star_does_not_reach_its_prediction():
    calibrators, features = survey()
    before = every_trial(among(calibrators, features), calibrators)
    star = pl.col("source_id") == 517
    changed = calibrators.with_columns(feh=pl.when(star).then(-9.0).otherwise("feh"))
    after = every_trial(among(changed, features), changed)
    assert before.filter(star)["feh"].equals(after.filter(star)["feh"])
    assert not before.filter(~star)["feh"].equals(after.filter(~star)["feh"])


def test_the_features_of_a_tested_star_do_not_reach_what_is_learned():
    """Branch, mean, width, order and number come from the others."""
    calibrators, features = survey()
    star = pl.col("source_id") == 517
    moved = features.with_columns(phi31=pl.when(star).then(3.3).otherwise("phi31"))
    (tested,) = (part["source_id"] for part in folds(calibrators) if 517 in part["source_id"])
    before = relation_trials(among(calibrators, features), tested, seed=0)
    after = relation_trials(among(calibrators, moved), tested, seed=0)
    assert before.filter(~star).equals(after.filter(~star))
    assert not before.filter(star).equals(after.filter(star))


def test_a_star_that_lacks_a_candidate_is_asked_for_and_has_no_value():
    calibrators, features = survey()
    star = pl.col("source_id") == 517
    hollow = features.with_columns(skewness=pl.when(~star).then("skewness"))
    trials = every_trial(among(calibrators, hollow), calibrators)
    assert trials.filter(star)["feh"].null_count() == trials.filter(star).height == 20
    assert trials.filter(~star)["feh"].null_count() == 0


# An estimator whose predictors can be set.

SPEC = EstimatorSpec(
    id="chosen-plane",
    version="1.0.0",
    api=1,
    factory="toy:Plane",
    inputs=frozenset({"features"}),
    pulsation_types=frozenset({"RRab", "RRc"}),
    summary="Least squares in the predictors of each type",
)


LEARNED = []
"""The predictors and stars that it was made to learn from."""


class PlaneModel(Model):
    scale = "C21"

    def __init__(self, planes):
        self.planes = planes

    def _predict(self, batch):
        rows = batch.features.join(batch.stars, on="source_id")
        answers = []
        for kind, (names, solution) in self.planes.items():
            part = rows.filter(pl.col("pulsation_type") == kind)
            feh = sum(pl.col(n) * float(s) for n, s in zip(names, solution[1:], strict=True))
            answers.append(
                part.select("source_id", feh=feh + float(solution[0]), feh_error=pl.lit(0.2))
            )
        return pl.concat(answers)

    def _save(self, folder):
        raise NotImplementedError


class PlaneParams(Params):
    predictors: dict[Literal["RRab", "RRc"], tuple[str, ...]] = Field(
        {"RRab": ("period",), "RRc": ("period",)}
    )
    most: int = 9


class Plane(Estimator):
    spec = SPEC
    Params = PlaneParams
    selectable = ("period", "phi31", "skewness", "a8")

    def _fit(self, batch, calibrators, *, seed, progress):
        rows = batch.features.join(calibrators, on="source_id")
        LEARNED.append((self.params.predictors, set(rows["source_id"])))
        planes = {}
        for kind, names in self.params.predictors.items():
            if len(names) > self.params.most:
                raise PluginError("more predictors than it can bear")
            part = rows.filter(pl.col("pulsation_type") == kind)
            matrix = np.column_stack([np.ones(part.height), part.select(names).to_numpy()])
            solution = np.linalg.lstsq(matrix, part["feh"].to_numpy(), rcond=None)[0]
            planes[kind] = names, solution
        return PlaneModel(planes)

    def _load(self, folder):
        raise NotImplementedError


@pytest.fixture
def learned():
    LEARNED.clear()
    return LEARNED


def estimator_rows(calibrators, features, params=None, kinds=("RRab",)):
    batch = StarBatch(calibrators.select("source_id", "pulsation_type"), features=features)
    given = [
        among(calibrators, features, kind, names).only(Plane.selectable)
        for kind, names in zip(kinds, (NAMES, NAMES[:3]), strict=False)
    ]
    return pl.concat(
        estimator_trials(
            SPEC.id,
            lambda chosen: Plane({**(params or {}), **chosen}),
            batch,
            calibrators,
            given,
            part,
            seed=0,
        )
        for part in folds(calibrators)
    )


def test_an_estimator_is_tried_with_ever_more_predictors(learned):
    trials = estimator_rows(*survey())
    assert dict(trials.schema) == COLUMNS
    assert trials["features"].unique().sort().to_list() == [
        "period",
        "period phi31",
        "period phi31 skewness",
    ]
    by_number = {n: rmse(trials.filter(pl.col("n_features") == n)) for n in (1, 2, 3)}
    assert by_number[1] > 0.09 > 0.06 > by_number[2]
    assert set(trials.filter("chosen")["features"]) == {"period phi31"}
    assert trials["feh_error"].unique().item() == 0.2


def test_an_estimator_learns_from_the_stars_that_chose(learned):
    calibrators, features = survey()
    estimator_rows(calibrators, features)
    everyone = set(calibrators["source_id"])
    wanted = [everyone - set(part["source_id"]) for part in folds(calibrators) for _ in range(3)]
    assert [stars for _, stars in learned] == wanted


def test_types_have_predictors_of_their_own(learned):
    trials = estimator_rows(*survey(n=120, kinds=("RRab", "RRc")), kinds=("RRab", "RRc"))
    assert set(learned[-1][0]) == {"RRab", "RRc"}
    assert len(learned[-1][0]["RRab"]) == 3
    assert len(learned[-1][0]["RRc"]) == 2  # it has no more
    counts = trials.group_by("pulsation_type").agg(pl.col("n_features").max(), pl.len())
    assert sorted(counts.iter_rows()) == [("RRab", 3, 180), ("RRc", 2, 120)]


def test_what_an_estimator_cannot_learn_is_told_and_does_not_end_the_selection(learned):
    trials = estimator_rows(*survey(), params={"most": 2})
    failed = trials.filter(pl.col("failure").is_not_null())
    assert failed["failure"].unique().item() == "more predictors than it can bear"
    assert failed["n_features"].unique().item() == 3
    assert failed.height == 80
    assert failed["feh"].null_count() == 80
