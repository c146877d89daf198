"""Time and accuracy of the harmonic fit, beside scipy.optimize.curve_fit star by star.

Both fit the same simulated light curves: G band, free period, Gaia-like clumps of transits
106.5 minutes apart over 1000 d, true curves with more harmonics than are fitted. ``curve_fit``
is told the order with which it does best, and starts from the true period and a linear fit; it
chooses no order, clips nothing and derives nothing in its time. Times are of one core.

    tox run -e bench -- harmonic_fit
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from run import Row
from scipy.optimize import OptimizeWarning, curve_fit

from rrcat.fourier import FitResult, fit_arrays
from rrcat.harmonic import angular_difference, evaluate
from rrcat.simulate.epochs import transit_times

# A_k and φ_k1 of typical stars in G, periods, and the order that curve_fit is told.
KINDS: dict[str, dict[str, Any]] = {
    "RRab": {
        "amplitudes": [0.31, 0.14, 0.102, 0.068, 0.04, 0.028, 0.019, 0.012, 0.008, 0.005, 0.003],
        "phases": [0.0, 3.95, 1.95, 6.1, 4.2, 2.3, 0.5, 4.9, 3.0, 1.0, 5.0],
        "period": (0.45, 0.70),
        "order": 6,
    },
    "RRc": {
        "amplitudes": [0.20, 0.024, 0.014, 0.009, 0.004, 0.002],
        "phases": [0.0, 4.6, 3.4, 2.2, 1.0, 0.0],
        "period": (0.25, 0.40),
        "order": 3,
    },
}
NAMES = ("period", "a1", "a2", "a3", "phi21", "phi31")
Values = dict[str, NDArray[np.float64]]


def simulate(kind: str, n_stars: int, n_epochs: int, seed: int) -> tuple[Any, ...]:
    """Give offsets, time, mag, error and the true values."""
    rng = np.random.default_rng(seed)
    shape = KINDS[kind]
    k = np.arange(1, len(shape["amplitudes"]) + 1)
    curves, truth = [], []
    for _ in range(n_stars):
        period = rng.uniform(*shape["period"])
        amplitudes = np.array(shape["amplitudes"]) * rng.uniform(0.8, 1.25)
        phases = np.array(shape["phases"]) + k * rng.uniform(0, 2 * np.pi)
        times = transit_times(rng, n_epochs)
        error = rng.uniform(0.005, 0.03) * rng.uniform(0.7, 1.4, n_epochs)
        mag = evaluate(times, period, 0.0, 15.0, amplitudes, phases)
        curves.append((times, mag + error * rng.standard_normal(n_epochs), error))
        truth.append([period, *amplitudes[:3], *shape["phases"][1:3]])
    times, mags, errors = (np.concatenate(column) for column in zip(*curves, strict=True))
    offsets = np.arange(0, n_epochs * n_stars + 1, n_epochs)
    return offsets, times, mags, errors, dict(zip(NAMES, np.array(truth).T, strict=True))


def with_rrcat(curves: tuple[Any, ...], order: int) -> FitResult:
    offsets, times, mags, errors, truth = curves
    return fit_arrays(offsets, times, mags, errors, truth["period"])


def values_of_rrcat(fit: FitResult) -> tuple[Values, Values]:
    return {name: fit[name] for name in NAMES}, {name: fit[f"{name}_error"] for name in NAMES}


def with_curve_fit(curves: tuple[Any, ...], order: int) -> list[Any]:
    """Give parameters and covariance of every star; None where curve_fit gives up."""
    offsets, times, mags, errors, truth = curves
    model, design = _series(order)
    fits: list[Any] = []
    for star in range(offsets.size - 1):
        here = slice(offsets[star], offsets[star + 1])
        elapsed = times[here] - times[here].mean()
        frequency = 1.0 / truth["period"][star]
        start = np.linalg.lstsq(design(elapsed, frequency), mags[here], rcond=None)[0]
        start = np.array([frequency, *start])
        try:
            fits.append(curve_fit(model, elapsed, mags[here], start, errors[here], True))
        except RuntimeError:
            fits.append(None)
    return fits


def values_of_curve_fit(fits: list[Any]) -> tuple[Values, Values]:
    """Derive what curve_fit does not give, with errors by numerical propagation; not timed."""
    values, sigmas = np.full((2, len(NAMES), len(fits)), np.nan)
    for star, fit in enumerate(fits):
        if fit is None:
            continue
        best, covariance = fit
        values[:, star] = _derive(best)
        steps = 1e-3 * np.sqrt(np.diag(covariance))
        jacobian = np.array(
            [
                _difference(_derive(best + step), values[:, star]) / step.sum()
                for step in np.diag(steps)
            ]
        ).T
        sigmas[:, star] = np.sqrt(np.einsum("ij,jk,ik->i", jacobian, covariance, jacobian))
    return dict(zip(NAMES, values, strict=True)), dict(zip(NAMES, sigmas, strict=True))


def _series(order: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    k = np.arange(1, order + 1)

    def design(elapsed: Any, frequency: float) -> Any:
        angle = 2 * np.pi * frequency * elapsed[:, None] * k
        return np.hstack([np.ones((elapsed.size, 1)), np.cos(angle), np.sin(angle)])

    def model(elapsed: Any, frequency: float, *coefficients: float) -> Any:
        return design(elapsed, frequency) @ np.array(coefficients)

    return model, design


def _derive(best: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the values of NAMES from frequency, mean, cosine and sine coefficients."""
    order = (best.size - 2) // 2
    a, b = best[2 : 2 + order], best[2 + order :]
    phi = np.arctan2(-b, a)
    phi_k1 = np.mod(phi - np.arange(1, order + 1) * phi[0], 2 * np.pi)
    return np.array([1.0 / best[0], *np.hypot(a, b)[:3], *phi_k1[1:3]])


