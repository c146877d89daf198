"""Simulated light curves whose parameters are known."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.random import Generator
from numpy.typing import NDArray

from rrcat.harmonic import evaluate
from rrcat.simulate.epochs import transit_times

# A_k and φ_k1 of typical stars in G. The RRab has harmonics beyond those that are fitted, as real
# ones have.
SHAPES = {
    "RRab": (
        [0.31, 0.14, 0.102, 0.068, 0.040, 0.028, 0.019, 0.012, 0.008, 0.005, 0.003],
        [0.0, 3.95, 1.95, 6.1, 4.2, 2.3, 0.5, 4.9, 3.0, 1.0, 5.0],
    ),
    "RRc": ([0.20, 0.024, 0.014, 0.009, 0.004, 0.002], [0.0, 4.6, 3.4, 2.2, 1.0, 0.0]),
}
PERIODS = {"RRab": (0.45, 0.70), "RRc": (0.25, 0.40)}


@dataclass(frozen=True)
class Simulated:
    """Light curves end to end, and the true parameters by name, shape ``(n_stars,)`` each."""

    offsets: NDArray[np.int64]
    time: NDArray[np.float64]
    mag: NDArray[np.float64]
    error: NDArray[np.float64]
    truth: dict[str, NDArray[np.float64]]

    @property
    def arrays(self) -> tuple[NDArray[np.float64], ...]:
        """Give what ``fit_arrays`` takes, starting from the true periods."""
        return self.offsets, self.time, self.mag, self.error, self.truth["period"]


def simulate(
    rng: Generator, kind: str, n_stars: int, n_epochs: int, noise: tuple[float, float]
) -> Simulated:
    amplitude, phi_k1 = (np.array(values) for values in SHAPES[kind])
    k = np.arange(1, amplitude.size + 1)
    times, mags, errors, rows = [], [], [], []
    for _ in range(n_stars):
        period = rng.uniform(*PERIODS[kind])
        scaled = amplitude * rng.uniform(0.8, 1.25)
        phases = phi_k1 + k * rng.uniform(0.0, 2 * np.pi)
        time = transit_times(rng, n_epochs)
        error = rng.uniform(*noise) * rng.uniform(0.7, 1.4, n_epochs)
        mag = evaluate(time, period, 0.0, 15.0, scaled, phases)
        times.append(time)
        mags.append(mag + error * rng.standard_normal(n_epochs))
        errors.append(error)
        rows.append([period, *scaled[:3], *phi_k1[1:3]])
    names = ["period", "a1", "a2", "a3", "phi21", "phi31"]
    return Simulated(
        offsets=np.arange(0, n_epochs * n_stars + 1, n_epochs),
        time=np.concatenate(times),
        mag=np.concatenate(mags),
        error=np.concatenate(errors),
        truth=dict(zip(names, np.array(rows).T, strict=True)),
    )


@pytest.fixture(scope="session")
def simulated() -> Callable[..., Simulated]:
    """Give ``simulated(kind, n_stars, n_epochs, noise=(0.005, 0.03), seed=1)``."""

    def make(
        kind: str,
        n_stars: int,
        n_epochs: int = 45,
        noise: tuple[float, float] = (0.005, 0.03),
        seed: int = 1,
    ) -> Simulated:
        return simulate(np.random.default_rng(seed), kind, n_stars, n_epochs, noise)

    return make
