"""Time and accuracy of the harmonic fit, beside scipy, astropy and light-curve star by star.

All fit the same simulated light curves: G band, free period, Gaia-like clumps of transits
106.5 minutes apart over 1000 d, true curves with more harmonics than are fitted. The peers:

- ``scipy.optimize.curve_fit``, told the order with which it does best, from the true period and a
  linear fit. It chooses no order, clips nothing and derives nothing in its time.
- the same doing what rrcat does, as a user would write it: a fit of every order from 3 to 8, the
  corrected Akaike criterion, one clipping at four robust standard deviations and a fit of the rest.
- astropy's ``LombScargle.model_parameters``, which solves the series at the true period: no period,
  no errors. What fitting costs a library when nothing is left to find.
- ``light-curve``, which has no harmonic series: its ``BazinFit``, five parameters by compiled least
  squares, tells what a fit costs there.

Times are of one core.

    tox run -e bench -- harmonic_fit
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import light_curve
import numpy as np
from astropy.timeseries import LombScargle
from numpy.typing import NDArray
from run import Row, Spread
from scipy.optimize import curve_fit

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


def with_curve_fit_choosing(curves: tuple[Any, ...], order: int) -> None:
    """Fit every order, take that of least AICc, clip once, fit again; ``order`` is not told."""
    offsets, times, mags, errors, truth = curves
    for star in range(offsets.size - 1):
        here = slice(offsets[star], offsets[star + 1])
        elapsed, mag, error = times[here] - times[here].mean(), mags[here], errors[here]
        frequency = 1.0 / truth["period"][star]
        fits = [_fit_order(k, elapsed, mag, error, frequency) for k in range(3, 9)]
        residual, chosen = min(filter(None, fits), key=lambda fit: _aicc(*fit, error))
        deviation = np.abs(residual) / error
        kept = deviation <= 4.0 * 1.4826 * np.median(deviation)
        if not kept.all():
            _fit_order(chosen, elapsed[kept], mag[kept], error[kept], frequency)


def _fit_order(order: int, elapsed: Any, mag: Any, error: Any, frequency: float) -> Any:
    model, design = _series(order)
    start = np.linalg.lstsq(design(elapsed, frequency), mag, rcond=None)[0]
    try:
        best, _ = curve_fit(model, elapsed, mag, np.array([frequency, *start]), error, True)
    except RuntimeError:
        return None
    return mag - model(elapsed, *best), order


def _aicc(residual: Any, order: int, error: Any) -> float:
    n, k = residual.size, 2 * order + 2
    spare = n - k - 1
    return float(np.sum((residual / error) ** 2) + 2 * k * n / spare) if spare > 0 else np.inf


def with_astropy(curves: tuple[Any, ...], order: int) -> None:
    offsets, times, mags, errors, truth = curves
    for star in range(offsets.size - 1):
        here = slice(offsets[star], offsets[star + 1])
        series = LombScargle(times[here], mags[here], errors[here], nterms=order)
        series.model_parameters(1.0 / truth["period"][star])


def with_light_curve(curves: tuple[Any, ...], order: int) -> None:
    offsets, times, mags, errors, _ = curves
    fit = light_curve.BazinFit("lmsder")
    for star in range(offsets.size - 1):
        here = slice(offsets[star], offsets[star + 1])
        flux = 10.0 ** (-0.4 * (mags[here] - 15.0))
        fit(times[here], flux, 0.4 * np.log(10.0) * flux * errors[here], sorted=True)


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
    """Give the result, and the processor times [ms a light curve] of some repeats."""
    milliseconds = []
    for _ in range(repeats):
        start = time.process_time()
        result = fit(curves, order)
        milliseconds.append(1e3 * (time.process_time() - start) / (curves[0].size - 1))
    return result, Spread.of(milliseconds, "ms")


def some(curves: tuple[Any, ...], n_stars: int) -> tuple[Any, ...]:
    """Give the first of the light curves."""
    offsets, times, mags, errors, truth = curves
    end = offsets[n_stars]
    first = {name: values[:n_stars] for name, values in truth.items()}
    return offsets[: n_stars + 1], times[:end], mags[:end], errors[:end], first


def first_calls() -> tuple[float, float]:
    """Give the processor time [s] of the first call of a process, compiling and with kept code."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import harmonic_fit as h; "
        "curves = h.simulate('RRab', 1, 45, 1); start = time.process_time(); "
        "h.with_rrcat(curves, 0); print(time.process_time() - start)"
    )
    here = str(Path(__file__).resolve().parent)
    with tempfile.TemporaryDirectory() as folder:
        calls = [
            subprocess.run(
                [sys.executable, "-c", code, here],
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
                capture_output=True,
                check=True,
                text=True,
            ).stdout
            for _ in range(2)
        ]
    return float(calls[0]), float(calls[1])


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


