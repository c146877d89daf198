"""Whether simulated light curves pass for real ones.

Both are fitted by the same code. A classifier, boosted trees under cross-validation, is asked to
tell their Fourier parameters apart: an AUC of 0.5 is a guess, 1 is certainty. An estimator learns
[Fe/H] from either, and errs by as much.

The real stars are those that `derivations/simulated_shapes.py` has not seen: every other one of the
folded Gaia DR2 curves (RRab; Dékány & Grebel 2022) and of the stars of Muraveva et al. (2025) in
the Large Magellanic Cloud (RRc).

    tox run -e bench -- simulation
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import xgboost
from run import NotMeasured, Row

from rrcat.estimator.batch import StarBatch
from rrcat.estimator.registry import discover
from rrcat.evaluation.cross_validation import cross_validate
from rrcat.evaluation.splits import cut
from rrcat.fourier.fit import fit_light_curves
from rrcat.schema import conform, load
from rrcat.simulate import simulate

CHECKOUT = Path(__file__).resolve().parent.parent
ORDERS = range(4, 9)
PUBLISHED = ("period", "a1", "r21", "r31", "phi21", "phi31")
EVERY = (*PUBLISHED, *(f"r{k}1" for k in ORDERS), *(f"phi{k}1" for k in ORDERS))
LIMIT_AUC, LIMIT_RMSE = 0.70, 0.20
# Gaia's errors of the RRc of the Cloud against what a fit allows; as in the derivation.
INFLATION = 1.3
ERROR_OF_LABEL = 0.16  # dex, as in catalogues/ogle-gaia-g
FOLDS = 5


def real_rrab(folder: Path, n_stars: int | None = None) -> pl.DataFrame:
    """Give features, ``n`` points, mean ``mag`` and ``feh`` (or null) of unseen RRab."""
    folder = folder / "gaia_dr2_g_folded"
    stars = pl.read_csv(folder / "stars.csv", infer_schema_length=None)
    stars = stars.filter(pl.col("period") > 0.3).sort("source_id").gather_every(2, offset=1)
    stars = stars if n_stars is None else stars.sample(n_stars, seed=0)
    points = pl.read_parquet(folder / "light_curves.parquet").with_columns(band=pl.lit("G"))
    return _fitted(points, stars)


def simulated_rrab(real: pl.DataFrame, truth: str, seed: int, *, surplus: int = 5) -> pl.DataFrame:
    """Give the same of simulated RRab, folded and with the number of points of some real star.

    There are up to ``surplus`` of them for each real one.
    """
    survey = simulate(surplus * 2 * real.height, seed, truth=truth, bands=("G",))
    rng = np.random.default_rng(seed)
    stars = survey["truth"].filter(pl.col("difficulty").is_null(), kind="RRab")
    stars = stars.select(
        "source_id", "feh", wanted=pl.Series(rng.choice(real["n"].to_numpy(), stars.height))
    ).join(survey["stars"].select("source_id", "period"), on="source_id")
    points = survey["light_curves"].filter(~pl.col("rejected"))
    points = points.join(stars, on="source_id", maintain_order="left")
    points = points.with_columns(draw=pl.Series(rng.random(points.height))).filter(
        pl.len().over("source_id") >= pl.col("wanted"),
        pl.col("draw").rank().over("source_id") <= pl.col("wanted"),
    )
    phase = (pl.col("time") / pl.col("period")) % 1.0
    return _fitted(points.select("source_id", "band", "mag", phase=phase), stars)


def _fitted(points: pl.DataFrame, stars: pl.DataFrame) -> pl.DataFrame:
    features = fit_light_curves(points, stars.select("source_id", "period"), ["G"])
    about = points.group_by("source_id").agg(n=pl.len(), mag=pl.col("mag").mean())
    return (
        features.filter(fit_status="ok")
        .join(about, on="source_id", maintain_order="left")
        .join(stars.select("source_id", "feh"), on="source_id", maintain_order="left")
    )


def real_rrc(folder: Path) -> pl.DataFrame:
    """Give the published parameters of unseen RRc in the Cloud, with the error of A1."""
    stars = pl.read_parquet(folder / "muraveva25_lmc" / "stars.parquet").filter(Type="RRc")
    return (
        stars.sort("source_id")
        .gather_every(2, offset=1)
        .select(
            period="Period",
            a1="A1",
            a1_error=pl.col("A1_error") / INFLATION,
            r21=pl.col("A2") / pl.col("A1"),
            r31=pl.col("A3") / pl.col("A1"),
            phi21=pl.col("Phi21") % (2 * np.pi),
            phi31=pl.col("Phi31") % (2 * np.pi),
        )
    )


def simulated_rrc(n_stars: int, seed: int) -> pl.DataFrame:
    """Give the features of simulated RRc; ``n_stars`` of all types are simulated."""
    survey = simulate(n_stars, seed, bands=("G",))
    regular = survey["truth"].filter(pl.col("difficulty").is_null(), kind="RRc")
    stars = survey["stars"].join(regular, on="source_id", how="semi")
    return fit_light_curves(survey["light_curves"], stars, ["G"]).filter(fit_status="ok")


def alike(simulated: pl.DataFrame, real: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Give for each real star the nearest simulated one not yet taken, by logarithms of columns."""
    there, wanted = (np.log(frame.select(columns).to_numpy()) for frame in (simulated, real))
    width = wanted.std(axis=0)
    free, chosen = np.ones(len(there), dtype=bool), []
    for star in wanted:
        distance = np.where(free, (((there - star) / width) ** 2).sum(axis=1), np.inf)
        chosen.append(int(distance.argmin()))
        free[chosen[-1]] = False
    return simulated[chosen]


