"""RR Lyrae stars that never were, with light curves, features and metallicities that agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from rrcat import schema
from rrcat.estimator.batch import StarBatch
from rrcat.harmonic import MAX_HARMONICS, PARAMETERS, evaluate, pack_covariance, wrap
from rrcat.lightcurve import sequences

# Shape of a light curve by pulsation type and band: amplitude against G, and phi31 (cosine form)
# as (constant + period + a2 + [Fe/H]) / slope. The numbers turn round the relations of Muraveva
# et al. 2025 (G), Dékány et al. 2021 (I, sine form) and Jurcsik & Kovács 1996 (V, sine form), so
# that those give roughly the [Fe/H] a star was made with.
RRAB = {
    "G": (1.0, 0.37, 5.55, 0.0, 0.94, 0.0),
    "I": (0.65, 5.819, 6.350, -5.785, 1.248, np.pi),
    "V": (1.15, 5.038, 5.394, 0.0, 1.345, np.pi),
}
RRC_AMPLITUDE = {"G": 1.0, "I": 0.62, "V": 1.2}
N_EPOCHS = 40
MAG_ERROR = 0.01
AMPLITUDE_ERROR = 0.004
PERIOD_ERROR = 1e-6


def synthetic_batch(
    n_stars: int = 200, *, seed: int = 0, bands: Sequence[str] = ("G", "I", "V")
) -> tuple[StarBatch, pl.DataFrame]:
    """Give stars with features and light curves, and their calibrators.

    Two thirds are RRab, one third RRc, all with a complete row of features in each band, correlated
    errors included. The same seed gives the same stars. A band other than G, I and V has the
    shapes of G. The metallicities are on the scale C21, each with an error of 0.1 dex.

    Returns
    -------
    A batch with ``stars``, ``features``, ``light_curves``, ``sequences``, and a frame of the table
    ``calibrators`` with a row for each star.
    """
    rng = np.random.default_rng(seed)
    stars, features, light_curves, calibrators = [], [], [], []
    for number in range(n_stars):
        source_id = 1_000 + 7 * number
        kind = "RRc" if number % 3 == 2 else "RRab"
        feh = float(np.clip(rng.normal(-1.45, 0.45), -2.6, 0.0))
        shapes, period = (_rrc if kind == "RRc" else _rrab)(feh, bands, rng)
        stars.append(_star(source_id, kind, period, rng))
        for band, (amplitudes, phases) in shapes.items():
            features.append(_features(source_id, band, period, amplitudes, phases, rng))
            light_curves.append(_light_curve(source_id, band, period, amplitudes, phases, rng))
        calibrators.append(
            {
                "source_id": source_id,
                "feh": feh + rng.normal(0.0, 0.1),
                "feh_error": 0.1,
                "feh_scale": "C21",
                "pulsation_type": kind,
            }
        )
    table = schema.load("light_curves")
    observed = schema.conform(pl.concat(light_curves) if light_curves else table.empty(), table)
    fits = _frame(features, "features")
    batch = StarBatch(
        stars=_frame(stars, "stars"),
        features=fits,
        light_curves=observed,
        sequences=sequences(observed, fits),
    )
    return batch.checked(), _frame(calibrators, "calibrators")


Shapes = dict[str, tuple[np.ndarray, np.ndarray]]


def _rrab(feh: float, bands: Sequence[str], rng: np.random.Generator) -> tuple[Shapes, float]:
    period = float(np.clip(0.56 - 0.06 * (feh + 1.45) + rng.normal(0.0, 0.06), 0.42, 0.78))
    a1 = 0.30 - 0.5 * (period - 0.56) + rng.normal(0.0, 0.03)
    shapes = {}
    for band in bands:
        amplitude, constant, by_period, by_a2, slope, turn = RRAB.get(band, RRAB["G"])
        amplitudes = amplitude * a1 * 0.48 ** np.arange(MAX_HARMONICS)
        off = rng.normal(0.0, 0.15)
        phi31 = (feh + off + constant + by_period * period + by_a2 * amplitudes[1]) / slope
        shapes[band] = (amplitudes, _phases(phi31 + turn, rng))
    return shapes, period


def _rrc(feh: float, bands: Sequence[str], rng: np.random.Generator) -> tuple[Shapes, float]:
    phi31, a1, a2 = rng.normal(3.1, 0.4), rng.normal(0.21, 0.015), rng.normal(0.04, 0.006)
    off = rng.normal(0.0, 0.1)
    period = float(np.clip((0.80 + 0.23 * phi31 - 9.34 * a2 - feh + off) / 8.54, 0.22, 0.42))
    shapes = {}
    for band in bands:
        scale = RRC_AMPLITUDE.get(band, 1.0)
        first, second, phase = scale * a1, scale * a2, phi31
        if band == "I":
            sine = 6.6 + phi31 - 3.1
            phase = sine + np.pi
            known = -1.821 - 10.014 * period + 13.835 * first + 0.325 * sine
            second = max((known - feh + rng.normal(0.0, 0.1)) / 34.704, 0.003)
        decay = 0.5 ** np.arange(MAX_HARMONICS - 2)
        amplitudes = np.array([first, second, *(0.06 * first * decay)])
        shapes[band] = (amplitudes, _phases(phase, rng))
    return shapes, period


def _phases(phi31: float, rng: np.random.Generator) -> np.ndarray:
    """Give φ_k1 for k = 1 ... 8; those that no relation uses follow φ31 loosely."""
    k = np.arange(1, MAX_HARMONICS + 1)
    phases = 0.5 * (k - 1) * phi31 + rng.normal(0.0, 0.1, k.size)
    phases[0], phases[2] = 0.0, phi31
    return np.asarray(wrap(phases))


def _star(source_id: int, kind: str, period: float, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "source_id": source_id,
        "archive_id": f"S{source_id}",
        "ra": rng.uniform(0.0, 360.0),
        "dec": rng.uniform(-90.0, 90.0),
        "period": period,
        "pulsation_type": kind,
        "phot_g_mean_mag": rng.uniform(12.0, 18.0),
    }


def _features(
    source_id: int,
    band: str,
    period: float,
    amplitudes: np.ndarray,
    phases: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, Any]:
    order = int(rng.integers(4, MAX_HARMONICS + 1))
    true = np.array([period, *amplitudes, *phases[1:]])
    error = np.full(true.size, AMPLITUDE_ERROR)
    error[0] = PERIOD_ERROR
    error[1 + MAX_HARMONICS :] = np.minimum(AMPLITUDE_ERROR / amplitudes[1:], 1.5)
    covariance = np.outer(error, error) * (0.8 * np.eye(true.size) + 0.2)
    values = rng.multivariate_normal(true, covariance, method="cholesky")
    values[1 : 1 + MAX_HARMONICS] = np.maximum(values[1 : 1 + MAX_HARMONICS], 1e-4)
    values[1 + MAX_HARMONICS :] = wrap(values[1 + MAX_HARMONICS :])
    harmonic = [int(name.removeprefix("phi").removeprefix("a")[0]) for name in PARAMETERS[1:]]
    beyond = 1 + np.flatnonzero(np.array(harmonic) > order)
    values[beyond], error[beyond] = np.nan, np.nan
    covariance[beyond, :] = covariance[:, beyond] = np.nan
    cycle = np.linspace(0.0, 1.0, 200, endpoint=False)
    curve = evaluate(cycle, 1.0, 0.0, 0.0, amplitudes, phases)
    row: dict[str, Any] = dict(zip(PARAMETERS, values, strict=True))
    row |= {f"{name}_error": size for name, size in zip(PARAMETERS, error, strict=True)}
    row |= {f"r{k}1": row[f"a{k}"] / row["a1"] for k in range(2, MAX_HARMONICS + 1)}
    row |= {f"r{k}1_error": row[f"a{k}_error"] / row["a1"] for k in range(2, MAX_HARMONICS + 1)}
    return row | {
        "source_id": source_id,
        "band": band,
        "fit_status": "ok",
        "period_fixed": False,
        "n_harmonics": order,
        "reference_time": 0.0,
        "zp_mag": 15.0,
        "zp_mag_error": 0.003,
        "int_average_mag": 15.0,
        "int_average_mag_error": 0.003,
        "phi1": 0.0,
        "covariance": pack_covariance(covariance).tolist(),
        "peak_to_peak": float(np.ptp(curve)),
        "peak_to_peak_error": 3 * AMPLITUDE_ERROR,
        "rise_time": float((cycle[curve.argmin()] - cycle[curve.argmax()]) % 1.0),
        "skewness": float(np.mean((curve - curve.mean()) ** 3) / curve.std() ** 3),
        "residual_scatter": MAG_ERROR,
        "reduced_chi2": 1.0,
        "phase_coverage": 0.95,
        "largest_gap": 0.06,
        "n_observations": N_EPOCHS,
        "n_epochs": N_EPOCHS,
        "n_rejected": 0,
        "n_clipped": 0,
    }


def _light_curve(
    source_id: int,
    band: str,
    period: float,
    amplitudes: np.ndarray,
    phases: np.ndarray,
    rng: np.random.Generator,
) -> pl.DataFrame:
    time = np.sort(rng.uniform(0.0, 1_000.0, N_EPOCHS))
    mag = evaluate(time, period, 0.0, 15.0, amplitudes, phases)
    return pl.DataFrame(
        {
            "source_id": np.full(N_EPOCHS, source_id),
            "band": [band] * N_EPOCHS,
            "time": time,
            "mag": mag + rng.normal(0.0, MAG_ERROR, N_EPOCHS),
            "mag_error": np.full(N_EPOCHS, MAG_ERROR),
        }
    )


def _frame(rows: list[dict[str, Any]], name: str) -> pl.DataFrame:
    table = schema.load(name)
    types = {key: kind for key, kind in table.polars_schema.items() if rows and key in rows[0]}
    frame = pl.DataFrame(rows, schema=types) if rows else table.empty()
    return schema.conform(frame, table)