PEERS: dict[str, tuple[Callable[..., Any], int]] = {
    "curve_fit doing as much": (with_curve_fit_choosing, 100),
    "astropy, at the true period": (with_astropy, 500),
    "light-curve, BazinFit": (with_light_curve, 500),
}
"""What to time beside the two that are judged, and of how many light curves."""


def measure(n_stars: int, seed: int) -> dict[str, Any]:
    with_rrcat(simulate("RRab", 1, 45, seed), 0)
    table = []
    for kind, n_epochs in [("RRab", 45), ("RRc", 45), ("RRab", 20), ("RRc", 20)]:
        # With 20 epochs curve_fit can bear no more harmonics than this.
        order = min(KINDS[kind]["order"], (n_epochs - 4) // 4)
        curves = simulate(kind, n_stars, n_epochs, seed)
        fits, spread = timed(with_rrcat, curves, order, repeats=15)
        row = {"fit": "rrcat", "type": kind, "epochs": n_epochs, "ms": spread}
        table.append({**row, **judged(*values_of_rrcat(fits), curves[4])})
        with warnings.catch_warnings():
            # Some covariances cannot be estimated; such stars have no pull.
            warnings.simplefilter("ignore")
            fits, spread = timed(with_curve_fit, curves, order, repeats=3)
            with np.errstate(invalid="ignore"):
                values, sigmas = values_of_curve_fit(fits)
            row = {"fit": "curve_fit", "type": kind, "epochs": n_epochs, "ms": spread}
            table.append({**row, **judged(values, sigmas, curves[4])})
            for name, (fit, n) in PEERS.items() if n_epochs == 45 else ():
                _, spread = timed(fit, some(curves, n), order, repeats=3)
                table.append({"fit": name, "type": kind, "epochs": n_epochs, "ms": spread})
    return {"n_stars": n_stars, "seed": seed, "table": table}


def rows() -> Iterator[Row]:
    """Give what is required of 45 epochs, and what the peers do with the same light curves."""
    compiling, loading = first_calls()
    yield Row("first call of the fit where nothing is kept, compiling", f"{compiling:.1f} s")
    yield Row("first call of the fit in a later process, loading", f"{loading:.2f} s")
    ours = {}
    for row in measure(n_stars=2000, seed=1)["table"]:
        what = f"{row['fit']}, {row['type']}, {row['epochs']} epochs"
        milliseconds = row["ms"].minimum
        required = row["fit"] == "rrcat" and row["epochs"] == 45
        yield Row(
            f"{what}: time a light curve, one core",
            f"{milliseconds:.3f} ms",
            *(("≤ 0.04 ms", milliseconds <= 0.04) if required else ("", None)),
            row["ms"],
        )
        if row["fit"] == "rrcat":
            ours[row["type"], row["epochs"]] = milliseconds
        else:
            ratio = milliseconds / ours[row["type"], row["epochs"]]
            as_much = row["fit"] == "curve_fit doing as much"
            yield Row(
                f"{what}: times as long as rrcat",
                f"{ratio:.0f}",
                *(("≥ 60", ratio >= 60.0) if as_much else ()),
            )
        if "rms a1" not in row:
            continue
        yield Row(
            f"{what}: rms error of A1, φ31", f"{row['rms a1']:.4f} mag, {row['rms phi31']:.3f} rad"
        )
        pulls = [row[f"pull {name}"] for name in NAMES]
        yield Row(
            f"{what}: σ of the pulls of {', '.join(NAMES)}",
            ", ".join(f"{pull:.2f}" for pull in pulls),
            *(("0.9–1.15", min(pulls) >= 0.9 and max(pulls) <= 1.15) if required else ()),
        )