def _difference(values: Any, others: Any) -> Any:
    difference = values - others
    difference[4:] = angular_difference(values[4:], others[4:])
    return difference


def timed(fit: Callable[..., Any], curves: tuple[Any, ...], order: int, repeats: int) -> Any:
    """Give the result and the least processor time of some repeats, in ms a light curve."""
    least = np.inf
    for _ in range(repeats):
        start = time.process_time()
        result = fit(curves, order)
        least = min(least, time.process_time() - start)
    return result, 1e3 * least / (curves[0].size - 1)


def judged(values: Values, sigmas: Values, truth: Values) -> dict[str, float]:
    """Give the rms error of A1 and φ31, and the standard deviation of the pull of every value."""
    row = {}
    for name in NAMES:
        difference = values[name] - truth[name]
        if name.startswith("phi"):
            difference = angular_difference(values[name], truth[name])
        if name in ("a1", "phi31"):
            row[f"rms {name}"] = float(np.sqrt(np.nanmean(difference**2)))
        row[f"pull {name}"] = float(np.nanstd(difference / sigmas[name]))
    return row


def measure(n_stars: int, seed: int) -> dict[str, Any]:
    start = time.perf_counter()
    with_rrcat(simulate("RRab", 1, 45, seed), 0)
    first_call = time.perf_counter() - start
    table = []
    for kind, n_epochs in [("RRab", 45), ("RRc", 45), ("RRab", 20), ("RRc", 20)]:
        # With 20 epochs curve_fit can bear no more harmonics than this.
        order = min(KINDS[kind]["order"], (n_epochs - 4) // 4)
        curves = simulate(kind, n_stars, n_epochs, seed)
        fits, milliseconds = timed(with_rrcat, curves, order, repeats=5)
        row = {"fit": "rrcat", "type": kind, "epochs": n_epochs, "ms": milliseconds}
        table.append({**row, **judged(*values_of_rrcat(fits), curves[4])})
        with warnings.catch_warnings():
            # Some covariances cannot be estimated; such stars have no pull.
            warnings.simplefilter("ignore", OptimizeWarning)
            fits, milliseconds = timed(with_curve_fit, curves, order, repeats=1)
        with np.errstate(invalid="ignore"):
            values, sigmas = values_of_curve_fit(fits)
            row = {"fit": "curve_fit", "type": kind, "epochs": n_epochs, "ms": milliseconds}
            table.append({**row, **judged(values, sigmas, curves[4])})
    return {"n_stars": n_stars, "seed": seed, "first_call_s": first_call, "table": table}


def rows() -> Iterator[Row]:
    """Give what is required of 45 epochs, and what curve_fit does with the same light curves."""
    result = measure(n_stars=2000, seed=1)
    yield Row("first call of the fit, compiling or loading", f"{result['first_call_s']:.2f} s")
    for row in result["table"]:
        what = f"{row['fit']}, {row['type']}, {row['epochs']} epochs"
        required = row["fit"] == "rrcat" and row["epochs"] == 45
        yield Row(
            f"{what}: time a light curve, one core",
            f"{row['ms']:.3f} ms",
            *(("≤ 0.1 ms", row["ms"] <= 0.1) if required else ()),
        )
        yield Row(
            f"{what}: rms error of A1, φ31", f"{row['rms a1']:.4f} mag, {row['rms phi31']:.3f} rad"
        )
        pulls = [row[f"pull {name}"] for name in NAMES]
        yield Row(
            f"{what}: σ of the pulls of {', '.join(NAMES)}",
            ", ".join(f"{pull:.2f}" for pull in pulls),
            *(("0.9–1.15", min(pulls) >= 0.9 and max(pulls) <= 1.15) if required else ()),
        )