def separation(real: pl.DataFrame, simulated: pl.DataFrame, columns: Sequence[str]) -> float:
    """Give the AUC of a classifier of stars between the 1st and 99th percentile of P and A1."""
    rows = [frame.select(columns).cast(pl.Float64).to_numpy() for frame in (real, simulated)]
    low, high = np.quantile(rows[0][:, :2], [0.01, 0.99], axis=0)
    rows = [each[((each[:, :2] >= low) & (each[:, :2] <= high)).all(axis=1)] for each in rows]
    values = np.concatenate(rows)
    label = np.repeat([0, 1], [len(each) for each in rows])
    part = np.random.default_rng(0).permutation(len(label)) % FOLDS
    score = np.zeros(len(label))
    for fold in range(FOLDS):
        trees = xgboost.XGBClassifier(
            n_estimators=200, max_depth=3, learning_rate=0.05, subsample=0.8, n_jobs=1, seed=0
        )
        trees.fit(values[part != fold], label[part != fold])
        score[part == fold] = trees.predict_proba(values[part == fold])[:, 1]
    rank = score.argsort().argsort()
    n = label.sum()
    return float((rank[label == 1].sum() - n * (n - 1) / 2) / (n * (len(label) - n)))


def rmse_of_line(stars: pl.DataFrame) -> float:
    """Give the RMSE of least squares in P, φ31 and A2 of stars left out."""
    phase = (stars["phi31"].to_numpy() + 1.0) % (2 * np.pi)
    design = np.column_stack([np.ones(stars.height), stars["period"], phase, stars["a2"]])
    feh = stars["feh"].to_numpy()
    part = np.random.default_rng(0).permutation(feh.size) % FOLDS
    off = np.zeros(feh.size)
    for fold in range(FOLDS):
        found = np.linalg.lstsq(design[part != fold], feh[part != fold], rcond=None)[0]
        off[part == fold] = design[part == fold] @ found - feh[part == fold]
    return float(np.sqrt(np.mean(off**2)))


def rmse_of(estimator: str, params: dict[str, Any], stars: pl.DataFrame) -> float:
    """Give the out-of-fold RMSE of an estimator on features with ``feh``."""
    stars = stars.sort("source_id")
    tables = {}
    for name, frame in (
        ("stars", stars.select("source_id", "period", pulsation_type=pl.lit("RRab"))),
        ("features", stars.select(n for n in load("features").names if n in stars.columns)),
        (
            "calibrators",
            stars.select(
                "source_id", "feh", feh_error=pl.lit(ERROR_OF_LABEL), feh_scale=pl.lit("C21")
            ),
        ),
    ):
        tables[name] = conform(frame, load(name))
    calibrators = tables["calibrators"]
    sets = cut(calibrators, scheme="k-fold", folds=FOLDS, repeats=1, seed=0)
    batch = StarBatch(tables["stars"], None, tables["features"])
    trained = discover().estimator(estimator, params)
    found = cross_validate(trained, batch, calibrators, sets, seed=0)
    return float(((found["feh"] - found["feh_true"]) ** 2).mean() ** 0.5)


def rows() -> Iterator[Row]:
    folder = Path(os.environ.get("RRCAT_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        raise NotMeasured(f"there is no {folder}")
    real = real_rrab(folder)
    surveys = {truth: simulated_rrab(real, truth, seed=12) for truth in ("curved", "linear")}
    sampled = alike(surveys["curved"], real, ["mag", "n"])
    for what, columns in (("period, A1 to A3, φ21, φ31", PUBLISHED), ("all orders", EVERY)):
        found = separation(real, sampled, columns)
        yield Row(
            f"{real.height:,} RRab in G, {what}: AUC of real against simulated",
            f"{found:.3f}",
            f"≤ {LIMIT_AUC:.2f}",
            found <= LIMIT_AUC,
        )
    cloud = real_rrc(folder)
    found = separation(cloud, alike(simulated_rrc(16_000, 12), cloud, ["a1_error"]), PUBLISHED)
    yield Row(
        f"{cloud.height} RRc in G, published parameters: AUC of real against simulated",
        f"{found:.3f}",
        f"≤ {LIMIT_AUC:.2f}",
        found <= LIMIT_AUC,
    )
    labelled = real.filter(pl.col("feh").is_not_null())
    errors = {
        "least squares in P, φ31, A2": rmse_of_line,
        "fourier-xgboost": lambda stars: rmse_of("fourier-xgboost", {}, stars),
    }
    for name, error in errors.items():
        of_real = error(labelled)
        yield Row(f"{labelled.height:,} RRab, {name}: RMSE on real stars", f"{of_real:.3f} dex")
        for truth, survey in surveys.items():
            # Labels were given to stars that are well observed.
            stars = alike(survey, labelled, ["mag", "n", "largest_gap", "phi31_error"])
            found = error(stars)
            # The linear truth has as scatter what is curved in real stars.
            asked = truth == "curved"
            yield Row(
                f"{labelled.height:,} RRab, {name}: RMSE on simulated stars, {truth} truth",
                f"{found:.3f} dex, {found / of_real - 1:+.0%}",
                f"within {LIMIT_RMSE:.0%}" if asked else "",
                abs(found / of_real - 1) <= LIMIT_RMSE if asked else None,
            )
