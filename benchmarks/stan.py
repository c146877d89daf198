"""The Bayesian relation: is its sampler right, how fast is it, and how good on real stars."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from rrcat_stan.cmdstan import need_cmdstan
from rrcat_stan.estimator import BayesRelation
from rrcat_stan.predictors import Measured
from rrcat_stan.sampling import sample, stan_data
from rrcat_stan.settings import Priors, Sampler
from rrcat_stan.setup import set_up
from run import Row
from scipy import stats

from rrcat.errors import PluginError
from rrcat.estimator import StarBatch, load_bundle, save_bundle
from rrcat.testing import synthetic_batch

# Simulation-based calibration (Talts et al. 2018, arXiv:1804.06788).
FITS = 240
N_STARS = 60
RANKS = 100
BINS = 20
SBC_SAMPLER = Sampler(chains=2, warmup=500, draws=750)

BY_THE_CLOCK = "the same by the clock, with what else the machine does"
N_SAMPLED = 200
N_PREDICTED = 270_905
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def rows() -> Iterator[Row]:
    set_up(print)
    yield from sampling()
    yield from predicting()
    yield from gaia()
    yield from calibration()


def sampling() -> Iterator[Row]:
    truth = prior_draw(np.random.default_rng(1)) | {"alpha": -1.5, "sigma": 0.2, "freedom": 8.0}
    stars, feh, error = simulated(truth, np.random.default_rng(2), N_SAMPLED)
    sampler = Sampler(chains=4, warmup=1000, draws=2000)
    clock, cores = time.perf_counter(), sum(os.times()[:4])
    found = fitted(stars, feh, error, sampler, seed=1).diagnostics
    clock, cores = time.perf_counter() - clock, sum(os.times()[:4]) - cores
    what = f"sampling {N_SAMPLED} stars, {found.chains} chains of 1,000 and {found.draws:,} draws"
    yield Row(f"{what}, time of all cores together", f"{cores:.1f} s", "< 10 s", cores < 10)
    yield Row(BY_THE_CLOCK, f"{clock:.1f} s")
    yield Row(
        "divergent transitions, R-hat, smallest effective sample size",
        f"{found.divergences}, {found.rhat:.4f}, {found.ess:.0f}",
        "0, < 1.01",
        found.divergences == 0 and found.rhat < 1.01 and found.draws == 2000,
    )


def predicting() -> Iterator[Row]:
    batch, calibrators = synthetic_batch(150, seed=1, bands=["G"])
    with tempfile.TemporaryDirectory() as folder:
        bundle = Path(folder) / "bundle"
        save_bundle(
            BayesRelation().fit(batch, calibrators),
            bundle,
            golden=StarBatch(batch.stars, features=batch.features).only([1000]),
            seed=0,
            settings={},
            training_set_sha256="",
            metrics={},
        )
        one = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "NUMBA", "MKL")}
        code = f"import stan; stan.predict({str(bundle)!r})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parent,
            env={**os.environ, **one, "POLARS_MAX_THREADS": "1"},
            capture_output=True,
            text=True,
            check=True,
        )
    told = json.loads(done.stdout)
    seconds, memory = told["seconds"], told["memory"]
    what = f"predicting {N_PREDICTED:,} stars from {told['draws']} draws, time of one core"
    yield Row(what, f"{seconds:.1f} s", "< 10 s", seconds < 10)
    yield Row(BY_THE_CLOCK, f"{told['clock']:.1f} s")
    yield Row("its memory, stars and all", f"{memory:.2f} GB", "< 2 GB", memory < 2)


def predict(bundle: str) -> None:
    """Predict the stars in a process of its own, and print what that took."""
    import resource

    model = load_bundle(Path(bundle))
    batch, _ = synthetic_batch(300, seed=2, bands=["G"])
    copies = -(-N_PREDICTED // len(batch))

    def many(frame: pl.DataFrame) -> pl.DataFrame:
        places = pl.int_range(pl.len(), dtype=pl.Int64)
        repeated = pl.concat([frame] * copies).head(N_PREDICTED)
        return repeated.with_columns(source_id=places)

    batch = StarBatch(many(batch.stars), features=many(batch.features))
    model.predict(batch.only(range(10)))  # compiles what is not compiled yet
    clock, core = time.perf_counter(), time.process_time()
    answer = model.predict(batch)
    clock, core = time.perf_counter() - clock, time.process_time() - core
    assert set(answer["status"]) == {"ok"}
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9
    draws = model.relations["RRab"].draws.alpha.size
    print(json.dumps({"seconds": core, "clock": clock, "memory": memory, "draws": draws}))


def gaia() -> Iterator[Row]:
    path = Path(os.environ.get("RRCAT_TEST_DATA", DATA)) / "gaia_dr3_crestani21" / "rrab.csv"
    if not path.exists():
        return
    names = {"pf": "period", "phi31_g": "phi31", "phi21_g": "phi21"}
    table = pl.read_csv(path)
    features = table.select(
        "source_id",
        *(pl.col(old).alias(new) for old, new in names.items()),
        *(pl.col(f"{old}_error").alias(f"{new}_error") for old, new in names.items()),
        band=pl.lit("G"),
        fit_status=pl.lit("ok"),
    )
    stars = features.select("source_id", "period", pulsation_type=pl.lit("RRab"))
    calibrators = table.select(
        "source_id", feh="FeH", feh_error=pl.lit(0.1), feh_scale=pl.lit("C21")
    )
    learned = BayesRelation().fit(StarBatch(stars, features=features), calibrators)
    relation = learned.relations["RRab"]
    found = relation.calibrators
    residual = (found["left_out_feh"] - found["feh"]).to_numpy()
    sure = (found["phi31_error"] < 0.3).to_numpy()
    for what, of, most in (
        ("71 RRab of Gaia", residual, 0.295),
        ("σφ31 < 0.3", residual[sure], 0.28),
    ):
        rmse = float(np.sqrt(np.mean(of**2)))
        yield Row(f"RMSE left out, {what}", f"{rmse:.3f} dex", f"≤ {most} dex", rmse <= most)
    told = relation.account["parameters"]
    for name, published in (("period", -5.55), ("phi31", 0.94)):
        mean, sd = told[name]["mean"], told[name]["sd"]
        yield Row(
            f"slope in {name}",
            f"{mean:.2f} ± {sd:.2f}",
            f"{published} within 2 σ",
            abs(mean - published) <= 2 * sd,
        )


def calibration() -> Iterator[Row]:
    """Fit stars that were made from the prior: where is the truth among the draws?"""
    rng = np.random.default_rng(2026)
    ranks: dict[str, list[int]] = {}
    failed = 0
    for number in range(FITS):
        truth = prior_draw(rng)
        stars, feh, error = simulated(truth, rng, N_STARS)
        try:
            posterior = fitted(stars, feh, error, SBC_SAMPLER, seed=number)
        except PluginError:
            failed += 1
            continue
        values = posterior.values
        for name in ("mu", "gamma", "tau"):
            for place in range(2):
                values[f"{name}{place + 1}"] = values[name][:, :, place]
        values |= {name: values[name][:, :, 0] for name in ("delta", "beta", "freedom")}
        values["correlation"] = values["corr"][:, :, 1, 0]
        for name, true in truth.items():
            draws = np.concatenate(values[name])
            thin = draws[np.linspace(0, draws.size - 1, RANKS - 1).astype(int)]
            ranks.setdefault(name, []).append(int((thin < true).sum()))
    least = 0.01 / len(ranks)
    worst = {
        name: float(
            stats.chisquare(np.bincount(np.array(r) * BINS // RANKS, minlength=BINS)).pvalue
        )
        for name, r in ranks.items()
    }
    for name, p in worst.items():
        what = f"rank of the true {name} in {len(ranks[name])} fits, χ² of {BINS} bins"
        yield Row(what, f"p = {p:.3f}", f"p > {least:.4f}", p > least)
    yield Row("simulated samples whose chains could not be trusted", f"{failed}", "0", failed == 0)


def prior_draw(rng: np.random.Generator) -> dict[str, float]:
    """Give parameters from the prior, for φ31 with a slope and φ21 without."""
    p = Priors()
    freedom = 0.0
    while freedom <= 1.0:
        freedom = rng.gamma(p.freedom[0], 1.0 / p.freedom[1])
    truth = {
        "alpha": rng.normal(*p.alpha),
        "delta": rng.normal(0.0, p.slope),
        "beta": rng.normal(0.0, p.slope),
        "sigma": abs(rng.normal(0.0, p.scatter)),
        "error_scale": rng.lognormal(0.0, p.error_scale),
        "freedom": freedom,
        # LKJ of two dimensions.
        "correlation": 2.0 * rng.beta(p.correlation, p.correlation) - 1.0,
    }
    for place in ("1", "2"):
        truth[f"mu{place}"] = rng.normal(0.0, p.mean)
        truth[f"gamma{place}"] = rng.normal(0.0, p.mean)
        truth[f"tau{place}"] = rng.lognormal(0.0, p.width)
    return truth


def simulated(
    truth: dict[str, float], rng: np.random.Generator, n: int
) -> tuple[Measured, np.ndarray, np.ndarray]:
    """Give standardised stars with errors of their own, their [Fe/H] and its error."""
    tau = np.array([truth["tau1"], truth["tau2"]])
    cov = np.outer(tau, tau) * np.array([[1.0, truth["correlation"]], [truth["correlation"], 1.0]])
    slope = np.array([truth["beta"], 0.0])
    period, error = rng.normal(size=n), rng.uniform(0.05, 0.2, n)
    size = rng.lognormal(np.log(0.3), 0.7, (n, 2))
    s = size[:, :, None] * size[:, None, :] * (0.7 * np.eye(2) + 0.3)
    x, feh = np.empty((n, 2)), np.empty(n)
    for star in range(n):
        mean = np.array([truth["mu1"], truth["mu2"]])
        mean = mean + np.array([truth["gamma1"], truth["gamma2"]]) * period[star]
        of_x = cov + truth["error_scale"] ** 2 * s[star]
        x[star] = rng.multivariate_normal(mean, of_x)
        weights = np.linalg.solve(of_x, cov @ slope)
        expected = truth["alpha"] + truth["delta"] * period[star] + slope @ mean
        expected += weights @ (x[star] - mean)
        variance = slope @ cov @ slope - weights @ cov @ slope
        width = np.sqrt(variance + truth["sigma"] ** 2 + error[star] ** 2)
        feh[star] = expected + width * rng.standard_t(truth["freedom"])
    return Measured(period, np.zeros(n), x, s), feh, error


def fitted(stars, feh, error, sampler, *, seed):  # type: ignore[no-untyped-def]
    data = stan_data(
        stars,
        feh,
        error,
        n_slopes=1,
        period_slope=True,
        scatter="student-t",
        priors=Priors(),
    )
    return sample(data, sampler, seed=seed, cmdstan=need_cmdstan(), kind="simulated stars")
