"""``rrcat evaluate --select-features``: which features the calibrators of a recipe speak for."""

from collections.abc import Callable
from typing import Any

import polars as pl
from threadpoolctl import threadpool_limits

from rrcat import atomic
from rrcat.canonical import json_bytes
from rrcat.catalogue.assemble import main_band
from rrcat.errors import RunError
from rrcat.evaluation.candidates import Candidates
from rrcat.evaluation.nested import FOR_ESTIMATORS, RELATION, choice
from rrcat.evaluation.selection import METHODS, Choice
from rrcat.evaluation.selection_plots import selection_plots
from rrcat.evaluation.selection_report import feature_table, score_table, selection_report
from rrcat.run.folds import Fold
from rrcat.run.partition import AnyUnit
from rrcat.run.parts import read_parts
from rrcat.run.progress import progress_bars
from rrcat.run.select_folds import (
    Resample,
    Sample,
    SelectInFold,
    SelectInResample,
    TryPredictors,
    usable,
)
from rrcat.run.stage import run_stage
from rrcat.run.workspace import Workspace

Chosen = dict[tuple[str, str], tuple[Candidates, Choice]]


def select(place: Workspace, cut: list[Fold]) -> dict[str, Any]:
    """Choose features in every fold and resample, and try what was chosen on the other stars.

    Leaves ``selection.json``, ``selection.csv``, ``selection-features.csv`` and plots in the folder
    of an evaluation, and gives what ``selection.json`` says.

    Raises
    ------
    RunError
        No pulsation type has enough stars to choose from.
    """
    recipe, output = place.recipe, place.output
    settings, seed = recipe.evaluation.selection, recipe.evaluation.seed
    sample = Sample(output, main_band(place.store.bands, recipe.catalogue.band), settings, seed)
    every = sample.every_type()
    among = [one for one in every if one.missing is None]
    if not among:
        why = "; ".join(f"{one.kind}: {one.missing}" for one in every) or "no RRab, RRc or RRd"
        raise RunError(
            f"there is nothing to choose features from ({why})",
            hint="give more calibrators; sample.csv tells why stars were left out. The evaluation "
            "itself is finished",
        )
    n_stars = sum(one.stars.height for one in among)
    draws = [Resample(number, n_stars) for number in range(settings.resamples)]
    offered = {
        section.id: usable(among, place.registry.estimator(section.id, section.params))
        for section in recipe.estimator
    }
    with progress_bars() as progress, place.executor(len(cut)) as pool:

        def stage(
            title: str, work: Callable[[AnyUnit], pl.DataFrame], units: list[AnyUnit], name: str
        ) -> pl.DataFrame:
            folder = output / "parts" / name
            run_stage(title, work, units, folder, executor=pool, progress=progress)
            return read_parts(units, folder)

        # No estimator has an underscore in its id: its own parts are apart from these.
        trials = [stage("Selecting features", SelectInFold(sample), cut, "select_in_folds")]
        drawn = stage(
            "Selecting from resamples", SelectInResample(sample), draws, "select_in_draws"
        )
        for section in recipe.estimator:
            if offered[section.id]:
                work = TryPredictors(sample, section)
                trials.append(stage(f"Predictors: {section.id}", work, cut, f"select_{section.id}"))
    told = {
        "band": sample.band,
        "resamples": settings.resamples,
        "estimators": {id: {"selectable": bool(usable)} for id, usable in offered.items()},
        "types": _types(every, pl.concat(trials), drawn, offered, seed),
    }
    _write(place, told)
    return told


def _write(place: Workspace, told: dict[str, Any]) -> None:
    types = {kind: one for kind, one in told["types"].items() if "models" in one}
    (place.output / "plots").mkdir(exist_ok=True)
    for kind, one in types.items():
        title = f"{place.recipe.catalogue.name}, {kind}: {one['n']} of {one['n_asked']} stars"
        for name, content in selection_plots(one, title=title).items():
            atomic.write_bytes(place.output / "plots" / f"selection-{kind}-{name}.svg", content)
    for file, table in (
        ("selection.csv", score_table(types)),
        ("selection-features.csv", feature_table(types)),
    ):
        atomic.write_bytes(place.output / file, table.write_csv().encode())
    atomic.write_bytes(place.output / "selection.json", json_bytes(told))


def _types(
    every: list[Candidates],
    trials: pl.DataFrame,
    drawn: pl.DataFrame,
    offered: dict[str, list[Candidates]],
    seed: int,
) -> dict[str, Any]:
    told = {}
    for among in every:
        if among.missing is not None:
            told[among.kind] = {
                "n_asked": among.asked.height,
                "n": among.stars.height,
                "reason": among.missing,
            }
            continue
        its = pl.col("pulsation_type") == among.kind
        with threadpool_limits(1):  # as in the folds
            chosen: Chosen = {
                (RELATION, method): (among, choice(among, method, seed)) for method in METHODS
            }
            for id, some in offered.items():
                for one in some:
                    if one.kind == among.kind:
                        chosen[id, FOR_ESTIMATORS] = one, choice(one, FOR_ESTIMATORS, seed)
        told[among.kind] = selection_report(
            among, trials.filter(its), drawn.filter(its), chosen, seed=seed
        )
    return told
