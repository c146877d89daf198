"""How estimators that learned from whole light curves err where epochs are few or periods wrong.

    python benchmarks/robustness.py [--quick] [--folds N] [--workers N] [--output DIR] ...
    tox run -e bench -- robustness

The models are those of `learning_curve.py` with the most stars, and learned here where they are not
there yet. Each is tested on the stars of the fold that it has not seen:

Epochs
    Observations are left out by chance until 12 to 60 remain, the fewer always among the more; then
    the light curve is fitted and folded again. A star counts where it has so many.
Period
    The light curves are published folded, without times, so times are simulated: each star is
    observed as often as it was, when a satellite like Gaia would (`rrcat.simulate.epochs`), its
    magnitudes are those of its harmonic series with its residual scatter about them. Its period is
    then wrong by 1e-5 to 1e-3 of itself, too long for one half of the stars and too short for the
    other. Either the light curve is folded with the wrong period, or the fit starts from it and may
    mend it, as it does wherever an archive gives times.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from _study import (
    LOOKS,
    Learning,
    Settings,
    Study,
    beside_truth,
    kept,
    reads,
    rmse_cell,
    settings,
    study,
    write,
)
from matplotlib.axes import Axes

from rrcat.catalogue.recipe import Recipe
from rrcat.estimator import StarBatch
from rrcat.evaluation.metrics import metrics
from rrcat.evaluation.plots import svg
from rrcat.fourier import fit_light_curves
from rrcat.harmonic import MAX_HARMONICS, evaluate
from rrcat.lightcurve import sequences
from rrcat.run.folds import loaded
from rrcat.simulate.epochs import transit_times

EPOCHS = (12, 16, 20, 25, 30, 40, 50, 60)
SHIFTS = (0.0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3)
WHOLE, FEW, HELD, FITTED = "whole", "epochs", "period held", "period fitted"
BAND = "G"


def thinned(light_curves: pl.DataFrame, number: int, seed: int) -> pl.DataFrame:
    """Give so many observations of each star that has them; fewer are among more."""
    ordered = light_curves.sort("source_id", "phase", "mag")
    drawn = [
        np.random.default_rng([seed, star]).permutation(size)
        for star, size in ordered.group_by("source_id", maintain_order=True).len().iter_rows()
    ]
    place = pl.Series(np.concatenate(drawn)) if drawn else pl.Series([], dtype=pl.Int64)
    return ordered.filter(pl.len().over("source_id") >= number, place < number)


def observed(features: pl.DataFrame, seed: int) -> pl.DataFrame:
    """Give light curves with times of stars with these fits: ``source_id, band, time, mag``.

    As many observations as ``n_observations`` says, of the series that was fitted, with its
    residual scatter.
    """
    parts = []
    for row in features.filter(fit_status="ok").sort("source_id").iter_rows(named=True):
        rng = np.random.default_rng([seed, row["source_id"]])
        time = transit_times(rng, row["n_observations"])
        names = range(2, MAX_HARMONICS + 1)
        amplitudes = [row["a1"], *(row[f"a{k}"] for k in names)]
        phases = [0.0, *(row[f"phi{k}1"] for k in names)]
        series = evaluate(
            time,
            row["period"],
            0.0,
            row["zp_mag"],
            np.array(amplitudes, dtype=np.float64),
            np.array(phases, dtype=np.float64),
        )
        mag = series + rng.normal(0.0, row["residual_scatter"], time.size)
        ids = np.full(time.size, row["source_id"])
        parts.append(pl.DataFrame({"source_id": ids, "time": time, "mag": mag}))
    return pl.concat(parts).with_columns(band=pl.lit(BAND))


def mistaken(stars: pl.DataFrame, shift: float) -> pl.DataFrame:
    """Give stars whose periods are wrong by this part of themselves, one longer, one shorter."""
    sign = 1 - 2 * (pl.int_range(pl.len()) % 2)
    return stars.sort("source_id").with_columns(period=pl.col("period") * (1.0 + shift * sign))


def folded(light_curves: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    """Give light curves with phases in place of times, so that the fit holds the period."""
    phase = (pl.col("time") / pl.col("period")) % 1.0
    periods = stars.select("source_id", "period")
    return light_curves.join(periods, on="source_id").select(
        "source_id", "band", "mag", phase=phase
    )


def fitted(light_curves: pl.DataFrame, stars: pl.DataFrame, recipe: Recipe) -> StarBatch:
    """Give what an estimator reads of these light curves, fitted as the recipe says."""
    features = fit_light_curves(light_curves, stars, [BAND], recipe.fourier, recipe.cleaning)
    made = sequences(light_curves, features, recipe.cleaning)
    return StarBatch(stars, features=features, sequences=made)


def variations(batch: StarBatch, recipe: Recipe) -> Iterator[tuple[str, float, StarBatch]]:
    """Yield what is changed, how far, and the stars as they are then."""
    assert batch.light_curves is not None
    assert batch.features is not None
    seed = recipe.evaluation.seed
    whole = batch.light_curves.select("source_id", "band", "phase", "mag")
    yield WHOLE, 0.0, fitted(whole, batch.stars, recipe)
    for number in EPOCHS:
        some = thinned(whole, number, seed)
        stars = batch.stars.join(some, on="source_id", how="semi", maintain_order="left")
        yield FEW, number, fitted(some, stars, recipe)
    times = observed(batch.features, seed)
    for shift in SHIFTS:
        stars = mistaken(batch.stars, shift)
        yield HELD, shift, fitted(folded(times, stars), stars, recipe)
        yield FITTED, shift, fitted(times, stars, recipe)


@dataclass(frozen=True)
class Test:
    """Tests each model with every variation of the stars that it has not seen."""

    study: Study

    def __call__(self, unit: Learning) -> pl.DataFrame:
        calibrators, batch = loaded(self.study.folder)
        model = self.study.model(unit)
        unseen = batch.only(self.study.tested(unit.fold))
        told = []
        for change, level, varied in variations(unseen, self.study.recipe):
            answers = model.predict(reads(varied, model.spec.inputs))
            about = {"change": pl.lit(change), "level": pl.lit(level, pl.Float64)}
            told.append(beside_truth(answers, calibrators).with_columns(**about))
        return pl.concat(told)


def measure(wanted: Settings) -> dict[str, Any]:
    """Give the metrics of each estimator for each variation; ``same_stars`` are those unchanged."""
    with study(wanted) as place:
        ids = [section.id for section in place.sections]
        units = [
            Learning(id, max(wanted.numbers), fold) for fold in range(wanted.folds) for id in ids
        ]
        found = kept(Test(place), units, place.folder / "parts" / "robustness", wanted.workers)
        seed = place.recipe.evaluation.seed
        told: dict[str, Any] = {}
        for (id, change, level), rows in found.group_by(
            "estimator", "change", "level", maintain_order=True
        ):
            one = metrics(rows, seed=seed)
            if change == FEW:
                valued = rows.filter(pl.col("feh").is_not_null())
                whole = found.filter(estimator=id, change=WHOLE)
                whole = whole.join(valued, on="source_id", how="semi")
                one["same_stars"] = metrics(whole, seed=seed)
            told.setdefault(id, {}).setdefault(change, {})[f"{level:g}"] = one
        return {
            "recipe": wanted.recipe.name,
            "learned_from": max(wanted.numbers),
            "folds_tested": wanted.folds,
            "estimators": told,
        }


def tables(told: dict[str, Any]) -> str:
    """Give the RMSE [dex] by number of epochs and by error of the period, as Markdown."""
    of = told["estimators"]
    head = " | ".join(f"`{id}`" for id in of)
    line = "|---" * (2 + len(of)) + "|"
    lines = [f"| epochs | stars | {head} |", line]
    for level in of[next(iter(of))][FEW]:
        each = [of[id][FEW][level] for id in of]
        cells = [f"{rmse_cell(one)} for {_rmse(one['same_stars'])}" for one in each]
        lines.append(f"| {level} | {each[0]['n_asked']:,} | {' | '.join(cells)} |")
    every = [of[id][WHOLE]["0"] for id in of]
    cells = [rmse_cell(one) for one in every]
    lines.append(f"| all there are | {every[0]['n_asked']:,} | {' | '.join(cells)} |")
    lines += ["", f"| error of the period | | {head} |", line]
    for level in of[next(iter(of))][HELD]:
        for change in (HELD, FITTED):
            cells = [rmse_cell(of[id][change][level]) for id in of]
            lines.append(f"| {level} | {change.split()[1]} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _rmse(one: dict[str, Any]) -> str:
    return "none" if one["rmse"] is None else f"{one['rmse']:.3f}"


def draw_epochs(told: dict[str, Any], axes: Axes) -> None:
    """Draw the RMSE against the number of epochs, and that of the same stars with all of them."""
    for id, by_change in told["estimators"].items():
        line(axes, by_change[FEW], *LOOKS[id], "-", label=id)
        whole = {level: one["same_stars"] for level, one in by_change[FEW].items()}
        line(axes, whole, *LOOKS[id], ":", label=None)
    axes.plot([], [], ":", color="#444444", label="the same stars, all epochs")
    axes.set(xlabel="epochs left", ylabel="RMSE of stars left out, dex")
    axes.legend()


def draw_period(told: dict[str, Any], axes: Axes) -> None:
    """Draw the RMSE against the error of the period, held and fitted."""
    for id, by_change in told["estimators"].items():
        line(axes, by_change[HELD], *LOOKS[id], "-", label=id)
        line(axes, by_change[FITTED], *LOOKS[id], "--", label=None)
    axes.plot([], [], "--", color="#444444", label="the fit may mend the period")
    axes.set_xscale("symlog", linthresh=SHIFTS[1])
    ticks = SHIFTS[:2] + SHIFTS[3::2]
    axes.set_xticks(ticks, [f"{shift:g}" for shift in ticks])
    axes.minorticks_off()
    axes.set(xlabel="relative error of the period", ylabel="RMSE of stars left out, dex")
    axes.legend()


def line(
    axes: Axes,
    by_level: dict[str, Any],
    colour: str,
    marker: str,
    style: str,
    label: str | None,
) -> None:
    there = {float(level): one for level, one in by_level.items() if one["rmse"] is not None}
    axes.errorbar(
        list(there),
        [one["rmse"] for one in there.values()],
        yerr=[one["rmse_error"] or 0.0 for one in there.values()],
        color=colour,
        marker=marker,
        linestyle=style,
        markersize=5,
        capsize=3,
        label=label,
    )


def main(arguments: Sequence[str]) -> dict[str, Any]:
    wanted = settings(arguments, __doc__)
    told = measure(wanted)
    figures = {
        "robustness-epochs": svg(lambda axes: draw_epochs(told, axes), (6.4, 4.2)),
        "robustness-period": svg(lambda axes: draw_period(told, axes), (6.4, 4.2)),
    }
    write(wanted.report, "robustness", told, tables(told), figures)
    return told


def rows() -> Iterator[Any]:
    from run import NotMeasured, Row

    wanted = settings([], None)
    if not wanted.data.is_dir():
        raise NotMeasured(f"there is no {wanted.data}")
    for id, by_change in main([])["estimators"].items():
        for change, by_level in by_change.items():
            for level, one in by_level.items():
                yield Row(f"{id}, {change} {level}: RMSE", f"{rmse_cell(one)} dex")


if __name__ == "__main__":
    main(sys.argv[1:])
